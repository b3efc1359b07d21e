"""One allocation problem, stated once, and the rules by which scarce units, money or space are shared out."""

from allocast.inventory.allocation.claims import Claims
from allocast.inventory.allocation.problem import AllocationProblem, Limit, Reservation

__all__ = ["AllocationProblem", "Claims", "Limit", "Reservation"]
