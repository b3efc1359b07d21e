"""A demand table in parts: found, checked one by one, refused where a series or a week does not fit."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from allocast.adapters.demand_parts import (
    check_part,
    demand_parts,
    read_facts,
    require_one_calendar,
    require_whole_series,
)
from allocast.adapters.files import write_table
from allocast.adapters.job_settings import TablesData
from allocast.adapters.parts_job import quality_of_parts
from allocast.demand.calendar import Frequency
from allocast.errors import DataError

WEEKS = pd.date_range("2024-01-01", periods=6, freq="7D")


def rows(*series, first=0, units=1.0):
    keys = [(item, place, week) for item, place in series for week in WEEKS[first:]]
    return pd.DataFrame(keys, columns=["item_id", "location_id", "date"]).assign(units=units)


@pytest.fixture
def write(tmp_path):
    def write_parts(**parts):
        for name, frame in parts.items():
            write_table(frame, tmp_path / "demand" / f"{name}.parquet")
        return demand_parts(TablesData(kind="tables", root=tmp_path))

    return write_parts


def checked(parts, folder):
    files = []
    for part in parts.parts():
        files.append(folder / "checked" / f"{part.name}.parquet")
        write_table(check_part(part), files[-1])
    return [read_facts(file) for file in files]


def test_a_folder_of_parts_is_found_in_the_order_of_their_names(write, tmp_path):
    (tmp_path / "demand" / "_notes").mkdir(parents=True)
    (tmp_path / "demand" / "_notes" / "x.parquet").touch()
    parts = write(b=rows(("b", "x")), a=rows(("a", "x")))
    assert [part.title for part in parts.parts()] == ["a.parquet", "b.parquet"]


@pytest.mark.parametrize("beside", ["demand.parquet", "demand.csv"])
def test_one_file_is_no_folder_of_parts(write, tmp_path, beside):
    (tmp_path / beside).touch()
    assert write(a=rows(("a", "x"))) is None


def test_a_folder_without_parts_is_refused(tmp_path):
    (tmp_path / "demand").mkdir()
    with pytest.raises(DataError, match=r"holds no \.parquet file"):
        demand_parts(TablesData(kind="tables", root=tmp_path))


def test_what_is_known_of_a_part_is_kept_with_its_rows(write, tmp_path):
    frame = rows(("b", "x"), ("a", "x"))
    frame.loc[frame["date"] == WEEKS[-1], "units"] = np.nan
    (part,) = checked(write(a=frame.assign(in_stock=frame["units"].notna())), tmp_path)
    assert (part.first, part.last) == (np.datetime64("2024-01-01"), np.datetime64("2024-02-05"))
    assert part.latest == np.datetime64("2024-01-29")
    assert part.rows == 12
    assert pd.read_parquet(part.file)["item_id"].tolist() == ["a"] * 6 + ["b"] * 6


def test_findings_are_summed_over_parts_with_the_part_of_each_place(write, tmp_path):
    broken = rows(("a", "x"), units=-1.0)
    parts = checked(write(a=broken, b=broken.assign(item_id="b"), c=rows(("c", "x"))), tmp_path)
    report = quality_of_parts(parts)
    (found,) = report.findings
    assert (found.check, found.rows) == ("negative units", 12)
    assert found.first_places[0].startswith("a.parquet row 1 (a x 2024-01-01")
    assert found.done.endswith("(2 parts)")
    with pytest.raises(DataError, match="these tables cannot be used as they are"):
        report.raise_if_refused()


def test_whole_series_and_equal_weekdays_pass(write, tmp_path):
    parts = write(a=rows(("a", "x"), ("a", "y")), b=rows(("b", "x"), first=3))
    known = checked(parts, tmp_path)
    require_whole_series(known)
    require_one_calendar(known, parts.frequency)
    quality_of_parts(known).raise_if_refused()


def test_a_series_in_two_parts_is_refused_by_name(write, tmp_path):
    one, other = rows(("a", "x"), ("b", "x")), rows(("c", "x"), ("b", "x"), ("a", "x"), first=4)
    known = checked(write(one=one, other=other), tmp_path)
    message = r"item '[ab]' at 'x' has rows in one\.parquet and in other\.parquet \(2 series are split\)"
    with pytest.raises(DataError, match=message):
        require_whole_series(known)


def test_weeks_that_begin_on_another_day_in_one_part_are_refused(write, tmp_path):
    later = rows(("b", "x")).assign(date=lambda frame: frame["date"] + pd.Timedelta(days=1))
    parts = write(a=rows(("a", "x")), b=later)
    with pytest.raises(
        DataError, match=r"the same weekday in all parts; a\.parquet has 2024-01-01, b\.parquet"
    ):
        require_one_calendar(checked(parts, tmp_path), parts.frequency)


@pytest.mark.parametrize("frequency", [Frequency.DAILY, Frequency.MONTHLY])
def test_parts_of_days_and_months_may_begin_on_any_of_them(write, tmp_path, frequency):
    dates = pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01"]).astype("datetime64[us]")
    rows_of = pd.DataFrame({"item_id": "a", "location_id": "x", "date": dates, "units": 1.0})
    parts = write(a=rows_of, b=rows_of[1:].assign(item_id="b"), c=rows_of[2:].assign(item_id="c"))
    known = checked(replace(parts, frequency=frequency), tmp_path)
    assert [str(part.first) for part in known] == ["2024-01-01", "2024-02-01", "2024-03-01"]
    require_one_calendar(known, frequency)


def test_the_digest_sees_a_changed_part_a_renamed_one_and_a_changed_rule(write, tmp_path):
    digest = write(a=rows(("a", "x"))).digest()
    assert write(a=rows(("a", "x"))).digest() == digest
    assert write(a=rows(("a", "x"), units=2.0)).digest() != digest
    write(a=rows(("a", "x")))
    Path(tmp_path / "demand" / "a.parquet").rename(tmp_path / "demand" / "z.parquet")
    settings = TablesData(kind="tables", root=tmp_path)
    assert demand_parts(settings).digest() != digest
    gaps = settings.model_copy(update={"repair": type(settings.repair)(gaps="zero")})
    assert demand_parts(gaps).digest() != demand_parts(settings).digest()
