"""What a way of acting costs on fixed scenarios, without exploration."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from allocast.agents.worlds.actions import fractile_action
from allocast.agents.worlds.episodes import begin, observe_episodes, step
from allocast.agents.worlds.observation_names import OBSERVATION_NAMES
from allocast.agents.worlds.starts import Starts
from allocast.agents.worlds.training_world import TrainingWorld
from allocast.numerics.arrays import FloatArray

__all__ = ["evaluate", "order_critical_ratio"]


def evaluate(world: TrainingWorld, act: Callable[[FloatArray], FloatArray], starts: Starts) -> FloatArray:
    """Mean cost per decision of each episode, played from the world's first period to its last.

    The same starts make different ways of acting comparable episode by episode: they meet the same demand and
    the same lead times.

    Parameters
    ----------
    act : function of observations, shape (n, n_observations), to actions, shape (n, world.action_size)
    starts : Starts
        From ``world.draw_starts``; all begin with period 0.

    Returns
    -------
    cost : array of shape (n,), in units of ``world.cost_scale``
    """
    episodes = begin(world, replace(starts, period=np.zeros_like(starts.period)))
    n_decisions = (world.n_moments - 1) // world.review_periods
    cost = np.zeros(len(starts.series))
    for _ in range(n_decisions):
        episodes, outcome = step(world, episodes, act(observe_episodes(world, episodes)))
        cost -= outcome.reward
    return cost / n_decisions


def order_critical_ratio(observation: FloatArray, n_actions: int = 1) -> FloatArray:
    """The classical way to act: order up to the critical fractile of demand over the protection interval.

    Where an action says how much to order from each of several suppliers, all comes from the first.
    """
    level = fractile_action(observation[:, OBSERVATION_NAMES.index("critical_ratio")])
    shares = np.where(np.arange(n_actions - 1) == 0, 1.0, -1.0)
    return np.column_stack([level, np.tile(shares, (len(level), 1))])
