"""What the workers of a forecast are given: one thread each where they are several, and a digest of all that counts."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from allocast.adapters.demand_parts import demand_parts
from allocast.adapters.demand_table import demand_table
from allocast.adapters.engine import run_shards, worker_pool
from allocast.adapters.files import write_table
from allocast.adapters.job_settings import TablesData
from allocast.adapters.registry import LoadedModel
from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.errors import RegistryError
from allocast.forecast.demand_settings import DemandModelSettings, FeatureSettings
from allocast.forecast.lightgbm_model import DemandModel
from allocast.workflows import forecast as of_a_table
from allocast.workflows import forecast_parts as of_parts
from allocast.workflows.models import demand_model

SETTINGS = DemandModelSettings(
    horizon=2, anchors=(2,), rounds=5, smallest_leaf=5, first_origin=16, calibration_periods=10, threads=3,
    young_share=0.0, features=FeatureSettings(lags=(1, 2), windows=(4,)),
)  # fmt: skip


class Stopped(Exception):
    """All that was to be seen was seen."""


@pytest.fixture(scope="module")
def panel():
    return DemandPanel(
        series=pd.DataFrame({"item_id": list("abcdef"), "location_id": "x"}),
        periods=np.datetime64("2023-01-02") + 7 * np.arange(60),
        frequency=Frequency.WEEKLY,
        units=np.random.default_rng(1).poisson(5, (6, 60)).astype(float),
        observed=np.ones((6, 60), dtype=bool),
    )


@pytest.fixture(scope="module")
def loaded(panel):
    model = DemandModel.train(panel, SETTINGS, seed=1)
    return LoadedModel(bundle=model, name="shop-demand", version=1, run_id="run", digest="d")


@pytest.fixture
def handed_out(panel, loaded, monkeypatch, tmp_path):
    """Starts a forecast, of parts or of one table; gives the models of its shards, and the digest of the work."""
    seen = []

    def watched(score, shards, folder, *, digest, **_):
        if score.__name__ == "score_shard":
            seen.append(({shard.model.settings.threads for shard in shards}, digest))
            raise Stopped
        with worker_pool(1) as here:
            return run_shards(score, shards, folder, workers=1, digest=digest, pool=here)

    for module in (of_a_table, of_parts):
        monkeypatch.setattr(module, "run_shards", watched)
        monkeypatch.setattr(module, "load_champion", lambda *_: loaded)
    write_table(demand_table(panel, SETTINGS.features), tmp_path / "demand" / "a.parquet")
    parts = demand_parts(TablesData(kind="tables", root=tmp_path))
    resolved = SimpleNamespace(to_yaml=lambda: "name: shop\n")
    job = SimpleNamespace(panel=panel, resolved=resolved, as_of=panel.as_of, digest="data")

    def start(of, workers):
        with pytest.raises(Stopped):
            if of == "parts":
                of_parts.forecast_parts(resolved, parts, tmp_path / "out", as_of=None, workers=workers)
            else:
                of_a_table.forecast(job, tmp_path / "out", workers=workers)
        return seen[-1]

    return start


@pytest.mark.parametrize(("workers", "threads"), [(1, 3), (2, 1), (8, 1)])
@pytest.mark.parametrize("of", ["table", "parts"])
def test_several_workers_compute_with_one_thread_and_one_with_those_of_the_model(
    handed_out, of, workers, threads
):
    assert handed_out(of, workers)[0] == {threads}


@pytest.mark.parametrize("of", ["table", "parts"])
def test_what_another_version_left_unfinished_is_of_no_use(handed_out, monkeypatch, of):
    digest = handed_out(of, 1)[1]
    assert handed_out(of, 1)[1] == digest
    monkeypatch.setattr("allocast.__version__", "0.0.0")
    assert handed_out(of, 1)[1] != digest


def test_the_forecast_is_the_same_with_one_thread(panel, loaded):
    model = demand_model(loaded, workers=2)
    pd.testing.assert_frame_equal(
        model.forecast(panel).to_frame(), loaded.bundle.forecast(panel).to_frame(), check_exact=True
    )


def test_a_model_of_something_else_is_refused():
    other = LoadedModel(bundle=SimpleNamespace(), name="shop-demand", version=1, run_id="run", digest="d")
    with pytest.raises(RegistryError, match="shop-demand must be a DemandModel; it is a SimpleNamespace"):
        demand_model(other, workers=2)
