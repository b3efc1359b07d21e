"""Learns an agent's numbers by the gradient of what past windows cost under it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch

from allocast.agents.agent_settings import ServiceLevelSettings
from allocast.agents.one_thread import one_thread
from allocast.agents.service_level.past_windows import PastWindows
from allocast.agents.service_level.policy import LAST, ServiceLevelAgent
from allocast.numerics.arrays import FloatArray
from allocast.numerics.streams import stream

__all__ = ["LearnedLevels", "learn_service_level"]

SPREAD = (0.4, 1.6)  # stocks at a window's start are drawn within these shares of what is plausible
Numbers = dict[str, torch.Tensor]


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedLevels:
    """A trained agent and how it learned.

    Parameters
    ----------
    agent : ServiceLevelAgent
    curve : tuple of dict
        Before and after: ``step``, ``reward``, ``cost`` (of a series and past window, mean over all, in money) and
        ``order_up_to_cost`` (of the usual level, which it began at).
    """

    agent: ServiceLevelAgent
    curve: tuple[dict[str, float], ...]


@one_thread()
def learn_service_level(
    past: PastWindows,
    settings: ServiceLevelSettings,
    *,
    seed: int,
    on_progress: Callable[[Mapping[str, float]], None] | None = None,
) -> LearnedLevels:
    """Follow the gradient of the cost of past windows from the usual level on, the step falling to 0.

    The need on each sampled path is sorted, and the quantile at the level interpolated, so that the cost has a
    gradient; orders are whole only when the agent decides. The same past, settings and seed give the same agent.

    Parameters
    ----------
    past : PastWindows
    settings : ServiceLevelSettings
    seed : int
    on_progress : function of a point of the learning curve, optional
    """
    rng = stream(seed, "agent", "service level")
    world = _World(past, settings)
    numbers = _untrained()
    curve = [_point(world, numbers, 0)]
    optimiser = torch.optim.Adam(list(numbers.values()), lr=settings.learning_rate)
    for update in range(settings.total_steps):
        for group in optimiser.param_groups:
            group["lr"] = settings.learning_rate * (1 - update / settings.total_steps)
        chosen = rng.choice(len(past.starts), min(settings.n_envs, len(past.starts)), replace=False)
        loss = torch.stack([world.cost(numbers, int(window), rng) for window in chosen]).mean()
        loss = (
            loss + settings.penalty * torch.cat([value.reshape(-1) ** 2 for value in numbers.values()]).sum()
        )
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    curve.append(_point(world, numbers, settings.total_steps))
    if on_progress is not None:
        for point in curve:
            on_progress(point)
    return LearnedLevels(agent=_agent(numbers, settings), curve=tuple(curve))


class _World:
    """Past windows as tensors."""

    def __init__(self, past: PastWindows, settings: ServiceLevelSettings) -> None:
        self.past, self.n_series = past, past.demand.shape[0]
        self.lead_time = torch.tensor(np.array(past.lead_time))
        self.longest = int(past.lead_time.max(initial=0))
        self.demand, self.lately, self.logit, self.holding, self.shortage = (
            _tensor(array)
            for array in (
                past.demand,
                past.lately,
                settings.usual_logit(past.costs.critical_ratio),
                past.costs.holding_cost,
                past.costs.shortage_cost,
            )
        )

    def cost(self, numbers: Numbers, window: int, rng: np.random.Generator | None = None) -> torch.Tensor:
        """Mean cost of a series in a window, its stocks drawn around the plausible ones if there is a generator."""
        past, shape, first = self.past, self.past.shape, int(self.past.starts[window])
        stock = _tensor(past.on_hand[window])
        due = [*_tensor(past.pipeline[window]).T]
        if rng is not None:
            stock, *due = (
                part * _tensor(np.asarray(rng.uniform(*SPREAD, self.n_series))) for part in (stock, *due)
            )
        total = torch.zeros(self.n_series)
        for period in range(shape.periods):
            due += [torch.zeros(self.n_series)] * (self.longest + 1)
            if period < shape.decisions:
                order = self._order(numbers, first + period, period, stock, due)
                due = [
                    own + torch.where(self.lead_time == place, order, 0.0) if place <= self.longest else own
                    for place, own in enumerate(due)
                ]
            after = stock + due.pop(0) - self.demand[:, first + period]
            if period >= shape.scored_from:
                total = total + self.holding * after.clamp(min=0) + self.shortage * (-after).clamp(min=0)
            stock = after if past.costs.backorders else after.clamp(min=0)
        return total.mean()

    def _order(
        self, numbers: Numbers, at: int, period: int, stock: torch.Tensor, due: list[torch.Tensor]
    ) -> torch.Tensor:
        """The quantile of the need at the level, as ``ServiceLevelAgent.decide`` has it, not rounded."""
        level = torch.sigmoid(self._logits(numbers, at, period))
        paths = _tensor(self.past.paths[at])
        left, need = stock[:, None], torch.zeros(paths.shape[:2])
        for ahead in range(self.longest + 1):
            after = left + due[ahead][:, None] - paths[:, :, ahead]
            need = torch.where((self.lead_time == ahead)[:, None], -after, need)
            left = after if self.past.costs.backorders else after.clamp(min=0)
        return _quantile(need, level).clamp(min=0)

    def _logits(self, numbers: Numbers, at: int, period: int) -> torch.Tensor:
        left = self.past.shape.decisions - period
        value = self.logit + numbers["shift"] + numbers["lately"] * self.lately[at]
        return value + numbers["last"][left - 1] if self.past.shape.ends and left <= LAST else value


def _quantile(samples: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
    """Between the samples of each row, where the k-th smallest of n covers k ÷ (n + 1)."""
    ordered = torch.sort(samples, dim=1)[0]
    n = samples.shape[1]
    place = (level * (n + 1) - 1).clamp(0, n - 1.001)
    below = place.floor().long()
    low, high = (ordered.gather(1, (below + k)[:, None])[:, 0] for k in (0, 1))
    return low + (place - below) * (high - low)


def _untrained() -> Numbers:
    sizes = {"shift": (), "lately": (), "last": (LAST,)}
    return {name: torch.zeros(size, requires_grad=True) for name, size in sizes.items()}


def _point(world: _World, numbers: Numbers, step: int) -> dict[str, float]:
    """Mean cost of all windows from their plausible stocks, beside that of the usual level."""

    def mean(own: Numbers) -> float:
        return float(np.mean([world.cost(own, window).item() for window in range(len(world.past.starts))]))

    with torch.no_grad():
        cost, untrained = mean(numbers), mean(_untrained())
    return {"step": float(step), "reward": -cost, "cost": cost, "order_up_to_cost": untrained}


def _agent(numbers: Numbers, settings: ServiceLevelSettings) -> ServiceLevelAgent:
    free = settings.classical_level is None
    return ServiceLevelAgent(
        shift=float(numbers["shift"].item()) if free else 0.0,
        lately=float(numbers["lately"].item()),
        last=tuple(numbers["last"].tolist()),
        settings=settings,
    )


def _tensor(values: FloatArray) -> torch.Tensor:
    return torch.tensor(np.array(values, dtype=np.float32))
