import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import pytest
from annotated_types import Ge
from pydantic import Field, ValidationError, model_validator

from allocast.adapters.settings import Resolved, Settings, json_schema, load_settings
from allocast.errors import SettingsError


class Rule(StrEnum):
    BASE_STOCK = "base_stock"
    MIN_MAX = "min_max"


class Boosting(Settings):
    kind: Literal["boosting"]
    num_leaves: int = Field(default=31, ge=2)
    """Leaves of each tree."""


class Smoothing(Settings):
    kind: Literal["smoothing"]
    factor: float = Field(gt=0, lt=1)


class Forecast(Settings):
    horizon: int = Field(default=8, ge=1)
    levels: tuple[float, ...] = (0.1, 0.9)
    model: Annotated[Boosting | Smoothing, Field(discriminator="kind")] = Boosting(kind="boosting")


class Job(Settings):
    as_of: date
    seed: int = 1
    root: Path = Path("data")
    rule: Rule = Rule.BASE_STOCK
    threads: Literal["auto"] | int = "auto"
    columns: dict[str, str] = Field(default={})
    forecast: Forecast = Forecast()
    last_day: date | None = None

    @model_validator(mode="after")
    def _days_in_order(self) -> "Job":
        if self.last_day and self.last_day < self.as_of:
            raise ValueError(f"last_day must not lie before as_of {self.as_of};\nit is {self.last_day}")
        return self


def load(folder: Path, text: str, *overrides: str) -> Resolved[Job]:
    path = folder / "job.yaml"
    path.write_text(text)
    return load_settings(path, Job, overrides)


def refusal(folder: Path, text: str, *overrides: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(folder, text, *overrides)
    return [line.removeprefix(f"{folder / 'job.yaml'}:") for line in str(caught.value).splitlines()]


def test_values_come_from_the_override_then_the_file_then_the_default(tmp_path: Path) -> None:
    resolved = load(tmp_path, "as_of: 2024-04-08\nseed: 2\nforecast:\n  horizon: 4\n", "forecast.horizon=6")

    assert resolved.settings.forecast.horizon == 6
    assert resolved.settings.as_of == date(2024, 4, 8)
    origins = {key: resolved.origins[key] for key in ("forecast.horizon", "seed", "rule", "forecast.levels")}
    assert origins == {
        "forecast.horizon": "override",
        "seed": "file",
        "rule": "default",
        "forecast.levels": "default",
    }


def test_the_last_override_of_a_key_wins(tmp_path: Path) -> None:
    assert load(tmp_path, "as_of: 2024-04-08", "seed=3", "seed=4").settings.seed == 4


@pytest.mark.parametrize(
    ("override", "key", "value"),
    [
        ("seed=7", "seed", 7),
        ("root=/some/where", "root", "/some/where"),
        ("rule=min_max", "rule", "min_max"),
        ("threads=2", "threads", 2),
        ("as_of=2024-05-06", "as_of", "2024-05-06"),
        ("last_day=", "last_day", None),
        ("forecast.levels=[0.2, 5e-1]", "forecast.levels", [0.2, 0.5]),
        ("columns.item_id=Product Code", "columns.item_id", "Product Code"),
        ("columns={item_id: a=b}", "columns.item_id", "a=b"),
        ("forecast.model={kind: smoothing, factor: 0.5}", "forecast.model.factor", 0.5),
    ],
)
def test_an_override_is_read_as_yaml(tmp_path: Path, override: str, key: str, value: object) -> None:
    resolved = load(tmp_path, "as_of: 2024-04-08", override)
    assert resolved.flat()[key] == value
    assert resolved.origins[key] == "override"


def test_an_override_goes_into_a_section_that_the_file_left_empty(tmp_path: Path) -> None:
    assert (
        load(tmp_path, "as_of: 2024-04-08\nforecast:\n", "forecast.horizon=2").settings.forecast.horizon == 2
    )


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("forecast", "override forecast: expected key=value, for example seed=1 or demand.horizon=8"),
        ("=3", "override =3: expected key=value, for example seed=1 or demand.horizon=8"),
        ("a..b=3", "override a..b=3: expected key=value, for example seed=1 or demand.horizon=8"),
        ("seed.x=3", "override seed.x=3: seed.x: seed is not a section; it is 5"),
        ("seed='3'", "override seed='3': seed: must be an integer; it is '3'"),
        ("seed=", "override seed=: seed: must be an integer; it is null"),
        ("threads=many", "override threads=many: threads: must be 'auto' or an integer; it is 'many'"),
        (
            "sed=3",
            "override sed=3: sed: unknown key 'sed'; did you mean 'seed'? valid keys: "
            "as_of, seed, root, rule, threads, columns, forecast, last_day",
        ),
        (
            "forecast.model.kind=boostin",
            "override forecast.model.kind=boostin: forecast.model.kind: "
            "must be one of 'boosting', 'smoothing'; it is 'boostin'; did you mean 'boosting'?",
        ),
        (
            "forecast.model.num_leaves=3",
            "override forecast.model.num_leaves=3: forecast.model.kind: is required; "
            "it must be one of 'boosting', 'smoothing'",
        ),
    ],
)
def test_a_wrong_override_is_shown_as_it_was_given(tmp_path: Path, override: str, message: str) -> None:
    assert refusal(tmp_path, "as_of: 2024-04-08\nseed: 5\n", override) == [message]


