"""Models come back as they were stored, and every move of an alias is remembered."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Self

import pandas as pd
import pytest

from allocast.adapters.bundles import BUNDLE_CLASSES
from allocast.adapters.registry import ModelRegistry, ModelVersion
from allocast.adapters.tracking import TrackingStore
from allocast.errors import DataError, NoModelError, RegistryError, UnknownNameError

HERE = Path(__file__).parent
ASKED = pd.DataFrame(
    {
        "item_id": ["a", "b"],
        "region": pd.Categorical(["north", "south"]),
        "date": pd.to_datetime(["2024-01-01", "2024-01-08"]),
        "units": [1, 2],
        "in_stock": [True, False],
    }
)
JANUARY, FEBRUARY, MARCH = (datetime(2024, month, 1, tzinfo=UTC) for month in (1, 2, 3))


@dataclass(frozen=True)
class ToyModel:
    """Twice, thrice ... what was asked."""

    kind: ClassVar[str] = "toy"
    factor: float = 2.0

    def state(self) -> dict[str, bytes]:
        return {"model.json": json.dumps({"factor": self.factor}).encode(), "note.txt": b"a toy"}

    @classmethod
    def from_state(cls, files: Mapping[str, bytes]) -> Self:
        return cls(**json.loads(files["model.json"]))

    def predict_table(self, frame: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"item_id": frame["item_id"], "q50": frame["units"] * self.factor})


@pytest.fixture(autouse=True)
def toy_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BUNDLE_CLASSES, "toy", f"{__name__}:ToyModel")


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store made once: MLflow needs seconds to make its tables."""
    folder = tmp_path_factory.mktemp("empty") / "mlruns"
    assert TrackingStore(folder).client
    return folder


@pytest.fixture
def registry(empty_store: Path, tmp_path: Path) -> ModelRegistry:
    shutil.copytree(empty_store, tmp_path / "mlruns")
    return ModelRegistry(TrackingStore(tmp_path / "mlruns"))


def register(registry: ModelRegistry, *, factor: float = 2.0, name: str = "shop") -> ModelVersion:
    with registry.store.run("toys", "training") as run:
        run.params({"factor": factor})
        run.metrics({"loss": 1 / factor})
        run.dataset(ASKED, "demand", "training", "abc")
        return registry.register(name, ToyModel(factor), run=run, signature_input=ASKED)


def promote(
    registry: ModelRegistry, version: int, *, alias: str = "champion", now: datetime | None = None
) -> None:
    registry.promote(
        "shop", version, alias, reason="lower loss", actor="ada", evidence={"loss": 0.5}, now=now
    )


def test_a_model_comes_back_as_it_was_registered(registry: ModelRegistry) -> None:
    registered = register(registry, factor=3.0)
    promote(registry, 1)
    loaded = registry.load("shop", kind="toy")
    assert loaded.bundle == ToyModel(3.0)
    pd.testing.assert_frame_equal(loaded.bundle.predict_table(ASKED), ToyModel(3.0).predict_table(ASKED))
    assert (loaded.version, loaded.run_id, loaded.digest) == (1, registered.run_id, registered.digest)


def test_versions_count_up_and_each_can_be_loaded(registry: ModelRegistry) -> None:
    assert [register(registry, factor=factor).version for factor in (2.0, 5.0)] == [1, 2]
    assert registry.load("shop", version=1).bundle == ToyModel(2.0)
    assert registry.load("shop", version=2).bundle == ToyModel(5.0)


