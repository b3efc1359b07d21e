"""One named change of the world or of the plan."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Lt, MinLen

from allocast.errors import SettingsError

__all__ = ["BASELINE", "Change", "require_own_names"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is different in a scenario; what is not named stays as it is.

    Parameters
    ----------
    name : str
    demand_factor : float, >= 0
        Demand is so many times what is forecast, on every path; history stays.
    lead_time_added_periods : int, in periods, >= 0
        Every delivery comes so much later, those already on order too.
    lost_suppliers : tuple of str
        Nothing can be ordered from them: series go to their next cheapest supplier, or cannot be ordered. What is
        already on order with them still comes.
    budget : float, money per period, >= 0, optional
        For all orders of a period together. What is left of it is kept for later periods.
    budget_factor : float, >= 0, optional
        Instead: so many times what the unchanged plan is expected to spend in each period.
    service_target : float in (0, 1), optional
        Cycle service level of every series, in place of the policy's own.

    Raises
    ------
    SettingsError
        There is no name, a number is out of its range, or there are two budgets.

    """

    name: Annotated[str, MinLen(1)]
    demand_factor: Annotated[float, Ge(0)] = 1.0
    lead_time_added_periods: Annotated[int, Ge(0)] = 0
    lost_suppliers: tuple[str, ...] = ()
    budget: Annotated[float, Ge(0)] | None = None
    budget_factor: Annotated[float, Ge(0)] | None = None
    service_target: Annotated[float, Gt(0), Lt(1)] | None = None

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise SettingsError("a scenario needs a name.")
        for name in ("demand_factor", "lead_time_added_periods", "budget", "budget_factor"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < np.inf:
                raise SettingsError(f"{name} must be >= 0 and finite; in {self.name!r} it is {value}.")
        if self.service_target is not None and not 0 < self.service_target < 1:
            raise SettingsError(
                f"service_target must lie in (0, 1); in {self.name!r} it is {self.service_target}."
            )
        if self.budget is not None and self.budget_factor is not None:
            raise SettingsError(
                f"{self.name!r} has two budgets; give either budget (money per period) or budget_factor."
            )

    @property
    def has_budget(self) -> bool:
        """Whether the orders of a period share an amount of money."""
        return self.budget is not None or self.budget_factor is not None


BASELINE = Change(name="baseline")
"""Nothing changes."""


def require_own_names(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """The changes, if each has a name of its own, and none that of the baseline.

    Raises
    ------
    SettingsError
        A name is used twice.
    """
    names = [BASELINE.name, *(change.name for change in changes)]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise SettingsError(
                f"each scenario needs a name of its own, and {BASELINE.name!r} is that of the unchanged plan; "
                f"{name!r} comes twice."
            )
    return changes
