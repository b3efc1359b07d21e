"""Classical policies, one idea a file, all behind the ``Policy`` protocol."""

from allocast.inventory.policies.fill_rate_level import FillRateLevel
from allocast.inventory.policies.fixed_quantity import FixedQuantity
from allocast.inventory.policies.just_in_time import JustInTime
from allocast.inventory.policies.min_max import MinMax
from allocast.inventory.policies.moving_average_cover import MovingAverageCover
from allocast.inventory.policies.need_and_safety import NeedAndSafety
from allocast.inventory.policies.order_up_to import OrderUpTo
from allocast.inventory.policies.periodic_review import PeriodicReview
from allocast.inventory.policies.perishable import Perishable
from allocast.inventory.policies.projected_need import ProjectedNeed
from allocast.inventory.policies.reorder_levels import ReorderLevels
from allocast.inventory.policies.reorder_point import ReorderPoint
from allocast.inventory.policies.rule_of_thumb import RuleOfThumb
from allocast.inventory.policies.sigma_formula import SigmaFormula

__all__ = [
    "FillRateLevel",
    "FixedQuantity",
    "JustInTime",
    "MinMax",
    "MovingAverageCover",
    "NeedAndSafety",
    "OrderUpTo",
    "PeriodicReview",
    "Perishable",
    "ProjectedNeed",
    "ReorderLevels",
    "ReorderPoint",
    "RuleOfThumb",
    "SigmaFormula",
]
