"""What is refused of a training world."""

from typing import TYPE_CHECKING, get_args

import numpy as np

from allocast.agents.worlds.actions import ActionForm
from allocast.errors import DataError, UnknownNameError
from allocast.numerics.checks import require_at_least, require_same_length, require_shape

if TYPE_CHECKING:
    from allocast.agents.worlds.training_world import TrainingWorld

__all__ = ["require_training_world"]


def require_training_world(world: "TrainingWorld") -> None:
    """That shapes agree and numbers lie in their ranges.

    Raises
    ------
    DataError
        They do not.
    UnknownNameError
        The action is none of ``ActionForm``.
    """
    if world.demand.ndim != 3 or world.demand.size == 0:
        raise DataError(
            f"demand must have shape (n_series, n_paths, n_periods), none of them 0; it has {world.demand.shape}."
        )
    if world.review_periods < 1:
        raise DataError(f"review_periods must be >= 1; it is {world.review_periods}.")
    if world.action not in get_args(ActionForm):
        raise UnknownNameError("action", world.action, get_args(ActionForm))
    orders = (*world.demand.shape, world.n_suppliers)
    require_shape("lead_time", world.lead_time, orders)
    require_at_least("demand", world.demand)
    require_at_least("lead_time", world.lead_time)
    if not 0 <= world.under_way <= 1:
        raise DataError(f"under_way must lie in [0, 1]; it is {world.under_way}.")
    require_at_least("highest_price", np.atleast_1d(world.highest_price))
    _require_optional(world, orders)
    each = {f"sourcing_{place}": line.item_id for place, line in enumerate(world.lines, start=1)}
    require_same_length(demand=world.demand, holding_cost=world.costs.holding_cost, **each)


def _require_optional(world: "TrainingWorld", orders: tuple[int, ...]) -> None:
    if world.delivered_share is not None:
        require_shape("delivered_share", world.delivered_share, orders)
        require_at_least("delivered_share", world.delivered_share)
    if world.season is not None:
        require_shape("season", world.season, (world.demand.shape[2], 2))
    if world.promised is not None:
        require_shape("promised", world.promised, (world.n_series, world.n_suppliers))