def test_an_override_that_is_not_yaml_says_so(tmp_path: Path) -> None:
    (line,) = refusal(tmp_path, "as_of: 2024-04-08", "forecast.levels=[1")
    assert line.startswith("override forecast.levels=[1: forecast.levels: not YAML: ")


def test_mistakes_in_the_file_come_before_those_in_overrides(tmp_path: Path) -> None:
    lines = refusal(tmp_path, "as_of: today\nrule: max\n", "seed=x", "forecast.horizon=0")
    assert [line.split(": ")[0] for line in lines] == [
        "1:1",
        "2:1",
        "override seed=x",
        "override forecast.horizon=0",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1:1: the file is empty; expected keys with values, like seed: 1"),
        ("# only a comment\n", "1:1: the file is empty; expected keys with values, like seed: 1"),
        ("- as_of\n- seed\n", "1:1: the file holds a list of 2; expected keys with values, like seed: 1"),
        ("as_of", "1:1: the file holds 'as_of'; expected keys with values, like seed: 1"),
        (
            "forecast:\n\thorizon: 3\n",
            "2:1: not YAML: while scanning for the next token found character '\\t' "
            "that cannot start any token; indent with spaces",
        ),
        ("seed: [1, 2", "1:12: not YAML: while parsing a flow sequence expected ',' or ']', but got '<stream end>'"),
        ("seed: a: b", "1:8: not YAML: mapping values are not allowed here"),
        ("seed: 1\n---\na: 2\n", "2:1: not YAML: expected a single document in the stream but found another document"),
        ("seed: \0", "1:1: not YAML: unacceptable character #x0000: special characters are not allowed"),
        ("!!python/object/apply:os.system [ls]", "1:1: tag 'python/object/apply:os.system' is not allowed; "
         "settings hold plain values only"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_section_of_keys_is_refused(tmp_path: Path, text: str, message: str) -> None:
    assert refusal(tmp_path, text) == [message]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("seed: !!python/name:sys", "2:1: seed: tag 'python/name:sys' is not allowed; settings hold plain values only"),
        ("columns: !new {a: b}", "2:1: columns: tag '!new' is not allowed; settings hold plain values only"),
        ("seed: !!int many", "2:1: seed: 'many' is not what its tag says, int"),
        ("columns: &a {b: *a}", "2:14: columns.b: an alias stands inside its own anchor; write the value out"),
        ("[1]: 2", "2:1: a key must be a plain name, not a list or a section"),
        ("last_day: 2024-01-01", "1:1: last_day must not lie before as_of 2024-04-08; it is 2024-01-01"),
    ],
)  # fmt: skip
def test_what_yaml_allows_and_settings_do_not_is_refused(tmp_path: Path, line: str, message: str) -> None:
    assert refusal(tmp_path, f"as_of: 2024-04-08\n{line}\n") == [message]


