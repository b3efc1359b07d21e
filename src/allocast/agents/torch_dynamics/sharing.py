"""What several series share, in torch: proportional rationing of real numbers."""

import torch
from torch import Tensor

from allocast.agents.torch_dynamics.numbers import Number

__all__ = ["ration"]


def ration(wanted: Tensor, available: Tensor, *, weight: Number = 1.0) -> Tensor:
    """Cut orders that together ask for too much, as ``simulation.dynamics.ration`` where nothing comes in packs.

    Parameters
    ----------
    wanted : tensor of shape (..., n_series), in units, >= 0
    available : tensor of shape (...), >= 0
        In what ``weight`` is in.
    weight : number or tensor that fits ``wanted``, >= 0
        How much of it one unit takes up; what takes up nothing is not cut.

    Examples
    --------
    >>> ration(torch.tensor([8.0, 4.0, 4.0]), torch.tensor(12.0))
    tensor([6., 3., 3.])
    """
    takes = wanted * weight
    total = takes.sum(dim=-1)
    scarce = total > available
    share = torch.where(scarce, available / torch.where(scarce, total, 1.0), 1.0)[..., None]
    if isinstance(weight, Tensor):
        share = torch.where(weight == 0, 1.0, share)
    return wanted * share
