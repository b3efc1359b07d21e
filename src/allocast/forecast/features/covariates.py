"""Features of covariates: those known ahead at the target, those known only afterwards at the origin."""

from collections.abc import Mapping, Sequence

import numpy as np

from allocast.demand.panel import DemandPanel
from allocast.errors import DataError, UnknownNameError
from allocast.forecast.feature_settings import FeatureSettings
from allocast.forecast.features.groups import means_at
from allocast.numerics.arrays import FloatArray, IntArray

__all__ = ["Ahead", "Past", "known_steps", "require_covariates"]

RECENT = 13
PRICE_WORDS = ("price", "promo", "discount")  # in the name of a covariate
COMPARED = 256  # series at a time: where they differ, mostly the first do


def require_covariates(panel: DemandPanel, settings: FeatureSettings) -> None:
    """Refuse a declared covariate that the panel lacks, or has as the other kind.

    Raises
    ------
    DataError
        It is of the other kind, or a static attribute.
    UnknownNameError
        It is nowhere.
    """
    _require(panel, settings.known_ahead, "known ahead", "known_ahead", [*panel.known_ahead])
    _require(panel, settings.past_only, "past only", "past_only", [*panel.past_only])


def _require(
    panel: DemandPanel, declared: Sequence[str], kind: str, field: str, there: Sequence[str]
) -> None:
    places = {
        "as known ahead": ("known_ahead", panel.known_ahead),
        "as past only": ("past_only", panel.past_only),
        "as an attribute of the series": ("statics", panel.series.columns),
    }
    for name in declared:
        if name in there:
            continue
        for found, (other, names) in places.items():
            if name in names:
                raise DataError(
                    f"{name} is declared as {kind} (features.{field}), but the panel has it {found}. "
                    f"Declare it in features.{other}, or bring it as {kind}."
                )
        raise UnknownNameError(f"{kind.replace(' ', '-')} covariate", name, there)


def known_steps(panel: DemandPanel, settings: FeatureSettings) -> dict[str, tuple[int, ...]]:
    """How many periods after the panel's last each known-ahead covariate is known for some series."""
    last = len(panel.periods) - 1
    return {
        name: tuple(
            int(step)
            for step in np.flatnonzero(~np.isnan(panel.known_ahead[name][:, last + 1 :]).all(axis=0)) + 1
        )
        for name in settings.known_ahead
    }


