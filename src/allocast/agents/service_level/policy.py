"""Projected need at a service level of each order's own, as a policy that is saved and loaded without pickle."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from allocast.agents.agent_settings import ServiceLevelSettings, saved_settings
from allocast.agents.service_level.sold_lately import sold_lately
from allocast.errors import DataError
from allocast.inventory.lead_time_demand import sample_quantile
from allocast.inventory.situation import OrderDecision, Situation
from allocast.numerics.arrays import FloatArray

__all__ = ["LAST", "ServiceLevelAgent"]

LAST = 3  # decisions before an end that have a habit of their own
_COLUMNS = ("critical_ratio", "sold_lately", "decisions_left")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevelAgent:
    """Orders a quantile of the projected need, at a level that it learned to choose.

    The level's logit is that of ``settings.classical_level`` (the critical ratio by default), plus ``shift``, plus
    ``lately`` × how the series sold lately beside its forecast, plus, where everything ends, what the last decisions
    add: what is left then is no use to later ones.

    Parameters
    ----------
    shift, lately : float
    last : tuple of float
        Added to the last decision, to the one before it, … before an end.
    settings : ServiceLevelSettings
        With which it was trained.

    Raises
    ------
    DataError
        A number is missing or not finite.
    """

    kind: ClassVar[str] = "agent"

    shift: float
    lately: float
    last: tuple[float, ...]
    settings: ServiceLevelSettings

    def __post_init__(self) -> None:
        object.__setattr__(self, "last", tuple(float(value) for value in self.last))
        if len(self.last) != LAST or not np.isfinite((self.shift, self.lately, *self.last)).all():
            raise DataError(
                f"a service-level agent has a shift, a weight and {LAST} numbers for the last decisions, all finite; "
                f"they are {self.shift}, {self.lately} and {self.last}."
            )

    @property
    def name(self) -> str:
        """Name with its algorithm."""
        return f"agent({self.settings.algorithm})"

    def decide(self, situation: Situation) -> OrderDecision:
        """Order the quantile of the need at each series' level, and say the level."""
        lately = self.sold_lately(situation)
        level = self.level(situation.costs.critical_ratio, lately, situation.decisions_left)
        quantile = sample_quantile(situation.projected_need(), level)
        reached = situation.position.units + np.rint(quantile)
        return OrderDecision(
            wanted_units=np.rint(np.maximum(quantile, 0.0)),
            trigger=reached,
            level=reached,
            notes=tuple(_said(own, seen) for own, seen in zip(level, lately, strict=True)),
        )

    def sold_lately(self, situation: Situation) -> FloatArray:
        """How each series sold lately, beside its mean demand a period over the protection interval."""
        interval = situation.lead_time.mean + situation.review_periods
        return sold_lately(situation.panel, situation.lead_time_demand().mean / interval)

    def level(self, critical_ratio: FloatArray, lately: FloatArray, decisions_left: int | None) -> FloatArray:
        """The service level of each series, in (0, 1).

        Parameters
        ----------
        critical_ratio : array of shape (n_series,)
        lately : array of shape (n_series,)
            From ``sold_lately``.
        decisions_left : int, >= 1, or None
            Until the end, this one included; None where there is no end.

        Examples
        --------
        >>> from allocast.agents.agent_settings import settings_from
        >>> settings = settings_from({"algorithm": "service_level"})
        >>> agent = ServiceLevelAgent(shift=-0.5, lately=0.5, last=(0.5, 0.0, 0.0), settings=settings)
        >>> agent.level(np.full(2, 0.8), np.array([0.0, 1.0]), None).round(3)
        array([0.708, 0.8  ])
        >>> agent.level(np.full(1, 0.8), np.zeros(1), 1).round(3)
        array([0.8])
        """
        ending = decisions_left is not None and decisions_left <= LAST
        at_end = self.last[decisions_left - 1] if ending and decisions_left else 0.0
        value = self.settings.usual_logit(critical_ratio) + self.shift + self.lately * lately + at_end
        level: FloatArray = 1 / (1 + np.exp(-value))
        return level

    @property
    def example_observations(self) -> pd.DataFrame:
        """Rows that ``predict_table`` takes."""
        rows = [(0.8, -1.0, np.nan), (0.8, 0.0, np.nan), (0.8, 0.0, 1.0)]
        return pd.DataFrame(rows, columns=list(_COLUMNS))

    def predict_table(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Service levels, one row for each row of ``critical_ratio``, ``sold_lately``, ``decisions_left``.

        Raises
        ------
        DataError
            Columns are missing.
        """
        missing = [name for name in _COLUMNS if name not in frame]
        if missing:
            raise DataError(f"observations lack the columns {', '.join(missing)}.")
        left = [None if pd.isna(value) else int(value) for value in frame["decisions_left"]]
        ratio, lately = (frame[name].to_numpy(dtype=np.float64) for name in _COLUMNS[:2])
        each = [self.level(ratio[[row]], lately[[row]], own)[0] for row, own in enumerate(left)]
        return pd.DataFrame({"service_level": np.array(each, dtype=np.float64)}, index=frame.index)

    def state(self) -> dict[str, bytes]:
        """File name to content: ``agent.json`` alone."""
        return {"agent.json": json.dumps(asdict(self), indent=1, sort_keys=True).encode()}

    @classmethod
    def from_state(cls, files: Mapping[str, bytes]) -> "ServiceLevelAgent":
        """The agent that ``state`` described.

        Raises
        ------
        DataError
            It was trained with settings that this version does not have.
        """
        description: dict[str, Any] = json.loads(files["agent.json"])
        return cls(**description | {"settings": saved_settings(description["settings"])})


def _said(level: float, lately: float) -> str:
    """Why the level is what it is."""
    how = "as expected" if abs(lately) < 0.1 else "more than expected" if lately > 0 else "less than expected"
    return f"Service level {level:.0%}: lately it sold {how}."
