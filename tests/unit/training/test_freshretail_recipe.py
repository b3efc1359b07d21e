"""The figures of FreshRetailNet look at nothing of the week that they judge."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from training.freshretail import HORIZON, read_until, split

from allocast.adapters.datasets.freshretail import OPENING_HOURS, last_day, read_freshretail
from allocast.errors import DataError

DAYS, SERIES = 40, 30
MORNING = sum(1 << hour for hour in OPENING_HOURS[:5])  # out of stock until the delivery came


def write(folder: Path, *, changed_days: int = 0) -> Path:
    """Series with mornings out of stock on a third of their days; in the last days all is sold in the morning."""
    rng = np.random.default_rng(3)
    out = rng.random((SERIES, DAYS)) < 0.3
    units = rng.poisson(20, (SERIES, DAYS)) * np.where(out, 0.7, 1.0)
    late = np.arange(DAYS) >= DAYS - changed_days
    units = np.where(late & out, 0.01, units)
    columns = [
        "city_id",
        "management_group_id",
        "first_category_id",
        "second_category_id",
        "third_category_id",
    ]
    frame = pd.DataFrame(
        dict.fromkeys([*columns, "discount", "holiday_flag", "activity_flag"], 1)
        | {
            "store_id": np.repeat(np.arange(SERIES), DAYS),
            "product_id": 1,
            "dt": np.tile(pd.date_range("2024-03-28", periods=DAYS), SERIES),
            "sale_amount": units.ravel(),
            "stockout_mask": np.where(out, MORNING, 0).astype(np.uint32).ravel(),
        }
    )
    folder.mkdir(parents=True)
    frame.to_parquet(folder / "daily_to_2024-05-06.parquet")
    return folder


@pytest.mark.parametrize("weeks_back", [0, 2])
def test_the_hours_of_a_day_are_weighed_by_what_was_known_before_the_judged_week(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weeks_back: int
) -> None:
    known, shares, careless = [], [], []
    for name, changed in (("one", 0), ("other", HORIZON * (1 + weeks_back))):
        folder = write(tmp_path / name / "freshretailnet50k", changed_days=changed)
        monkeypatch.setenv("ALLOCAST_DATA", str(tmp_path / name))
        known.append(split(read_until(weeks_back), weeks_back)[0])
        shares.append(read_until(weeks_back).exposure)
        careless.append(read_freshretail(folder).exposure)
    np.testing.assert_array_equal(known[0].units, known[1].units)
    np.testing.assert_array_equal(shares[0], shares[1])
    assert np.abs(careless[0] - careless[1]).max() > 0.05


def test_the_last_day_is_that_of_the_rows(tmp_path: Path) -> None:
    folder = write(tmp_path / "freshretailnet50k")
    assert last_day(folder) == np.datetime64("2024-05-06")
    assert last_day(folder) == read_freshretail(folder).as_of
    (path,) = folder.glob("*.parquet")
    pd.read_parquet(path).head(0).to_parquet(path)
    with pytest.raises(DataError, match="has no day in its column dt"):
        last_day(folder)
