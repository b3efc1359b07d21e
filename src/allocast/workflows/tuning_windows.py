"""Past windows in which settings of the demand model are judged: inner ones to choose, later outer ones to check."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from allocast.adapters.tuning_settings import Number, TuningSettings
from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.forecast.demand_settings import DemandModelSettings
from allocast.forecast.judging.backtest import rolling_origin
from allocast.forecast.lightgbm_model import DemandModel

__all__ = ["DemandProblem", "OuterWindow", "latest_windows", "outer_windows", "panel_digest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandProblem:
    """What settings of the demand model are judged by: scaled pinball of the running totals in past windows.

    Parameters
    ----------
    panel : DemandPanel
        Nothing after its last period is known to the search.
    settings : DemandModelSettings
        The job's own, of which a trial replaces some.
    starts : tuple of int, rising
        Place in the panel of each window's first period.
    origins : int, >= 1
        Forecasts in a window; the model is trained once, before it.
    seed : int
        The same for all trials, so that they differ by their settings alone.
    """

    panel: DemandPanel
    settings: DemandModelSettings
    starts: tuple[int, ...]
    origins: int
    seed: int

    @property
    def n_folds(self) -> int:
        """How many windows there are."""
        return len(self.starts)

    def score(self, chosen: Mapping[str, Number], fold: int) -> float:
        """Mean scaled pinball of the running totals at the anchors, over the origins of one window.

        Raises
        ------
        DataError
            Nothing was asked for in the window, or the model cannot be trained before it.
        """
        start, settings = self.starts[fold], replace(self.settings, **chosen, threads=1)  # type: ignore[arg-type]
        known = self.panel.until(self.panel.periods[start - 1])
        model = DemandModel.train(known, settings, seed=self.seed)
        origins = self.panel.periods[start - 1 : start - 1 + self.origins]
        table = rolling_origin([model], self.panel, origins, anchors=settings.anchors)
        loss = table.loc[table["target"] == "total", "scaled_pinball"].mean()
        if not np.isfinite(loss):
            raise DataError(f"nothing was sold after {known.as_of} by which settings could be judged.")
        return float(loss)


@dataclass(frozen=True, slots=True, kw_only=True)
class OuterWindow:
    """A window kept from the search before it.

    Parameters
    ----------
    start : day
        Its first period.
    inner : DemandProblem
        Of the windows before it; its panel ends where the outer window begins.
    outer : DemandProblem
        Of the window itself.
    """

    start: np.datetime64
    inner: DemandProblem
    outer: DemandProblem


def latest_windows(
    panel: DemandPanel, settings: DemandModelSettings, tuning: TuningSettings, *, seed: int
) -> DemandProblem:
    """The last windows of a panel, side by side, as a problem.

    Raises
    ------
    DataError
        The history before the first of them is too short to train on.
    """
    length = window_periods(settings, tuning)
    starts = tuple(len(panel.periods) - length * back for back in range(tuning.windows, 0, -1))
    _require_history(panel, settings, starts[0], length)
    return DemandProblem(panel=panel, settings=settings, starts=starts, origins=tuning.origins, seed=seed)


def outer_windows(
    panel: DemandPanel, settings: DemandModelSettings, tuning: TuningSettings, *, seed: int
) -> Iterator[OuterWindow]:
    """The last windows of the panel, earliest first, each with the problem of the windows before it.

    Raises
    ------
    DataError
        The history before the first inner window is too short to train on.
    """
    length = window_periods(settings, tuning)
    for back in range(tuning.outer_windows, 0, -1):
        start = len(panel.periods) - length * back
        _require_history(panel, settings, start - length * tuning.windows, length)
        before = panel.until(panel.periods[start - 1])
        inside = panel.until(panel.periods[start + length - 1])
        yield OuterWindow(
            start=panel.periods[start],
            inner=latest_windows(before, settings, tuning, seed=seed),
            outer=DemandProblem(
                panel=inside, settings=settings, starts=(start,), origins=tuning.origins, seed=seed
            ),
        )


def window_periods(settings: DemandModelSettings, tuning: TuningSettings) -> int:
    """Periods of a window: until the last origin's longest anchor is known."""
    return tuning.origins - 1 + max(settings.anchors)


def _require_history(panel: DemandPanel, settings: DemandModelSettings, first: int, length: int) -> None:
    try:
        settings.fitted_to(max(first, 0))
    except DataError as error:
        raise DataError(
            f"a history of {len(panel.periods)} periods leaves {max(first, 0)} before the first window of "
            f"{length} to tune on: {error} Bring a longer one, or make tuning.windows, tuning.outer_windows or "
            "tuning.origins smaller."
        ) from error


def panel_digest(panel: DemandPanel) -> str:
    """SHA-256 of everything a panel holds."""
    digest = hashlib.sha256()
    for item in fields(panel):
        _add(digest, item.name, getattr(panel, item.name))
    return digest.hexdigest()


def _add(digest: "hashlib._Hash", name: str, value: object) -> None:
    if isinstance(value, Mapping):
        for key in sorted(value):
            _add(digest, f"{name}.{key}", value[key])
        return
    if isinstance(value, pd.DataFrame):
        content = value.to_csv(index=False).encode()
    elif isinstance(value, np.ndarray):
        content = f"{value.dtype}{value.shape}".encode() + np.ascontiguousarray(value).tobytes()
    else:
        content = str(value).encode()
    digest.update(f"{name}:{len(content)}:".encode() + content)
