"""What suppliers accept of an order, and what becomes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import torch
from torch import Tensor

from allocast.agents.torch_dynamics.numbers import Number, is_plain, valued_as

__all__ = ["Delivery", "Terms", "accept", "of_supplier", "put", "split"]

Each = Number | Sequence[float]
_DUST = 1e-9  # of a unit, as in the compiled events


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Terms:
    """On what terms orders are accepted, as ``simulation.dynamics.Terms``: a number, one a supplier, or a tensor."""

    order_cost: Each = 0.0
    unit_cost: Each = 0.0
    minimum_order_units: Each = 0.0
    pack_units: Each = 0.0
    capacity_units: Each = inf


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Delivery:
    """What becomes of orders, as ``simulation.dynamics.Delivery``: a number, one a supplier, or a tensor."""

    share: Each = 1.0
    first_share: Each = 1.0
    rest_later: Tensor | int | Sequence[int] = 0


def of_supplier(value: Any, supplier: int, n_suppliers: int) -> Any:
    """The part of a number, of one number a supplier, or of a tensor of the orders' shape that is for one supplier."""
    if isinstance(value, Tensor):
        return value[..., supplier] if n_suppliers > 1 and value.ndim else value
    return value[supplier] if isinstance(value, Sequence) else value


def accept(wanted: Tensor, minimum: Number, pack: Number, capacity: Number) -> Tensor:
    """What a supplier accepts; the gradient is that of the wanted order, none where capacity binds."""
    if is_plain(minimum, 0.0) and is_plain(pack, 0.0):
        return wanted if is_plain(capacity, inf) else torch.minimum(wanted, _like(wanted, capacity))
    with torch.no_grad():
        least, size, most = (_like(wanted, number) for number in (minimum, pack, capacity))
        loose = size == 0.0
        step = torch.where(loose, 1.0, size)
        smallest = torch.where(loose, least, torch.ceil(least / step) * step)
        raised = torch.maximum(wanted, smallest)
        packed = torch.minimum(torch.ceil(raised / step - _DUST), torch.floor(most / step)) * step
        units = torch.where(loose, torch.minimum(raised, most), packed)
        units = torch.where((wanted > _DUST) & (units >= smallest), units, 0.0)
    return valued_as(wanted if is_plain(capacity, inf) else torch.minimum(wanted, most), units)


def split(
    units: Tensor, share: Number, first_share: Number, *, whole_units: bool
) -> tuple[Tensor, Tensor, Tensor | None]:
    """What is delivered of an order, its first part, and the rest, None if all comes at once."""
    sent = _share(units, share, whole_units)
    if is_plain(first_share, 1.0):
        return sent, sent, None
    first = _share(sent, first_share, whole_units)
    if whole_units:
        first = torch.minimum(first, sent)
    return sent, first, sent - first


def put(pipeline: list[Tensor], units: Tensor, due: Tensor | int) -> None:
    """Units enter the pipeline, which grows as long as it must."""
    earliest, last = (due, due) if isinstance(due, int) else (int(due.min()), int(due.max()))
    while len(pipeline) < last:
        pipeline.append(torch.zeros_like(units))
    for column in range(earliest, last + 1):
        here = units if isinstance(due, int) else units * (due == column)
        if column == len(pipeline):
            pipeline.append(here)
        else:
            pipeline[column] = pipeline[column] + here


def _share(units: Tensor, share: Number, whole_units: bool) -> Tensor:
    if is_plain(share, 1.0) and not whole_units:
        return units
    part = units if is_plain(share, 1.0) else units * share
    return valued_as(part, torch.ceil(part.detach() - _DUST)) if whole_units else part


def _like(tensor: Tensor, number: Number) -> Tensor:
    return torch.as_tensor(number, dtype=tensor.dtype, device=tensor.device)
