"""Demand drawn evenly: among the paths of one period every part of its distribution comes in its due share."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Generator, Tensor

from allocast.numerics.discrete import DiscreteDistribution

__all__ = ["Demands"]


class Demands:
    """Independent demand from laws that do not change, one law for each row of paths.

    Latin hypercube sampling: in each period the n uniform numbers of a law lie in n equal parts of (0, 1), one in
    each, dealt out to the paths at random. Each path by itself sees independent demand of its law, but means over
    paths vary less.

    Parameters
    ----------
    laws : sequence of DiscreteDistribution of one row
        The n paths of a call are shared out evenly, in the order of the laws.
    """

    def __init__(self, laws: Sequence[DiscreteDistribution]) -> None:
        width = max(law.probability.shape[1] for law in laws)
        rows = [np.cumsum(np.pad(law.probability[0], (0, width - law.probability.shape[1]))) for law in laws]
        self.cumulative = torch.as_tensor(np.stack(rows)[:, :-1], dtype=torch.float32)

    def draw(self, n: int, n_steps: int, generator: Generator) -> Tensor:
        """Demand, shape (n_steps, n, 1), in units."""
        n_laws = len(self.cumulative)
        shape = (n_laws, n_steps, n // n_laws)
        uniform = torch.rand(shape, generator=generator)
        part = torch.rand(shape, generator=generator).argsort(-1)
        uniform = ((uniform + part) / shape[-1]).flatten(1)
        demand = torch.searchsorted(self.cumulative, uniform).float()
        return demand.reshape(shape).transpose(0, 1).reshape(n_steps, n, 1)
