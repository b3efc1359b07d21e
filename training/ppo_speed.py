"""Steps a second through the SB3 vector interface, and of PPO while it learns, beside the same dynamics in DummyVecEnv.

Lost sales with a lead time of four periods, one core. Rates are per second of the processor, medians of repeats; the
clock's stand among the references. PPO learns for real: networks are updated between rollouts as often as its settings
say. ``dummy_default`` is SB3's DummyVecEnv of eight environments with SB3's own settings of PPO; ``dummy_alike`` has
our settings and as many environments as our vector form.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv

from allocast.agents.environments.environment import InventoryEnv
from allocast.agents.environments.registration import small_portfolio
from allocast.agents.environments.vector_environment import InventoryVecEnv
from allocast.agents.worlds.textbook_instances import lost_sales_world
from allocast.agents.worlds.world import World
from allocast.simulation.textbook.lost_sales import LostSales
from training.figures import Measured, Reference, Target

__all__ = ["OURS", "measure"]

SEED, REPEATS, ENVIRONMENTS, MANY = 1, 5, 1024, 4096
OURS: dict[str, Any] = {
    "n_steps": 32,
    "batch_size": 8192,
    "n_epochs": 4,
    "gamma": 0.98,
    "gae_lambda": 0.9,
    "learning_rate": 1e-3,
}
SB3S: dict[str, Any] = {"n_steps": 256, "batch_size": 64, "n_epochs": 10}

Rates = tuple[float, float]
"""Steps a second: of the processor, and of the clock."""


def measure() -> Measured:
    """The vector form alone, PPO on it, and PPO on DummyVecEnv."""
    torch.set_num_threads(1)
    world = lost_sales_world(LostSales(demand="poisson", mean=5.0, shortage_cost=4.0, lead_time=4))
    series = small_portfolio(n_series=200, n_paths=100)
    stepping = {
        f"lost_sales_{MANY}": _stepping(InventoryVecEnv(world, MANY), 200),
        f"lost_sales_{ENVIRONMENTS}": _stepping(InventoryVecEnv(world, ENVIRONMENTS), 600),
        f"series_{ENVIRONMENTS}": _stepping(InventoryVecEnv(series, ENVIRONMENTS), 60),
        "dummy_8": _stepping(_dummy(world, 8), 300),
    }
    learning = {
        "lost_sales": _learning(InventoryVecEnv(world, ENVIRONMENTS), OURS, rollouts=4),
        "series": _learning(InventoryVecEnv(series, ENVIRONMENTS), OURS, rollouts=2),
        "dummy_default": _learning(_dummy(world, 8), SB3S, rollouts=1),
        "dummy_alike": _learning(_dummy(world, ENVIRONMENTS), OURS, rollouts=1),
    }
    ours, dummy = learning["lost_sales"][0], learning["dummy_alike"][0]
    return Measured(
        targets=(
            Target(name="steps_per_second", value=stepping[f"lost_sales_{MANY}"][0], op=">=", target=3e6),
            Target(name="ppo_steps_per_second", value=ours, op=">=", target=50_000),
            Target(name="ppo_times_dummy", value=ours / dummy, op=">=", target=10.0),
        ),
        references=(*_references("stepping", stepping), *_references("ppo", learning)),
        seeds=(SEED,),
    )


def _references(what: str, rates: dict[str, Rates]) -> list[Reference]:
    return [
        Reference(name=f"{what}.{name}.{kind}", value=rate)
        for name, both in rates.items()
        for kind, rate in zip(("per_processor_second", "per_second"), both, strict=True)
    ]


def _dummy(world: World[Any], n_envs: int) -> DummyVecEnv:
    return DummyVecEnv([lambda: InventoryEnv(world)] * n_envs)


def _stepping(env: VecEnv, n_steps: int) -> Rates:
    """Steps of all environments a second, with actions given."""
    env.seed(SEED)
    env.reset()
    shape = (env.num_envs, *env.action_space.shape)
    actions = np.random.default_rng(SEED).uniform(-1, 1, shape).astype(np.float32)

    def play() -> None:
        for _ in range(n_steps):
            env.step(actions)

    return _rates(play, n_steps * env.num_envs)


def _learning(env: VecEnv, settings: dict[str, Any], *, rollouts: int) -> Rates:
    """Steps a second of PPO while it learns, after a first rollout."""
    model = PPO("MlpPolicy", env, seed=SEED, device="cpu", **settings)
    steps = rollouts * env.num_envs * settings["n_steps"]
    return _rates(lambda: model.learn(steps, reset_num_timesteps=False), steps)


def _rates(play: Callable[[], object], steps: int) -> Rates:
    """Medians of repeats, after one that does not count."""
    play()
    processor, clock = [], []
    for _ in range(REPEATS):
        started = time.process_time(), time.perf_counter()
        play()
        processor.append(steps / (time.process_time() - started[0]))
        clock.append(steps / (time.perf_counter() - started[1]))
    return statistics.median(processor), statistics.median(clock)
