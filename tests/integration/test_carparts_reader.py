import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from allocast.adapters.assemble import demand_panel
from allocast.adapters.datasets.carparts import read_carparts
from allocast.demand.calendar import Frequency
from allocast.errors import DataError

DATA = Path(os.environ.get("ALLOCAST_DATA", "../shared/data")) / "carparts_expsmooth"


def written(folder: Path, **changed: object) -> Path:
    columns = {"t": [1, 2, 3, 1, 2, 3], "series": ["b"] * 3 + ["a"] * 3, "y": [0, 2, 1, 4, np.nan, np.nan]}
    pd.DataFrame(columns | changed).to_parquet(folder / "carparts.parquet")
    return folder


def test_months_are_named_by_their_first_day_and_empty_cells_are_not_observed(tmp_path: Path) -> None:
    tables = read_carparts(written(tmp_path))
    panel = demand_panel(tables, as_of=None, frequency=Frequency.MONTHLY)
    assert panel.periods.astype(str).tolist() == ["1998-01-01", "1998-02-01", "1998-03-01"]
    assert panel.series["item_id"].tolist() == ["a", "b"]
    np.testing.assert_array_equal(panel.demand, [[4, np.nan, np.nan], [0, 2, 1]])
    assert panel.whole_units


def test_a_folder_without_the_file_says_what_it_should_hold(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"carparts\.parquet is not there; it holds the columns t, series, y"):
        read_carparts(tmp_path)


def test_a_lacking_column_is_named(tmp_path: Path) -> None:
    pd.DataFrame({"t": [1], "y": [2.0]}).to_parquet(tmp_path / "carparts.parquet")
    with pytest.raises(DataError, match="lacks series"):
        read_carparts(tmp_path)


def test_a_month_before_the_first_and_a_month_twice_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="from 1; there is a 0"):
        read_carparts(written(tmp_path, t=[0, 1, 2, 1, 2, 3]))
    with pytest.raises(DataError, match="b, month 2 comes twice"):
        read_carparts(written(tmp_path, t=[1, 2, 2, 1, 2, 3]))


@pytest.mark.skipif(not DATA.exists(), reason="the car parts are not under ALLOCAST_DATA")
def test_the_published_file_has_its_known_shape() -> None:
    panel = demand_panel(read_carparts(DATA), as_of=None, frequency=Frequency.MONTHLY)
    assert panel.n_series == 2674
    assert len(panel.periods) >= 51
    first = panel.until(np.datetime64("2002-03-01")).demand
    assert np.isnan(first).mean() == pytest.approx(0.0449, abs=1e-4)
    assert (first == 0).mean() == pytest.approx(0.714, abs=1e-3)