def test_an_anchor_may_be_used_again(tmp_path: Path) -> None:
    resolved = load(tmp_path, "as_of: &day 2024-04-08\nlast_day: *day\n")
    assert resolved.settings.last_day == resolved.settings.as_of


def test_a_missing_file_names_the_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "demo.yaml").touch()
    with pytest.raises(SettingsError, match=r"dem\.yaml:1:1: there is no such file; .* holds demo\.yaml$"):
        load_settings(tmp_path / "dem.yaml", Job)


def test_a_folder_and_a_file_that_is_not_text_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot be read: Is a directory$"):
        load_settings(tmp_path, Job)
    (tmp_path / "job.yaml").write_bytes(b"seed: \xff")
    with pytest.raises(SettingsError, match=r"cannot be read: it is not UTF-8 text$"):
        load_settings(tmp_path / "job.yaml", Job)


def test_the_resolved_settings_load_again_to_the_same(tmp_path: Path) -> None:
    first = load(tmp_path, "as_of: 2024-04-08\ncolumns: {a: '5', b: 'null', c: '2024-01-01'}\n", "threads=2")
    again = load(tmp_path, first.to_yaml())
    assert again.settings == first.settings
    assert set(again.origins.values()) == {"file"}


def test_the_lines_of_a_dry_run_are_aligned(tmp_path: Path) -> None:
    lines = load(tmp_path, "as_of: 2024-04-08", "forecast.horizon=12").lines()
    assert lines[:2] == [
        'as_of                      file      "2024-04-08"',
        "seed                       default   1",
    ]
    assert "forecast.horizon           override  12" in lines
    assert 'forecast.model.kind        default   "boosting"' in lines


def test_settings_and_origins_cannot_be_changed(tmp_path: Path) -> None:
    resolved = load(tmp_path, "as_of: 2024-04-08")
    with pytest.raises(ValidationError, match="frozen"):
        resolved.settings.seed = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        resolved.origins["seed"] = "file"  # type: ignore[index]


def test_the_json_schema_carries_ranges_and_docstrings() -> None:
    leaves = json_schema(Job)["$defs"]["Boosting"]["properties"]["num_leaves"]
    assert leaves["minimum"] == 2
    assert leaves["description"] == "Leaves of each tree."


def test_checking_a_config_loads_no_heavy_library() -> None:
    heavy = {"pandas", "numpy", "mlflow", "lightgbm", "torch", "pyarrow"}
    code = f"import sys, allocast.adapters.settings; print({heavy} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"


@dataclass(frozen=True, slots=True, kw_only=True)
class _CoreSettings:
    rounds: Annotated[int, Ge(1)] = 5

    def __post_init__(self) -> None:
        if self.rounds == 13:
            raise SettingsError("rounds must not be 13.")


class _JobWithCoreSettings(Settings):
    model: _CoreSettings = _CoreSettings()


def test_sections_may_be_dataclasses_of_the_core_with_the_same_messages(tmp_path):
    file = tmp_path / "job.yaml"
    file.write_text("model: {roundz: 3}\n")
    with pytest.raises(
        SettingsError, match=r"job.yaml:1:9: model.roundz: unknown key 'roundz'; did you mean 'rounds'"
    ):
        load_settings(file, _JobWithCoreSettings)


def test_what_a_dataclass_refuses_itself_is_said_at_its_place(tmp_path):
    file = tmp_path / "job.yaml"
    file.write_text("model: {rounds: 13}\n")
    with pytest.raises(SettingsError, match=r"job.yaml:1:1: model: rounds must not be 13"):
        load_settings(file, _JobWithCoreSettings)
