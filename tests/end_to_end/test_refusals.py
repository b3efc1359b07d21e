"""What goes wrong is said in a sentence on stderr, with exit code 2."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("workspace")


@pytest.mark.parametrize(
    ("command", "advice"),
    [
        (("recommend",), "allocast train demand CONFIG, or all of it: allocast run CONFIG"),
        (("forecast",), "allocast train demand CONFIG, or all of it: allocast run CONFIG"),
        (("train", "agent"), "allocast train demand CONFIG, or all of it: allocast run CONFIG"),
    ],
)
@pytest.mark.usefixtures("unregistered")
def test_before_anything_is_registered_it_says_what_to_run(allocast, command, advice):
    refusal = allocast(*command, "tiny.yaml", code=2)
    assert refusal.stderr.startswith("error: no model named 'tiny-demand' is registered; run: ")
    assert advice in refusal.stderr
    assert not Path("out").exists()


@pytest.mark.usefixtures("unregistered")
def test_a_refusal_is_one_line_and_the_libraries_say_nothing():
    command = [Path(sys.executable).with_name("allocast"), "recommend", "tiny.yaml"]
    untouched = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    refusal = subprocess.run(command, capture_output=True, text=True, check=False, env=untouched)
    assert refusal.returncode == 2
    assert refusal.stdout == ""
    (line,) = refusal.stderr.splitlines()
    assert line.startswith("error: no model named 'tiny-demand' is registered; run: ")


@pytest.mark.usefixtures("unregistered")
def test_a_model_missing_later_in_the_job_is_named_too(allocast):
    allocast("train", "demand", "tiny.yaml")
    assert "allocast train supply CONFIG" in allocast("recommend", "tiny.yaml", code=2).stderr
    policy = allocast("recommend", "tiny.yaml", "supply=null", code=2).stderr
    assert "allocast backtest CONFIG" in policy


def test_a_wrong_key_is_shown_at_its_line_and_column(allocast):
    config = Path("tiny.yaml")
    config.write_text(config.read_text().replace("  horizon: 12", "  horizn: 12"))
    line = config.read_text().splitlines().index("  horizn: 12") + 1
    error = allocast("run", "tiny.yaml", code=2).stderr
    assert f"tiny.yaml:{line}:3" in error
    assert "did you mean 'horizon'?" in error


def test_all_mistakes_are_shown_at_once(allocast):
    error = allocast("run", "tiny.yaml", "paths=1", "demand.rounds=many", "colour=red", code=2).stderr
    for word in ("paths", "demand.rounds", "colour"):
        assert word in error


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2023-02-30", "--as-of"),
        ("tomorrow", "--as-of"),
        ("2023-02-07", "is not the beginning of a weekly period"),
        ("2023-01-30", "tiny-demand/1 has learned from demand until 2023-02-06"),
        ("2023-02-13", "lies after the last known period, 2023-02-06"),
    ],
)
def test_a_day_that_cannot_be_decided_on_is_refused(allocast, day, words):
    assert words in allocast("recommend", "tiny.yaml", "--as-of", day, "--out", "new.csv", code=2).stderr
    assert not Path("new.csv").exists()


def test_a_day_before_all_demand_is_refused(allocast):
    error = allocast("train", "demand", "tiny.yaml", "--as-of", "2020-12-28", code=2).stderr
    assert "no demand is known until 2020-12-28; the first is of 2021-01-04" in error


def test_a_config_that_is_not_there_is_refused(allocast):
    assert "absent.yaml" in allocast("run", "absent.yaml", code=2).stderr


def test_tables_that_cannot_be_used_are_refused_with_all_that_was_found(allocast):
    Path("bad").mkdir()
    Path("bad/demand.csv").write_text(
        "item_id,location_id,date,units\na,x,2024-01-01,-1\na,x,2024-01-08,0.5\n"
    )
    Path("bad.yaml").write_text("name: bad\ndata: {kind: tables, root: bad}\n")
    for command in (("data", "check"), ("recommend",)):
        error = allocast(*command, "bad.yaml", code=2).stderr
        assert "negative units" in error
        assert "fractional units" in error


def test_good_tables_pass_the_check(allocast):
    screen = allocast("data", "check", "tiny.yaml").output
    assert "data quality: nothing found" in screen
    assert "purchase_orders" in screen


@pytest.mark.parametrize("command", ["run", "recommend", "forecast"])
@pytest.mark.usefixtures("unregistered")
def test_a_result_of_an_unknown_format_is_refused_before_any_work(allocast, command):
    error = allocast(command, "tiny.yaml", "--out", "orders.xlsx", code=2).stderr
    assert "a table is written as .csv or .parquet; orders.xlsx ends in '.xlsx'" in error
    assert not Path("mlruns").exists()


def test_recommending_without_a_stock_table_is_refused(allocast):
    tables = {name: f"{name}.parquet" for name in ("demand", "items", "locations", "sourcing", "calendar")}
    config = Path("tiny.yaml").read_text().splitlines()
    start = config.index("data:")
    files = ", ".join(f"{name}: {file}" for name, file in tables.items())
    config[start : start + 4] = [f"data: {{kind: tables, root: tables, files: {{{files}}}}}", "supply: null"]
    Path("no_stock.yaml").write_text("\n".join(line for line in config if not line.startswith("supply: {")))
    error = allocast("recommend", "no_stock.yaml", code=2).stderr
    assert "needs the table stock" in error
