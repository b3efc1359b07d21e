import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from allocast.adapters.datasets.freshretail import latest_file, read_freshretail
from allocast.errors import DataError

FRESHRETAIL = Path(os.environ.get("ALLOCAST_DATA", "../shared/data")) / "freshretailnet50k"
needs_freshretail = pytest.mark.skipif(
    not FRESHRETAIL.is_dir(), reason="the FreshRetailNet file is not under ALLOCAST_DATA"
)

EVENING = sum(1 << hour for hour in range(14, 22))  # out of stock from two o'clock on
NIGHT = sum(1 << hour for hour in (0, 1, 5, 22, 23))


def a_frame() -> pd.DataFrame:
    """Two series and eight days, the later series first: all in stock but for one evening, and nights."""
    days = pd.date_range("2024-03-28", periods=8)
    frame = pd.DataFrame(
        {
            "city_id": 0,
            "store_id": np.repeat([7, 3], 8),
            "management_group_id": 1,
            "first_category_id": 2,
            "second_category_id": 3,
            "third_category_id": np.repeat([5, 4], 8),
            "product_id": np.repeat([11, 12], 8),
            "dt": np.tile(days, 2),
            "discount": 0.9,
            "holiday_flag": np.tile([0, 0, 1, 1, 0, 0, 0, 0], 2),
            "activity_flag": 0,
            "sale_amount": np.arange(16) / 10,
            "stockout_mask": np.uint32(NIGHT),
        }
    )
    frame.loc[4, "stockout_mask"] = np.uint32(EVENING)
    return frame


def written(folder: Path, frame: pd.DataFrame, until: str = "2024-04-04") -> Path:
    frame.to_parquet(folder / f"daily_to_{until}.parquet")
    return folder


def test_series_come_in_order_with_their_days_and_amounts(tmp_path: Path) -> None:
    panel = read_freshretail(written(tmp_path, a_frame()))
    assert panel.series["location_id"].tolist() == ["3", "7"]
    assert panel.series["item_id"].tolist() == ["12", "11"]
    assert panel.series["category_3"].tolist() == ["4", "5"]
    np.testing.assert_allclose(panel.units[0], np.arange(8, 16) / 10)
    assert panel.periods[0] == np.datetime64("2024-03-28")
    np.testing.assert_array_equal(panel.known_ahead["holiday"][1], [0, 0, 1, 1, 0, 0, 0, 0])


def test_a_day_out_of_stock_from_two_on_was_seen_in_part_and_nights_count_for_nothing(tmp_path: Path) -> None:
    panel = read_freshretail(written(tmp_path, a_frame()))
    expected = np.ones((2, 8), dtype=bool)
    expected[1, 4] = False
    np.testing.assert_array_equal(panel.observed, expected)
    assert 0.2 < panel.exposure[1, 4] < 0.8
    assert panel.censored.sum() == 1


def test_the_hour_profile_can_be_learned_from_earlier_days_alone(tmp_path: Path) -> None:
    frame = a_frame()
    later = frame.copy()
    later.loc[later["dt"] > "2024-04-02", ["sale_amount", "stockout_mask"]] = [9.0, NIGHT]
    until = np.datetime64("2024-04-02")
    one = read_freshretail(written(tmp_path, frame), learn_until=until)
    other = read_freshretail(written(tmp_path, later), learn_until=until)
    np.testing.assert_array_equal(one.exposure[:, :6], other.exposure[:, :6])


def test_the_file_that_reaches_furthest_is_read(tmp_path: Path) -> None:
    written(tmp_path, a_frame(), until="2024-03-30")
    written(tmp_path, a_frame())
    assert latest_file(tmp_path).name == "daily_to_2024-04-04.parquet"


def test_a_folder_without_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has no file daily_to_YYYY-MM-DD\.parquet"):
        read_freshretail(tmp_path)


def test_a_file_that_lacks_a_column_is_refused(tmp_path: Path) -> None:
    written(tmp_path, a_frame().drop(columns="stockout_mask"))
    with pytest.raises(DataError, match="lacks 1 of its columns, first stockout_mask"):
        read_freshretail(tmp_path)


def test_a_series_that_lacks_a_day_is_named(tmp_path: Path) -> None:
    written(tmp_path, a_frame().drop(index=3))
    with pytest.raises(DataError, match="store 7 product 11 has 7 rows"):
        read_freshretail(tmp_path)


def test_a_day_that_is_there_twice_is_named(tmp_path: Path) -> None:
    frame = a_frame()
    frame.loc[3, "dt"] = frame.loc[2, "dt"]
    with pytest.raises(DataError, match="store 7 product 11 twice on 2024-03-30"):
        read_freshretail(written(tmp_path, frame))


@needs_freshretail
def test_the_published_file_is_a_whole_panel() -> None:
    panel = read_freshretail(FRESHRETAIL)
    assert panel.n_series == 50_000
    assert str(panel.periods[0]) == "2024-03-28"
    first = panel.observed[:, :76]
    assert first.mean() == pytest.approx(
        0.555947, abs=1e-6
    )  # the publisher's count of hours out, 6 to 22, is 0
    assert 0 < panel.exposure[~panel.observed].mean() < 0.7
