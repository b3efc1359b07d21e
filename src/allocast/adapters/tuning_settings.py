"""How the demand model's settings are searched: which, within what, and on how much of the past."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, get_type_hints

from annotated_types import Ge
from pydantic import Field, TypeAdapter, ValidationError, field_validator, model_validator

from allocast.adapters.settings import Settings
from allocast.errors import UnknownNameError
from allocast.forecast.demand_settings import DemandModelSettings

__all__ = ["SEARCHED", "Number", "SearchRange", "TuningSettings", "is_whole"]

Number = int | float


class SearchRange(Settings):
    """Within what one setting is searched."""

    low: float
    high: float
    log: bool = False
    """Whether factors count rather than differences: 50 to 100 is then as far as 100 to 200."""

    @model_validator(mode="after")
    def _in_order(self) -> "SearchRange":
        if not self.low < self.high:
            raise ValueError(f"low must be < high; they are {self.low:g} and {self.high:g}")
        if self.log and self.low <= 0:
            raise ValueError(f"low must be > 0 where log is true; it is {self.low:g}")
        return self

    def reaching(self, value: Number) -> "SearchRange":
        """The range, made wider where it does not reach the value."""
        low, high = min(self.low, value), max(self.high, value)
        return SearchRange(low=low, high=high, log=self.log and low > 0)


SEARCHED: Mapping[str, SearchRange] = {
    "rounds": SearchRange(low=50, high=600, log=True),
    "leaves": SearchRange(low=7, high=127, log=True),
    "smallest_leaf": SearchRange(low=10, high=500, log=True),
    "learning_rate": SearchRange(low=0.02, high=0.2, log=True),
    "feature_share": SearchRange(low=0.3, high=1.0),
    "row_share": SearchRange(low=0.4, high=1.0),
    "tweedie_power": SearchRange(low=1.05, high=1.7),
    "scale_power": SearchRange(low=0.0, high=1.0),
    "half_life_periods": SearchRange(low=13, high=520, log=True),
}
"""The settings of a demand model that can be searched, and the usual range of each."""

_TYPES: Mapping[str, Any] = get_type_hints(DemandModelSettings, include_extras=True)


def is_whole(name: str) -> bool:
    """Whether a setting of the demand model is a whole number."""
    return bool(get_type_hints(DemandModelSettings)[name] is int)


class TuningSettings(Settings):
    """The search for better settings of the demand model, always on windows of the past."""

    trials: Annotated[int, Ge(1)] = 30
    """Settings tried in each search, the job's own among them."""
    windows: Annotated[int, Ge(1)] = 3
    """Past windows on which each of them is judged, by models trained before each."""
    outer_windows: Annotated[int, Ge(0)] = 2
    """Later windows on which what tuning gains is estimated, each by a search of its own on the windows before it."""
    origins: Annotated[int, Ge(1)] = 3
    """Forecasts in a window, one period after the other; the window ends with the last one's longest anchor."""
    seeds: Annotated[int, Ge(1)] = 3
    """Trainings in each outer window whose mean is compared: luck of one seed is not gain."""
    prune: bool = True
    """Whether a trial that is worse than most after some of its windows is given up."""
    space: dict[str, SearchRange] = Field(default_factory=lambda: dict(SEARCHED))
    """Settings searched, and their ranges; what is given here replaces the usual ones altogether."""

    @field_validator("space")
    @classmethod
    def _can_be_searched(cls, space: dict[str, SearchRange]) -> dict[str, SearchRange]:
        if not space:
            raise ValueError(f"space must name one setting or more of {', '.join(SEARCHED)}")
        for name, searched in space.items():
            if name not in SEARCHED:
                raise ValueError(str(UnknownNameError("searched setting", name, SEARCHED)))
            _require_allowed(name, searched.low)
            _require_allowed(name, searched.high)
        return space


def _require_allowed(name: str, value: float) -> None:
    """Refuse an end of a range that the setting itself would refuse."""
    given = int(value) if is_whole(name) and math.floor(value) == value else value
    try:
        TypeAdapter(_TYPES[name]).validate_python(given)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise ValueError(f"{name} cannot be {value:g}: {reason[0].lower()}{reason[1:]}") from None
