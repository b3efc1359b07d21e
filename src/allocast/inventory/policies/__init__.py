"""Classical policies, one idea a file, all behind the ``Policy`` protocol."""

from allocast.inventory.policies.moving_average_cover import MovingAverageCover
from allocast.inventory.policies.order_up_to import OrderUpTo
from allocast.inventory.policies.projected_need import ProjectedNeed
from allocast.inventory.policies.reorder_point import ReorderPoint

__all__ = ["MovingAverageCover", "OrderUpTo", "ProjectedNeed", "ReorderPoint"]
