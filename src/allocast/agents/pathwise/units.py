"""What the textbook worlds share: orders cut to bounds, values known at whole units, scales."""

from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from allocast.numerics.discrete import DiscreteDistribution

__all__ = ["OrderForm", "ValueAt", "deviation", "parts_to_come", "within"]

OrderForm = Literal["real", "rounded", "whole"]
"""Orders may be any number, or rounded all but a little, or whole: the first two have gradients to learn from."""

SHARE_ROUNDED = 0.98  # of the way to the whole number; at 1 there would be two slopes


class _Within(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, wanted: Tensor, low: Tensor, high: Tensor) -> Tensor:
        ctx.save_for_backward(wanted, low, high)
        return torch.clamp(wanted, low, high)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        wanted, low, high = ctx.saved_tensors
        outward = ((wanted < low) & (gradient > 0)) | ((wanted > high) & (gradient < 0))
        return gradient.masked_fill(outward, 0.0), None, None


def within(wanted: Tensor, low: Tensor, high: Tensor, *, form: OrderForm) -> Tensor:
    """Wanted units cut to bounds, in one of the forms of orders; the gradient passes as if they were not changed.

    Only a gradient that pushes what is outside its bounds further out is stopped: a network that asks for too
    much can always learn to ask for less.

    Parameters
    ----------
    wanted : tensor of shape (...), in units
    low, high : tensors that broadcast to it, whole units
    form : "real", "rounded" or "whole"
        "rounded" stops just short of the whole number. Costs are straight lines between whole numbers, so the slope
        on this side is the difference of the costs of the two whole numbers beside what was wanted: what is wanted
        moves to the better one and stays there. Exactly on the whole number, half of the slope of the other side
        would count too, and push what is wanted away from the best number.

    Examples
    --------
    >>> wanted = torch.tensor([-1.0, 2.6, 9.0], requires_grad=True)
    >>> orders = within(wanted, torch.tensor(0.0), torch.tensor(7.0), form="whole")
    >>> orders.tolist()
    [0.0, 3.0, 7.0]
    >>> orders.sum().backward()
    >>> wanted.grad.tolist()
    [0.0, 1.0, 1.0]
    """
    units: Tensor = _Within.apply(wanted, low, high)  # type: ignore[no-untyped-call]
    if form == "real":
        return units
    share = SHARE_ROUNDED if form == "rounded" else 1.0
    return units + share * (units.round() - units).detach()


class ValueAt:
    """Functions given at 0, 1, 2, … units, linear in between and beyond, one for each row of paths.

    Parameters
    ----------
    values : tensor of shape (n_functions, width)
        The n paths of a call are shared out evenly, in the order of the functions.

    Examples
    --------
    >>> square = ValueAt(torch.tensor([[0.0, 1.0, 4.0, 9.0]]))
    >>> units = torch.tensor([[2.5], [4.0]], requires_grad=True)
    >>> square(units).tolist()
    [[6.5], [14.0]]
    """

    def __init__(self, values: Tensor) -> None:
        self.width = values.shape[1]
        self.values = values.flatten()
        self.slopes = torch.cat([values.diff(dim=1), torch.zeros(len(values), 1)], 1).flatten()
        self.first = torch.arange(len(values))[:, None] * self.width

    def __call__(self, units: Tensor) -> Tensor:
        """Values and their gradient at units of shape (n, 1)."""
        below = units.detach().floor().clamp_(0, self.width - 2)
        index = below.long()
        if len(self.first) > 1:
            index = index + self.first.repeat_interleave(len(units) // len(self.first), 0)
        return torch.addcmul(self.values[index], units - below, self.slopes[index])


def parts_to_come(n_parts: int) -> Tensor:
    """n, n - 1, …, 1: how many periods' demand the parts of a position from the k-th on are for, shape (1, n).

    Examples
    --------
    >>> parts_to_come(3)
    tensor([[3., 2., 1.]])
    """
    return torch.arange(n_parts, 0, -1, dtype=torch.float32)[None]


def deviation(law: DiscreteDistribution) -> float:
    """Standard deviation of the first row's law, in units."""
    probability = law.probability[0]
    units = np.arange(len(probability))
    return float(np.sqrt(probability @ units**2 - (probability @ units) ** 2))
