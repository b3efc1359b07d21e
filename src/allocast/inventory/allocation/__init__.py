"""One allocation problem, stated once, and the rules by which scarce units, money or space are shared out."""

from allocast.inventory.allocation.claims import Claims
from allocast.inventory.allocation.conflicts import smallest_conflict
from allocast.inventory.allocation.problem import AllocationProblem, Limit, Reservation
from allocast.inventory.allocation.protection import littlewood, protection_levels
from allocast.inventory.allocation.rules import RULES, allocate
from allocast.inventory.allocation.solution import Allocation

__all__ = [
    "RULES",
    "Allocation",
    "AllocationProblem",
    "Claims",
    "Limit",
    "Reservation",
    "allocate",
    "littlewood",
    "protection_levels",
    "smallest_conflict",
]
