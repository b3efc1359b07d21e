"""Every way to break a good config is refused at its place, under its key, with the name that was meant."""

import copy
import datetime
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from allocast.adapters.settings import Settings, load_settings
from allocast.errors import SettingsError

Key = tuple[str, ...]


class Grain(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"


class Boosting(Settings):
    kind: Literal["boosting"]
    num_leaves: int = Field(ge=2, le=1024)
    learning_rate: float = Field(gt=0, le=1)
    objective: Literal["quantile", "tweedie"]


class Smoothing(Settings):
    kind: Literal["smoothing"]
    smoothing_factor: float = Field(gt=0, lt=1)


class Forecast(Settings):
    horizon: int = Field(ge=1, le=104)
    quantile_levels: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = Field(min_length=1)
    model: Annotated[Boosting | Smoothing, Field(discriminator="kind")]


class Tables(Settings):
    root: Path
    grain: Grain
    first_day: datetime.date
    gaps_are_zero: bool
    renamed_columns: dict[str, str]


class Stock(Settings):
    holding_cost: float = Field(ge=0)
    service_level: float = Field(gt=0, lt=1)
    review_days: tuple[int, int]


class Job(Settings):
    seed: int = Field(ge=0)
    title: str = Field(min_length=1)
    tables: Tables
    forecast: Forecast
    stock: Stock


GOOD: dict[str, Any] = {
    "seed": 1,
    "title": "a demo",
    "tables": {
        "root": "data/demo",
        "grain": "weekly",
        "first_day": "2024-01-01",
        "gaps_are_zero": "true",
        "renamed_columns": {"item_id": "Product"},
    },
    "forecast": {
        "horizon": 8,
        "quantile_levels": "[0.1, 0.5, 0.9]",
        "model": {"kind": "boosting", "num_leaves": 31, "learning_rate": 0.1, "objective": "quantile"},
    },
    "stock": {"holding_cost": 0.2, "service_level": 0.95, "review_days": "[0, 7]"},
}

WRONG_VALUES: dict[Key, list[str]] = {
    ("seed",): ["-1", "1.5", "'1'", "true", "null", "[1]", "{a: 1}", "one", "2024-01-01", "1e3"],
    ("title",): ["''", "1", "1.5", "true", "null", "[a]", "{a: b}"],
    ("tables",): ["1", "text", "null", "[]", "[1]", "true"],
    ("tables", "root"): ["1", "null", "[a]", "{a: b}", "true", "0.5"],
    ("tables", "grain"): ["monthly", "Weekly", "1", "null", "[weekly]", "{a: b}", "true"],
    ("tables", "first_day"): ["2024-13-01", "2024-02-30", "20240101", "yesterday", "null", "1.5", "[]", "{}"],
    ("tables", "gaps_are_zero"): ["1", "0", "yes", "'true'", "null", "[]", "{}", "1.0"],
    ("tables", "renamed_columns"): ["1", "text", "null", "[]", "true"],
    ("tables", "renamed_columns", "item_id"): ["1", "null", "[a]", "{a: b}", "true"],
    ("forecast",): ["1", "text", "null", "[]", "false"],
    ("forecast", "horizon"): ["0", "-4", "105", "8.5", "'8'", "true", "null", "[8]", "{}", "eight"],
    ("forecast", "quantile_levels"): ["[]", "0.5", "text", "null", "{}", "true"],
    ("forecast", "model"): ["boosting", "1", "null", "[]", "true"],
    ("forecast", "model", "kind"): ["bosting", "Boosting", "1", "null", "smooth", "''"],
    ("forecast", "model", "num_leaves"): ["1", "1025", "0", "-31", "31.5", "'31'", "true", "null", "[]", "{}"],
    ("forecast", "model", "learning_rate"): ["0", "-0.1", "1.01", "'0.1'", "true", "null", ".inf", ".nan", "[]", "{}"],
    ("forecast", "model", "objective"): ["mse", "Quantile", "1", "null", "[]", "{}", "true"],
    ("stock",): ["1", "text", "null", "[]"],
    ("stock", "holding_cost"): ["-0.01", ".inf", "-.inf", ".nan", "'0.2'", "cheap", "null", "true", "[]"],
    ("stock", "service_level"): ["0", "1", "1.5", "95", "'0.95'", "high", "null", "true", "95%"],
    ("stock", "review_days"): ["7", "[]", "[1]", "[1, 2, 3]", "null", "{}", "weekly"],
}  # fmt: skip

WRONG_ITEMS = [
    "[0.1, 1.5]",
    "[0.1, x]",
    "[0.1, null]",
    "[0.1, '0.5']",
    "[0.1, true]",
    "[0.1, [0.2]]",
    "[0.1, 0]",
]


def keys(section: dict[str, Any], around: Key = ()) -> Iterator[Key]:
    for name, value in section.items():
        yield (*around, name)
        if isinstance(value, dict):
            yield from keys(value, (*around, name))


def section_of(config: dict[str, Any], key: Key) -> dict[str, Any]:
    for name in key[:-1]:
        config = config[name]
    return config


def rendered(section: dict[str, Any], indent: str = "") -> str:
    lines = []
    for name, value in section.items():
        nested = isinstance(value, dict)
        lines.append(
            f"{indent}{name.rstrip()}:" + (f"\n{rendered(value, indent + '  ')}" if nested else f" {value}")
        )
    return "\n".join(lines)


def misspellings(name: str) -> list[str]:
    middle = len(name) // 2
    return [
        name[:middle] + name[middle + 1 :],
        name[:middle] + name[middle] + name[middle:],
        name[:-2] + name[-1] + name[-2],
        name.upper() + "s",
        name.replace("_", "-") + "_",
        f"x{name}",
    ]


ALL = list(keys(GOOD))
NAMED = [key for key in ALL if "renamed_columns" not in key[:-1]]  # under that one any name is allowed
MISSPELT = [(key, name) for key in NAMED for name in misspellings(key[-1]) if name != key[-1]]
WRONG = [(key, value) for key, values in WRONG_VALUES.items() for value in values]


def lines_of_refusal(folder: Path, text: str) -> list[str]:
    path = folder / "job.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError) as refusal:
        load_settings(path, Job)
    lines = str(refusal.value).splitlines()
    for line in lines:
        assert re.match(rf"{re.escape(str(path))}:\d+:\d+: \w\S*: \S", line), line
    return [line.removeprefix(f"{path}:") for line in lines]


def place_of(text: str, name: str, around: Key) -> str:
    """Line and column of a key, found in the text by indentation and order alone."""
    wanted = f"{'  ' * len(around)}{name}:"
    lines = text.splitlines()
    start = 0
    for depth, section in enumerate(around):
        start = next(
            i for i, line in enumerate(lines) if i >= start and line.startswith(f"{'  ' * depth}{section}:")
        )
    line = next(i for i, line in enumerate(lines) if i >= start and line.startswith(wanted))
    return f"{line + 1}:{2 * len(around) + 1}"


def test_the_good_config_loads_and_there_are_enough_broken_ones(tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(rendered(GOOD))
    assert load_settings(tmp_path / "job.yaml", Job).settings.seed == 1
    assert len(MISSPELT) + len(WRONG) + len(WRONG_ITEMS) + 2 * len(NAMED) >= 300


@pytest.mark.parametrize(
    ("key", "name"), MISSPELT, ids=lambda part: part if isinstance(part, str) else ".".join(part)
)
def test_a_misspelt_key_is_named_at_its_place_with_the_right_one(tmp_path: Path, key: Key, name: str) -> None:
    config = copy.deepcopy(GOOD)
    section = section_of(config, key)
    section[name] = section.pop(key[-1])
    text = rendered(config)

    (line,) = lines_of_refusal(tmp_path, text)

    place = place_of(text, name, key[:-1])
    assert line.startswith(
        f"{place}: {'.'.join((*key[:-1], name))}: unknown key {name!r}; did you mean {key[-1]!r}?"
    )


@pytest.mark.parametrize("key", NAMED, ids=".".join)
def test_a_missing_key_is_named_at_its_section(tmp_path: Path, key: Key) -> None:
    config = copy.deepcopy(GOOD)
    del section_of(config, key)[key[-1]]
    text = rendered(config)

    (line,) = lines_of_refusal(tmp_path, text)

    place = place_of(text, key[-2], key[:-2]) if len(key) > 1 else "1:1"
    assert line.startswith(f"{place}: {'.'.join(key)}: is required; it must be ")


@pytest.mark.parametrize(
    ("key", "value"), WRONG, ids=lambda part: part if isinstance(part, str) else ".".join(part)
)
def test_a_wrong_value_is_named_with_what_is_allowed(tmp_path: Path, key: Key, value: str) -> None:
    config = copy.deepcopy(GOOD)
    section_of(config, key)[key[-1]] = value
    text = rendered(config)

    line = lines_of_refusal(tmp_path, text)[0]

    assert re.match(
        rf"{place_of(text, key[-1], key[:-1])}: {re.escape('.'.join(key))}\S*: (must be|is required)", line
    )


@pytest.mark.parametrize("items", WRONG_ITEMS)
def test_a_wrong_item_is_named_by_its_place_in_the_list(tmp_path: Path, items: str) -> None:
    config = copy.deepcopy(GOOD)
    config["forecast"]["quantile_levels"] = items

    (line,) = lines_of_refusal(tmp_path, rendered(config))

    assert line.startswith("12:26: forecast.quantile_levels.1: must be a number > 0 and < 1; it is ")


@pytest.mark.parametrize("key", NAMED, ids=".".join)
def test_a_duplicate_key_is_named_at_its_second_place(tmp_path: Path, key: Key) -> None:
    config = copy.deepcopy(GOOD)
    section = section_of(config, key)
    section[f"{key[-1]} "] = section[key[-1]]  # the blank is lost in the text
    text = rendered(config)

    (line,) = lines_of_refusal(tmp_path, text)

    first = place_of(text, key[-1], key[:-1])
    assert line.endswith(
        f"{'.'.join(key)}: duplicate key; it is first given at {tmp_path / 'job.yaml'}:{first}"
    )
    assert int(line.split(":")[0]) > int(first.split(":")[0])


def test_all_mistakes_are_told_at_once_in_reading_order(tmp_path: Path) -> None:
    config = copy.deepcopy(GOOD)
    # A wrong kind hides what else is wrong in its section: nobody can know which keys were meant.
    leaves = [
        key for key in ALL if not isinstance(section_of(GOOD, key)[key[-1]], dict) and key[-1] != "kind"
    ]
    for key in leaves:
        section_of(config, key)[key[-1]] = WRONG_VALUES[key][0]

    lines = lines_of_refusal(tmp_path, rendered(config))

    assert {line.split(": ")[1].removesuffix(".0") for line in lines} == {".".join(key) for key in leaves}
    assert [int(line.split(":")[0]) for line in lines] == sorted(int(line.split(":")[0]) for line in lines)
