"""Trains an agent with a Stable-Baselines3 algorithm on a training world; goes on where it was stopped."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import stable_baselines3
import torch
from numpy.typing import NDArray
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import KVWriter, Logger

from allocast import __version__
from allocast.agents.agent import AgentPolicy
from allocast.agents.agent_settings import AgentSettings
from allocast.agents.algorithms import make_algorithm
from allocast.agents.checkpoint import restore, taken
from allocast.agents.evaluation import evaluate, order_critical_ratio
from allocast.agents.one_thread import one_thread
from allocast.agents.policy_network import PolicyNetwork
from allocast.agents.saved_state import read_state, write_state
from allocast.agents.worlds.training_world import TrainingWorld
from allocast.errors import SettingsError
from allocast.numerics.streams import integer_seed, stream

__all__ = ["TrainingResult", "train_agent"]

Progress = Callable[[Mapping[str, float]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingResult:
    """A trained agent and how it learned.

    Parameters
    ----------
    agent : AgentPolicy
    curve : tuple of dict
        One a point of the learning curve: ``step``, ``reward`` (mean while exploring), ``cost`` (mean per
        decision on fixed scenarios, in units of ``TrainingWorld.cost_scale``) and ``order_up_to_cost`` (of the
        critical fractile on the same scenarios).
    """

    agent: AgentPolicy
    curve: tuple[dict[str, float], ...]


def train_agent(
    world: TrainingWorld,
    settings: AgentSettings,
    *,
    seed: int,
    on_progress: Progress | None = None,
    checkpoints: Path | None = None,
) -> TrainingResult:
    """Train on one core; the same world, settings and seed give the same agent.

    The agent is the network of the cheapest point of the learning curve. With a folder for checkpoints, a training
    that was stopped, even by kill -9, goes on at its last point and gives the same agent, bit for bit.

    Parameters
    ----------
    seed : int, >= 0
        A library at the rim draws its own numbers from it: torch takes no ``Generator`` of NumPy's.
    on_progress : function of a point of the learning curve, optional
        Called as soon as the point is known, with the algorithm's own numbers (``train/…``) beside it; of a training
        that goes on, first with the points that it had.
    checkpoints : Path, optional
        A folder; the file in it is named by world, settings and seed, and is gone when the training is finished.

    Raises
    ------
    SettingsError
        An action of the world is no level, which is what an agent takes it for.
    """
    if world.action != "level":
        raise SettingsError(f"an agent's action means a level; the world's means {world.action}.")
    path = None if checkpoints is None else checkpoints / f"{_fingerprint(world, settings, seed)}.npz"
    observer = _Observer(world, settings, seed, on_progress, path)
    model = make_algorithm(world, settings, integer_seed(seed, "agent"))
    model.set_logger(Logger(folder=None, output_formats=[observer.numbers]))
    saved = None if path is None or not path.exists() else read_state(path)
    if saved is not None:
        restore(model, saved["model"])
        observer.resume(saved["observer"])
    with one_thread():
        model.learn(
            settings.total_steps - model.num_timesteps,
            callback=observer,
            reset_num_timesteps=saved is None,
            log_interval=1,
        )
        if not observer.gave_up:
            observer.record()
    if path is not None:
        path.unlink(missing_ok=True)
    return TrainingResult(agent=observer.agent(), curve=tuple(observer.curve))


class _Numbers(KVWriter):  # type: ignore[misc]  # SB3 is not followed by mypy
    """The newest of each number that the algorithm tells about its learning."""

    def __init__(self) -> None:
        self.newest: dict[str, float] = {}

    def write(
        self,
        key_values: dict[str, Any],
        key_excluded: dict[str, tuple[str, ...]],  # noqa: ARG002 - SB3's signature
        step: int = 0,  # noqa: ARG002 - as above
    ) -> None:
        """Take what is a number and of learning; times would differ from run to run."""
        self.newest |= {name: float(value) for name, value in key_values.items() if name.startswith("train/")}

    def close(self) -> None:
        """Nothing is held open."""


class _Observer(BaseCallback):  # type: ignore[misc]  # SB3 is not followed by mypy
    """Keeps the learning curve, the best network and what was observed; writes checkpoints; says when to stop."""

    def __init__(
        self,
        world: TrainingWorld,
        settings: AgentSettings,
        seed: int,
        on_progress: Progress | None,
        path: Path | None,
    ) -> None:
        super().__init__()
        self.world, self.settings, self.seed, self.on_progress = world, settings, seed, on_progress
        self.path, self.points_saved = path, 0
        self.starts = world.draw_starts(settings.evaluation_episodes, stream(seed, "agent", "evaluation"))
        classical = partial(order_critical_ratio, n_actions=world.action_size)
        self.order_up_to_cost = float(evaluate(world, classical, self.starts).mean())
        self.interval = settings.total_steps / settings.n_evaluations
        self.numbers = _Numbers()
        self.curve: list[dict[str, float]] = []
        self.lowest_cost, self.points_waited = np.inf, 0
        self.low, self.high = world.observation_high, world.observation_low  # empty: anything seen widens it
        self.total, self.count, self.rewards = np.zeros(len(self.low)), 0, np.zeros(2)

    @property
    def gave_up(self) -> bool:
        """Whether the cost has not fallen for as many points as there is patience."""
        return self.settings.patience is not None and self.points_waited >= self.settings.patience

    def agent(self) -> AgentPolicy:
        """The best network so far, with what it has seen."""
        return AgentPolicy(
            network=self.best,
            observation_low=self.low,
            observation_high=self.high,
            observation_mean=self.total / max(self.count, 1),
            settings=self.settings,
        )

    def resume(self, saved: Mapping[str, Any]) -> None:
        """Go on as if what was saved had happened here."""
        self.low, self.high, self.total = saved["low"], saved["high"], saved["total"]
        self.count, self.points_waited = saved["count"], saved["points_waited"]
        self.lowest_cost, self.best = saved["lowest_cost"], PolicyNetwork.from_bytes(saved["best"].tobytes())
        self.curve, self.numbers.newest = saved["curve"], saved["numbers"]
        self.points_saved = len(self.curve)
        if self.on_progress is not None:
            for point in self.curve:
                self.on_progress(point)

    def _on_rollout_start(self) -> None:
        if self.path is not None and len(self.curve) > self.points_saved:
            write_state({"model": taken(self.model), "observer": self._state()}, self.path)
            self.points_saved = len(self.curve)
        self.rewards = np.zeros(2)

    def _on_step(self) -> bool:
        if "new_obs" in self.locals:  # the pathwise trainer has no environment that it acts in
            self._look(self.locals["new_obs"])
            self.rewards += self.locals["rewards"].sum(), len(self.locals["rewards"])
        return not self.gave_up

    def _on_rollout_end(self) -> None:
        done = self.model.num_timesteps
        if (
            self.interval * (len(self.curve) + 1) <= done < self.settings.total_steps
        ):  # the end is told after it
            self.record()

    def record(self) -> None:
        """Evaluate the network as it is now."""
        network = PolicyNetwork.from_sb3(self.model.policy)
        cost = float(evaluate(self.world, network.action, self.starts).mean())
        if not self.rewards[1]:
            self._watch(network)
        self.points_waited += 1
        if cost < self.lowest_cost:
            self.lowest_cost, self.best, self.points_waited = cost, network, 0
        point = {
            "step": float(self.model.num_timesteps),
            "reward": float(self.rewards[0] / self.rewards[1]) if self.rewards[1] else -cost,
            "cost": cost,
            "order_up_to_cost": self.order_up_to_cost,
        }
        self.curve.append(point)
        if self.on_progress is not None:
            self.on_progress(point | self.numbers.newest)

    def _watch(self, network: PolicyNetwork) -> None:
        """See what the network sees from starts as in training, where the algorithm does not show it."""
        rng = stream(self.seed, "agent", "seen", str(len(self.curve)))
        episodes = self.world.begin(self.settings.n_envs, rng)
        for _ in range((self.world.n_moments - 1) // self.world.review_periods // 2):
            observation = self.world.observe(episodes)
            self._look(observation)
            episodes, _ = self.world.step(episodes, network.action(observation))

    def _look(self, observations: NDArray[Any]) -> None:
        self.low = np.minimum(self.low, observations.min(axis=0))
        self.high = np.maximum(self.high, observations.max(axis=0))
        self.total = self.total + observations.sum(axis=0, dtype=np.float64)
        self.count += len(observations)

    def _state(self) -> dict[str, Any]:
        names = ("low", "high", "total", "count", "points_waited", "lowest_cost", "curve")
        best = np.frombuffer(self.best.to_bytes(), dtype=np.uint8)
        return {name: getattr(self, name) for name in names} | {"best": best, "numbers": self.numbers.newest}


def _fingerprint(world: TrainingWorld, settings: AgentSettings, seed: int) -> str:
    """Names all that decides what a training gives."""
    versions = [__version__, np.__version__, torch.__version__, stable_baselines3.__version__]
    digest = hashlib.sha256(json.dumps([asdict(settings), seed, versions]).encode())
    _take(digest, world)
    return digest.hexdigest()[:20]


def _take(digest: "hashlib._Hash", value: Any) -> None:
    """All numbers of a world, and of what it is made of."""
    if isinstance(value, np.ndarray):
        digest.update(f"{value.shape} {value.dtype}".encode())
        digest.update(repr(value.tolist()).encode() if value.dtype == object else value.tobytes())
    elif is_dataclass(value):
        for each in fields(value):
            digest.update(each.name.encode())
            _take(digest, getattr(value, each.name))
    elif isinstance(value, tuple):
        for part in value:
            _take(digest, part)
    else:
        digest.update(repr(value).encode())
