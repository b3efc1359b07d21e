from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from training import unreliable_suppliers
from training.unreliable_suppliers import AGENT, WORLDS, future_table, judge, measured_of, past_table

from allocast.errors import DataError
from allocast.simulation.windows import WindowSettings, choose_policy
from allocast.workflows.job import open_job

TINY = (
    "seed=7", "data.world.n_items=5", "data.world.n_locations=2", "data.world.n_future=24",
    "data.world.n_periods=110", "demand.rounds=5", "demand.threads=1", "demand.anchors=[3]",
)  # fmt: skip


def table_of(*rows):
    columns = ["policy", "future", "cost", "fill_rate", "has_budget"]
    return pd.DataFrame(rows, columns=columns)


def test_the_agent_is_set_beside_what_the_past_chose_and_what_was_best():
    table = table_of(
        (AGENT.name, 0, 80.0, 0.9, True), (AGENT.name, 1, 100.0, 0.9, True),
        ("chosen", 0, 100.0, 0.8, True), ("chosen", 1, 100.0, 0.9, True),
        ("best", 0, 60.0, 0.7, True), ("best", 1, 120.0, 0.7, True),
        ("rich", 0, 40.0, 1.0, False), ("rich", 1, 50.0, 1.0, False),
    )  # fmt: skip
    values = judge(table, "chosen")
    assert values["saving_percent"] == pytest.approx(10.0)
    assert values["fill_rate_gain"] == pytest.approx(0.05)
    assert values["saving_percent_in_hindsight"] == pytest.approx(0.0)
    assert values["saving_percent_of_endless_money_in_hindsight"] == pytest.approx(50.0)


def test_means_and_their_intervals_are_over_worlds():
    names = list(judge(table_of((AGENT.name, 0, 1.0, 1.0, True), ("a", 0, 1.0, 1.0, True),
                                ("b", 0, 1.0, 1.0, False)), "a"))  # fmt: skip
    worlds = pd.DataFrame([dict.fromkeys(names, 8.0), dict.fromkeys(names, 12.0)], index=[1, 101])
    found = measured_of(worlds)
    values = {value.name: value.value for value in (*found.targets, *found.references)}
    assert values["saving_percent"] == 10.0 and found.targets[0].verdict == "ok"
    assert values["saving_percent_high"] == pytest.approx(10.0 + 12.706 * 2.0, abs=0.01)
    assert values["world_101.saving_percent"] == 12.0
    assert found.targets[0].target == 10.0 and found.targets[1].target == 0.0


def test_no_judged_world_is_one_on_which_settings_were_chosen():
    assert not {11, 12, 13, 14, 15, 16} & set(WORLDS)
    assert len(set(WORLDS)) == 9 and {1, 2, 3} <= set(WORLDS)


def test_a_small_world_is_judged_on_its_futures_within_its_budget(tmp_path, monkeypatch):
    monkeypatch.setattr(unreliable_suppliers, "SHAPE", WindowSettings(periods=8, decisions=8, scored_from=3))
    monkeypatch.setattr(unreliable_suppliers, "SERVICE_LEVELS", (0.8,))
    monkeypatch.setattr(unreliable_suppliers, "PATHS", 10)
    job = open_job(Path("configs/demo.yaml"), [*TINY, f"data.root={tmp_path}"])
    past, table = past_table(job), future_table(job, 2)
    assert past["window"].nunique() == 2 and len(past) == 2 * 9
    assert len(table) == 2 * (9 + 1 + 3)
    assert (table.groupby("policy")["cost"].nunique() == 2).all()
    assert np.isfinite(list(judge(table, choose_policy(past)).values())).all()


def test_only_demo_worlds_have_other_futures():
    class Tables:
        settings = type("Settings", (), {"data": None})()

    with pytest.raises(DataError, match="demo world"):
        future_table(Tables(), 1)