class Ahead:
    """Covariates known before a period begins.

    What is usual is taken from the periods since a series was first observed. Tables mostly have no price of a
    product before it is listed, and copies that are made young must look like series that truly are.

    Parameters
    ----------
    panel : DemandPanel
    settings : FeatureSettings
    known : mapping of covariate to tuple of int, optional
        As `known_steps`, of all series where the panel has only some of them.
    """

    def __init__(
        self,
        panel: DemandPanel,
        settings: FeatureSettings,
        known: Mapping[str, tuple[int, ...]] | None = None,
    ) -> None:
        self._known = {name: panel.known_ahead[name] for name in settings.known_ahead}
        self._prices, self._last = settings.prices, len(panel.periods) - 1
        observed = panel.observed
        self._first = np.where(observed.any(axis=1), observed.argmax(axis=1), observed.shape[1])
        self._periods, self._names = panel.periods, panel.series[["item_id", "location_id"]]
        steps = known_steps(panel, settings) if known is None else known
        self._reach = {name: np.array(steps[name], dtype=np.int64) for name in self._known}

    def families(self) -> dict[str, str]:
        """The family of each column that is neither of a price nor of a promotion.

        What is the same for several series comes from the calendar.
        """
        others = [name for name in self._known if not (name in self._prices or _of_price(name))]
        family = {name: "calendar" if _one_for_all(self._known[name]) else "other signals" for name in others}
        return {f"{name}_{what}": family[name] for name in others for what in ("ahead", "change")}

    def columns(self, series: IntArray, origins: IntArray, targets: IntArray) -> dict[str, FloatArray]:
        """Value at the target, its change against the usual recent one, and prices as a share of their mean so far.

        Raises
        ------
        DataError
            A forecast from the panel's last period reaches further than a covariate is known.
        """
        result, first = {}, self._first[series]
        for name, values in self._known.items():
            self._require_known(name, origins, targets)
            ahead = _cells(values, series, targets)
            result[f"{name}_ahead"] = ahead
            result[f"{name}_change"] = ahead - means_at(values, series, origins, RECENT, first=first)
            if name in self._prices:
                with np.errstate(divide="ignore", invalid="ignore"):
                    share = ahead / means_at(values, series, origins, self._last + 1, first=first)
                result[f"{name}_level"] = np.where(np.isfinite(share), share, np.nan)
        return result

    def require_over(self, origins: IntArray, horizon: int) -> None:
        """Refuse forecasts from earlier origins into periods of the panel for which no series knows a covariate.

        What single series lack there is allowed: those that ended, and gaps, are part of every past.

        Raises
        ------
        DataError
            No series knows it.
        """
        targets = np.unique(origins[:, None] + np.arange(1, horizon + 1))
        targets = targets[targets <= self._last]
        for name, values in self._known.items():
            none = targets[np.isnan(_at(values, targets)).all(axis=0)]
            if len(none):
                place = int(none[0])
                raise DataError(
                    f"{name} is declared as known ahead; a forecast of {self._periods[place]} is asked for, but no "
                    f"series has {name} then. Bring its values, ask for other origins, or do not declare it."
                )

    def require_own(self, series: IntArray, horizon: int) -> None:
        """Refuse a forecast from the panel's last period for series that lack what they knew until lately.

        A covariate that a series had in none of the last 13 periods stays missing: the model has seen such series.

        Raises
        ------
        DataError
            A series that had a covariate lately lacks it in one of the next ``horizon`` periods.
        """
        lately = slice(max(self._last + 1 - RECENT, 0), self._last + 1)
        for name, values in self._known.items():
            steps = self._reach[name][self._reach[name] <= horizon]  # of others no series knows anything
            had = np.flatnonzero(~np.isnan(values[series, lately]).all(axis=1))
            lacking = np.isnan(_at(values, self._last + steps)[series[had]])
            rows = np.flatnonzero(lacking.any(axis=1))
            if len(rows):
                item, location = self._names.iloc[series[had[rows[0]]]]
                step = int(steps[np.argmax(lacking[rows[0]])])
                raise DataError(
                    f"{name} is declared as known ahead, but {len(rows)} of the {len(series)} series that are "
                    "forecast lack it in a period ahead although they had it lately; the first, item "
                    f"{item} at {location}, lacks it {step} after the last known period. Bring its future values, or "
                    "do not declare it."
                )

    def _require_known(self, name: str, origins: IntArray, targets: IntArray) -> None:
        """The forecast itself needs its future; what is only judged or learned from may lack it."""
        asked = targets[origins == self._last]
        known = self._reach[name]
        unknown = asked[~np.isin(asked - self._last, known)]
        if len(unknown):
            raise DataError(
                f"{name} is declared as known ahead; the forecast reaches {int(asked.max()) - self._last} periods "
                f"ahead but {name} is known for {_without_gap(known)}. "
                "Bring its future values, or do not declare it."
            )


class Past:
    """Covariates known only once a period is over: never looked at after the origin.

    Parameters
    ----------
    panel : DemandPanel
    settings : FeatureSettings
    """

    def __init__(self, panel: DemandPanel, settings: FeatureSettings) -> None:
        self._known = {name: panel.past_only[name] for name in settings.past_only}

    def columns(self, series: IntArray, origins: IntArray) -> dict[str, FloatArray]:
        """Value at the origin, and the mean of the last 13 periods."""
        result = {}
        for name, values in self._known.items():
            result[f"{name}_last"] = _cells(values, series, origins)
            result[f"{name}_mean_{RECENT}"] = means_at(values, series, origins, RECENT)
        return result


def _of_price(name: str) -> bool:
    return any(word in name.lower() for word in PRICE_WORDS)


def _one_for_all(values: FloatArray) -> bool:
    """Whether several series have the same values; of one series alone nobody can tell."""
    if len(values) < 2 or values.strides[0] == 0:
        return len(values) >= 2
    parts = (values[start : start + COMPARED] for start in range(0, len(values), COMPARED))
    return all(np.array_equal(part, np.broadcast_to(values[0], part.shape), equal_nan=True) for part in parts)


def _without_gap(steps: IntArray) -> int:
    """How many steps from the first on are known."""
    return int(np.argmin(np.isin(np.arange(1, len(steps) + 2), steps)))


def _at(values: FloatArray, places: IntArray) -> FloatArray:
    """The values of all series at some places; NaN beyond the last period they are brought for."""
    found: FloatArray = np.full((len(values), len(places)), np.nan)
    inside = places < values.shape[1]
    found[:, inside] = values[:, places[inside]]
    return found


def _cells(values: FloatArray, series: IntArray, places: IntArray) -> FloatArray:
    """The values at some cells; NaN beyond the last period they are brought for."""
    inside = places < values.shape[1]
    found: FloatArray = np.where(inside, values[series, np.where(inside, places, 0)], np.nan)
    return found
