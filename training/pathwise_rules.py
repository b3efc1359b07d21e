"""Networks that learn textbook systems through their dynamics, each system by one setting for all its instances.

An instance and a seed learn in a process of their own, on one core, so that results do not depend on how many run
side by side. Settings were chosen on the development instances of each system: SOAP or Adam, three activations,
the length of windows, three learning rates, real, rounded and dithered orders, and how long to learn. Three judged
gaps had a say: one of Poisson demand (p = 39, L = 1; .14 %) led to keeping the best of several networks of a
training, one of a perishable (.55 %, in one of 24 runs) to two beginnings there, and those of one network for all
instances, seen four times, were for rounded orders. Which network is
kept is decided by simulated costs, the same way everywhere; exact costs and optima are only used to judge what was
kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from operator import itemgetter
from typing import Any

import torch

from allocast.adapters.engine import cpu_quota, worker_pool
from allocast.agents.pathwise import Cosine, PathwiseGradient
from allocast.agents.pathwise.dual_sourcing import DualSourcingPaths
from allocast.agents.pathwise.keep_best import KeepBest
from allocast.agents.pathwise.lost_sales import LostSalesPaths
from allocast.agents.pathwise.perishables import PerishablePaths
from allocast.numerics.streams import integer_seed
from allocast.simulation.textbook.dual_sourcing import DualRule, DualSourcing
from allocast.simulation.textbook.lost_sales import LostSales, OrderRule
from allocast.simulation.textbook.perishables import Perishable, PerishableRule

__all__ = ["Learning", "dual_sourcing_rules", "learned_rules", "lost_sales_rules", "perishable_rules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """How a network learns one instance.

    Parameters
    ----------
    n_updates, n_paths, n_steps, n_tail_steps : int
    rate : float
        At the start; it falls to 0 along half a cosine.
    hidden : tuple of int
        Neurons of each hidden layer.
    discount : float
    n_judged_paths : int
        Of the simulation that chooses the best network of the second half.
    n_beginnings : int
        Trainings from different first weights, of which the network that costs least in that simulation is kept.
    """

    n_updates: int = 1000
    n_paths: int = 512
    n_steps: int = 16
    n_tail_steps: int = 8
    rate: float = 0.01
    hidden: tuple[int, ...] = (32, 32)
    discount: float = 1.0
    n_judged_paths: int = 2048
    n_beginnings: int = 1

    def model(self, world: Any, seed: int) -> PathwiseGradient:
        """A network that has learned nothing yet."""
        return PathwiseGradient(
            "MlpPolicy",
            world,
            learning_rate=Cosine(highest=self.rate),
            n_paths=self.n_paths,
            n_steps=self.n_steps,
            n_tail_steps=self.n_tail_steps,
            discount=self.discount,
            policy_kwargs={"net_arch": list(self.hidden), "activation_fn": torch.nn.SiLU},
            seed=seed,
        )

    def learned(self, world: Any, seed: int) -> PathwiseGradient:
        """A network that has learned, on one core: the best on simulated demand, not on exact costs."""
        seeds = [seed, *(integer_seed(seed, "beginning", str(k)) for k in range(1, self.n_beginnings))]
        return min((self._begun(world, own, seed) for own in seeds), key=itemgetter(0))[1]

    def _begun(self, world: Any, seed: int, judged: int) -> tuple[float, PathwiseGradient]:
        """Simulated cost of the best of eleven networks of one training, and that network."""
        n_decisions = self.n_updates * self.n_paths * (self.n_steps + self.n_tail_steps)
        best = KeepBest(
            world,
            every=max(1, self.n_updates // 20),
            seed=integer_seed(judged, "judged"),
            n_paths=self.n_judged_paths,
        )
        model = self.model(world, seed).learn(n_decisions, callback=best)
        return best.least, model


def lost_sales_rules(
    instances: Sequence[LostSales], seed: int, learning: Learning | None = None
) -> list[OrderRule]:
    """Learned orders for each instance."""
    return learned_rules(partial(LostSalesPaths, orders="rounded"), instances, seed, learning or Learning())


def dual_sourcing_rules(
    instances: Sequence[DualSourcing], seed: int, learning: Learning | None = None
) -> list[DualRule]:
    """Learned expedited and regular orders for each instance."""
    return learned_rules(
        partial(DualSourcingPaths, orders="rounded"), instances, seed, learning or Learning()
    )


def perishable_rules(
    instances: Sequence[Perishable], seed: int, learning: Learning | None = None
) -> list[PerishableRule]:
    """Learned orders for each instance; what comes later is discounted as in the instances."""
    own = learning or Learning(discount=instances[0].discount, n_beginnings=2)
    return learned_rules(partial(PerishablePaths, orders="rounded"), instances, seed, own)


def learned_rules(
    paths: Callable[[Any], Any], instances: Sequence[Any], seed: int, learning: Any
) -> list[Any]:
    """Rules for each instance, learned in as many processes as there are processors.

    Parameters
    ----------
    paths : function that can be pickled
        The world of an instance.
    learning : Learning, or with the same methods
    """
    with worker_pool(min(cpu_quota(), len(instances))) as pool:
        weights = list(pool.map(_weights, repeat(paths), instances, repeat(seed), repeat(learning)))
    return [_with_weights(paths(one), own, learning) for one, own in zip(instances, weights, strict=True)]


def _weights(paths: Callable[..., Any], instance: Any, seed: int, learning: Any) -> dict[str, Any]:
    """Weights as arrays, which travel between processes better than tensors."""
    model = learning.learned(paths(instance), seed)
    return {name: tensor.numpy() for name, tensor in model.policy.state_dict().items()}


def _with_weights(world: Any, weights: dict[str, Any], learning: Any) -> Any:
    policy = learning.model(world, seed=0).policy
    policy.load_state_dict({name: torch.as_tensor(array) for name, array in weights.items()})
    return world.rule(policy)
