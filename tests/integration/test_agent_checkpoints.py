"""A training that is stopped, even by kill -9, goes on and gives what it would have given."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from allocast.agents.agent_settings import settings_from
from allocast.agents.training_loop import _fingerprint, train_agent
from allocast.agents.worlds.training_world import TrainingWorld
from allocast.errors import SettingsError
from allocast.inventory.costs import Costs
from allocast.numerics.streams import stream
from allocast.supply.sourcing import Sourcing

TINY = {"hidden_sizes": [8], "n_evaluations": 5, "evaluation_episodes": 32}
SETTINGS = {
    "ppo": {"algorithm": "ppo", "total_steps": 5_000, "n_envs": 32, "n_steps": 8, "n_epochs": 1, **TINY},
    "a2c": {"algorithm": "a2c", "total_steps": 5_000, "n_envs": 32, "n_steps": 8, **TINY},
    "sac": {
        "algorithm": "sac",
        "total_steps": 800,
        "n_envs": 16,
        "batch_size": 64,
        "memory_steps": 320,
        **TINY,
    },
    "td3": {
        "algorithm": "td3",
        "total_steps": 800,
        "n_envs": 16,
        "batch_size": 64,
        "memory_steps": 320,
        **TINY,
    },
    "pathwise": {"algorithm": "pathwise", "total_steps": 5_000, "n_envs": 32, "n_steps": 8, **TINY},
}


class Stopped(Exception):
    pass


def small_world():
    demand = stream(1, "demand").poisson(5.0, (2, 40, 24)).astype(float)
    text, one = np.array(["x", "y"], dtype=object), np.ones(2)
    terms = {"unit_cost": one, "order_cost": 0 * one, "minimum_order_units": 0 * one, "pack_units": one}
    return TrainingWorld(
        demand=demand,
        lead_time=stream(1, "lead time").integers(0, 3, demand.shape),
        costs=Costs.uniform(2, holding_cost=1.0, shortage_cost=4.0),
        sourcing=Sourcing(
            item_id=text, location_id=text, supplier_id=text, lead_time_days=one, capacity_units=np.inf * one, **terms
        ),
    )  # fmt: skip


def trained(algorithm, checkpoints=None, on_progress=None, **changes):
    settings = settings_from(SETTINGS[algorithm] | changes)
    return train_agent(small_world(), settings, seed=3, checkpoints=checkpoints, on_progress=on_progress)


@pytest.mark.parametrize("algorithm", SETTINGS)
def test_a_stopped_training_gives_what_it_would_have_given(tmp_path, algorithm):
    told = []

    def stop_at_the_fourth(point):
        told.append(point)
        if len(told) == 4:
            raise Stopped

    with pytest.raises(Stopped):
        trained(algorithm, tmp_path, stop_at_the_fourth)
    assert len(list(tmp_path.iterdir())) == 1
    again = []
    resumed, whole = trained(algorithm, tmp_path, again.append), trained(algorithm)
    assert resumed.agent.state() == whole.agent.state()
    assert resumed.curve == whole.curve
    assert [point["step"] for point in again] == [point["step"] for point in whole.curve]
    assert not list(tmp_path.iterdir())


def test_a_training_of_something_else_takes_no_checkpoint(tmp_path):
    def stop(point):
        if point["step"] > 3_000:
            raise Stopped

    with pytest.raises(Stopped):
        trained("ppo", tmp_path, stop)
    other = trained("ppo", tmp_path, learning_rate=2e-3)
    assert other.agent.state() == trained("ppo", learning_rate=2e-3).agent.state()
    assert len(list(tmp_path.iterdir())) == 1  # that of the first is still there


def test_a_training_that_does_not_get_better_stops_early():
    hardly = {"learning_rate": 1e-12, "n_evaluations": 10}  # what is learned is lost in rounding
    settings = settings_from(SETTINGS["ppo"] | hardly | {"patience": 2, "total_steps": 10_000})
    result = train_agent(small_world(), settings, seed=3)
    best = int(np.argmin([point["cost"] for point in result.curve]))
    assert len(result.curve) == best + 1 + 2
    assert len(train_agent(small_world(), replace(settings, patience=None), seed=3).curve) >= 10


def slowly(algorithm, folder):
    """What the process that is killed does: it waits a little at each point, so that it cannot be finished before."""
    trained(algorithm, Path(folder), lambda _: time.sleep(0.5))


@pytest.mark.parametrize("algorithm", ["ppo", "sac", "pathwise"])
def test_a_training_that_was_killed_gives_what_it_would_have_given(tmp_path, algorithm):
    folder = tmp_path / "checkpoints"
    code = (
        f"import runpy; here = runpy.run_path({__file__!r}); here['slowly']({algorithm!r}, {str(folder)!r})"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    while not list(folder.glob("*.npz")):
        assert process.poll() is None, "the training ended before its first checkpoint"
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    resumed = trained(algorithm, folder)
    assert resumed.agent.state() == trained(algorithm).agent.state()
    assert not list(folder.glob("*.npz"))


def test_terms_and_the_start_of_episodes_name_a_checkpoint_of_their_own():
    world, settings = small_world(), settings_from(SETTINGS["ppo"])
    (line,) = world.lines
    packs = replace(line, pack_units=np.full(2, 10.0))
    least = replace(line, minimum_order_units=np.full(2, 10.0))
    others = [replace(world, sourcing=packs), replace(world, sourcing=least), replace(world, under_way=0.0)]
    names = {_fingerprint(own, settings, 3) for own in (world, *others)}
    assert len(names) == 4
    assert _fingerprint(small_world(), settings, 3) in names


def test_a_world_whose_actions_mean_something_else_is_refused():
    with pytest.raises(SettingsError, match="action means a level; the world's means residual"):
        train_agent(replace(small_world(), action="residual"), settings_from(SETTINGS["ppo"]), seed=1)