def test_any_mlflow_tool_can_load_and_ask_the_model_with_pickle_forbidden(registry: ModelRegistry) -> None:
    register(registry, factor=3.0)
    script = """
import sys
from allocast.adapters.bundles import BUNDLE_CLASSES
BUNDLE_CLASSES["toy"] = "test_registry:ToyModel"
import mlflow, pandas as pd
mlflow.set_tracking_uri(sys.argv[1])
model = mlflow.pyfunc.load_model("models:/shop/1")
from test_registry import ASKED
print(model.predict(ASKED.assign(units=[1, None], region=["north", "east"])).to_json())
"""
    said = subprocess.run(
        [sys.executable, "-c", script, registry.store.tracking_uri],
        env={
            **os.environ,
            "PYTHONPATH": f"{HERE.parents[1] / 'src'}{os.pathsep}{HERE}",
            "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(said.stdout) == {"item_id": {"0": "a", "1": "b"}, "q50": {"0": 3.0, "1": None}}


def test_nothing_stored_is_pickled(registry: ModelRegistry) -> None:
    register(registry)
    endings = {path.suffix for path in (registry.store.folder / "artifacts").rglob("*") if path.is_file()}
    assert endings <= {".json", ".txt", ".yaml", ".py", ""}


def test_a_moved_store_still_loads_its_models(registry: ModelRegistry, tmp_path: Path) -> None:
    register(registry, factor=3.0)
    promote(registry, 1)
    moved = ModelRegistry(TrackingStore(registry.store.folder.rename(tmp_path / "new home")))
    assert moved.load("shop").bundle == ToyModel(3.0)
    assert moved.show("shop", 1)["params"] == {"factor": "3.0"}
    assert list(moved.history("shop")["to_version"]) == [1]


def test_a_missing_model_says_which_command_makes_one(registry: ModelRegistry) -> None:
    with pytest.raises(NoModelError) as refused:
        registry.load("shop", kind="demand")
    assert str(refused.value) == (
        "no model named 'shop' is registered; run: allocast train demand CONFIG, or all of it: allocast run CONFIG"
    )


def test_a_missing_version_or_alias_says_which_there_are(registry: ModelRegistry) -> None:
    register(registry)
    with pytest.raises(NoModelError, match="no version with alias 'champion'; it has versions 1"):
        registry.load("shop")
    with pytest.raises(NoModelError, match="no version 7; it has 1"):
        registry.load("shop", version=7)
    with pytest.raises(NoModelError, match="no version 7"):
        promote(registry, 7)


def test_a_model_of_another_kind_is_refused(registry: ModelRegistry) -> None:
    register(registry)
    with pytest.raises(RegistryError, match="must be of kind 'supply'; it is 'toy'"):
        registry.load("shop", version=1, kind="supply")


def test_a_version_that_another_tool_registered_is_listed_but_not_loaded(
    registry: ModelRegistry, tmp_path: Path
) -> None:
    registry.store.client.create_registered_model("shop")
    registry.store.client.create_model_version("shop", source=tmp_path.as_uri())
    assert list(registry.list()["kind"]) == [""]
    with pytest.raises(RegistryError, match="version 1 was not registered by Allocast"):
        registry.load("shop", version=1)


def test_a_kind_that_is_not_in_the_table_is_refused(
    registry: ModelRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(registry)
    monkeypatch.delitem(BUNDLE_CLASSES, "toy")
    with pytest.raises(UnknownNameError, match="unknown model kind 'toy'"):
        register(registry)
    with pytest.raises(UnknownNameError, match="unknown model kind 'toy'"):
        registry.load("shop", version=1)


def test_a_name_mlflow_cannot_take_is_refused(registry: ModelRegistry) -> None:
    with pytest.raises(RegistryError, match="cannot be named 'a/b'"):
        register(registry, name="a/b")


def test_files_that_were_changed_or_lost_are_noticed(registry: ModelRegistry) -> None:
    register(registry)
    (stored,) = (registry.store.folder / "artifacts").rglob("model.json")
    stored.write_text('{"factor": 9.0}')
    with pytest.raises(RegistryError, match=r"changed after registering: model\.json"):
        registry.load("shop", version=1)
    stored.unlink()
    with pytest.raises(RegistryError, match=r"missing: .*model\.json"):
        registry.load("shop", version=1)


def test_a_changed_manifest_is_noticed(registry: ModelRegistry) -> None:
    register(registry)
    (manifest,) = (registry.store.folder / "artifacts").rglob("bundle.json")
    manifest.write_text('{"kind": "toy", "files": {}}')
    with pytest.raises(RegistryError, match=r"changed after registering: bundle\.json"):
        registry.load("shop", version=1)


def test_a_file_name_that_leaves_the_folder_is_refused(
    registry: ModelRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ToyModel, "state", lambda _: {"../model.json": b"{}"})
    with pytest.raises(RegistryError, match=r"plain name .* '\.\./model\.json'"):
        register(registry)


def test_the_history_says_who_moved_an_alias_when_and_why(registry: ModelRegistry) -> None:
    register(registry), register(registry)
    promote(registry, 1, now=JANUARY)
    promote(registry, 2, now=FEBRUARY)
    history = registry.history("shop")
    assert list(history["at"]) == [JANUARY, FEBRUARY]
    assert history["from_version"].isna().tolist() == [True, False]
    last = history.iloc[1]
    assert (last["from_version"], last["to_version"]) == (1, 2)
    assert (last["actor"], last["reason"], last["evidence"]) == ("ada", "lower loss", {"loss": 0.5})
    assert not history["moved_outside"].any()


def test_the_champion_of_any_time_is_known(registry: ModelRegistry) -> None:
    register(registry), register(registry)
    promote(registry, 1, now=JANUARY)
    promote(registry, 2, alias="challenger", now=JANUARY)
    promote(registry, 2, now=MARCH)
    assert registry.champion_at("shop", FEBRUARY) == 1
    assert registry.champion_at("shop", MARCH) == 2
    assert registry.champion_at("shop", FEBRUARY, alias="challenger") == 2
    with pytest.raises(NoModelError, match="no version with alias 'champion' at 2023"):
        registry.champion_at("shop", datetime(2023, 1, 1, tzinfo=UTC))


def test_the_history_can_only_grow(registry: ModelRegistry) -> None:
    register(registry)
    promote(registry, 1)
    with closing(sqlite3.connect(registry.store.folder / "alias_history.db")) as connection:
        for change in ("DELETE FROM alias_history", "UPDATE alias_history SET actor = 'bob'"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(change)
    assert list(registry.history("shop")["actor"]) == ["ada"]


def test_an_alias_moved_or_removed_with_another_tool_is_noticed(registry: ModelRegistry) -> None:
    register(registry), register(registry)
    promote(registry, 1, now=JANUARY)
    registry.store.client.set_registered_model_alias("shop", "champion", "2")
    moves = registry.history("shop", now=FEBRUARY)
    assert list(moves["moved_outside"]) == [False, True]
    assert (moves["from_version"].iloc[1], moves["to_version"].iloc[1]) == (1, 2)
    assert len(registry.history("shop")) == 2
    registry.store.client.delete_registered_model_alias("shop", "champion")
    with pytest.raises(NoModelError):
        registry.history("shop", now=MARCH)
        registry.champion_at("shop", MARCH)
    assert registry.champion_at("shop", FEBRUARY) == 2


def test_promoting_also_notices_what_was_moved_before(registry: ModelRegistry) -> None:
    register(registry), register(registry)
    registry.store.client.set_registered_model_alias("shop", "champion", "1")
    promote(registry, 2)
    assert list(registry.history("shop")["moved_outside"]) == [True, False]


def test_a_move_without_reason_or_actor_or_time_zone_is_refused(registry: ModelRegistry) -> None:
    register(registry)
    with pytest.raises(RegistryError, match="the reason is empty"):
        registry.promote("shop", 1, "champion", reason=" ", actor="ada", evidence={})
    with pytest.raises(RegistryError, match="the actor is empty"):
        registry.promote("shop", 1, "champion", reason="better", actor="", evidence={})
    with pytest.raises(DataError, match="needs a time zone"):
        promote(registry, 1, now=datetime(2024, 1, 1))
    with pytest.raises(NoModelError, match="no version with alias"):
        registry.load("shop")


def test_an_alias_mlflow_cannot_take_leaves_no_trace_in_the_history(registry: ModelRegistry) -> None:
    register(registry)
    with pytest.raises(RegistryError, match="alias 'latest'"):
        promote(registry, 1, alias="latest")
    assert registry.history("shop").empty


def test_the_history_of_an_unknown_model_is_refused(registry: ModelRegistry) -> None:
    with pytest.raises(NoModelError, match="run: allocast run CONFIG"):
        registry.history("shop")


def test_the_list_has_one_row_a_version_with_aliases_and_metrics(registry: ModelRegistry) -> None:
    assert registry.list().empty
    registered = [register(registry), register(registry, factor=4.0)]
    promote(registry, 2)
    table = registry.list()
    assert list(table["version"]) == [2, 1]
    assert list(table["aliases"]) == [("champion",), ()]
    assert list(table["metrics"]) == [{"loss": 0.25}, {"loss": 0.5}]
    assert list(table["digest"]) == [registered[1].digest, registered[0].digest]


def test_showing_a_version_tells_where_it_came_from(registry: ModelRegistry) -> None:
    registered = register(registry)
    shown = registry.show("shop", 1)
    assert (shown["kind"], shown["run_id"], shown["digest"]) == ("toy", registered.run_id, registered.digest)
    assert shown["params"] == {"factor": "2.0"}
    assert shown["data"] == {"demand": "abc"}
    inputs = {column["name"]: column["type"] for column in shown["signature"]["inputs"]}
    assert inputs == {
        "item_id": "string",
        "region": "string",
        "date": "datetime",
        "units": "double",
        "in_stock": "boolean",
    }
