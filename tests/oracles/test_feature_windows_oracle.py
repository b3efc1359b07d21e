"""Every feature recomputed by slow loops, one series and origin at a time, from a history cut off at the origin."""

import numpy as np
import pandas as pd
import pytest

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.forecast.demand_settings import FeatureSettings
from allocast.forecast.features import Features
from allocast.forecast.windows import exponential_mean, group_mean, rolling_max, rolling_mean, rolling_sum

SETTINGS = FeatureSettings(
    lags=(1, 2, 7),
    windows=(4, 13, 30),
    scale_window=26,
    statics=("kind",),
    groups=("kind",),
    known_ahead=("price",),
)
CODES = {"kind": {"a": 0, "b": 1}}
DECAY = 0.85


def a_panel(seed: int, frequency: Frequency, n_series: int = 7, n_periods: int = 120) -> DemandPanel:
    """Intermittent to fast demand with out-of-stock cells, a period out of stock everywhere, and late launches."""
    rng = np.random.default_rng(seed)
    units = rng.poisson(np.geomspace(0.2, 60, n_series)[:, None], (n_series, n_periods)).astype(float)
    observed = rng.random(units.shape) > 0.2
    observed[:, 33] = False
    observed[0, :50] = observed[1, 20:] = False
    return DemandPanel(
        series=pd.DataFrame(
            {"item_id": range(n_series), "location_id": "x", "kind": list("abcabca")[:n_series]}
        ),
        periods=np.datetime64("2021-11-01") + np.arange(n_periods) * np.timedelta64(frequency.days, "D"),
        frequency=frequency,
        units=units,
        observed=observed,
        known_ahead={"price": rng.uniform(1, 2, (n_series, n_periods + 12))},
    )


class SlowHistory:
    """What can be said of a panel's history until one origin, by pandas and loops."""

    def __init__(self, panel: DemandPanel, origin: int) -> None:
        days = pd.DatetimeIndex(panel.periods[: origin + 1])
        self.demand = pd.DataFrame(panel.demand[:, : origin + 1].T, index=days)
        self.weeks = list(days.isocalendar().week)
        self.origin, self.panel = origin, panel

    def scale(self, series: int, at: int) -> float:
        mean = self.demand[series].iloc[max(0, at - SETTINGS.scale_window + 1) : at + 1].mean()
        return max(0.0 if np.isnan(mean) else mean, 0.25)

    def factor(self, week: int, at: int) -> float:
        """Mean over dates of the mean over series, ÷ the mean of all weeks, known at a period."""
        per_date = self.demand.iloc[: at + 1].mean(axis=1).fillna(0.0)
        by_week = per_date.groupby(self.weeks[: at + 1]).mean()
        return float(by_week[week] / by_week.mean()) if week in by_week.index and by_week.mean() > 0 else 1.0

    def level(self, series: int) -> float:
        places = range(max(0, self.origin - 12), self.origin + 1)
        own = self.demand[series]
        return pd.Series([own.iloc[p] / max(self.factor(self.weeks[p], p), 0.05) for p in places]).mean()

    def of_group(self, members: list[int], at: int) -> float:
        return pd.Series([self.demand[m].iloc[at] / self.scale(m, at) for m in members]).mean()

    def mean_of_group(self, members: list[int], at: int, window: int) -> float:
        if at < 0:
            return np.nan
        return pd.Series([self.of_group(members, p) for p in range(max(0, at - window + 1), at + 1)]).mean()

    def at(self, series: int, place: int) -> float:
        return self.demand[series].iloc[place] if place >= 0 else np.nan

    def tail(self, series: int, window: int, until: int | None = None) -> pd.Series:
        end = self.origin if until is None else until
        return self.demand[series].iloc[max(0, end - window + 1) : max(0, end + 1)]


def slow_features(panel: DemandPanel, series: int, origin: int, step: int) -> dict[str, float]:
    past = SlowHistory(panel, origin)
    scale, season = past.scale(series, origin), panel.frequency.season
    row: dict[str, float] = {f"lag_{lag}": past.at(series, origin - lag + 1) / scale for lag in SETTINGS.lags}
    for window in SETTINGS.windows:
        tail = past.tail(series, window)
        row[f"mean_{window}"] = tail.mean() / scale
        row[f"deviation_{window}"] = tail.std(ddof=0) / scale
        row[f"zeros_{window}"] = (tail.dropna() == 0).mean()
    row["largest_13"] = (0.0 if past.tail(series, 13).isna().all() else past.tail(series, 13).max()) / scale
    row |= {f"observed_{window}": past.tail(series, window).notna().mean() for window in (4, 13)}
    whole = past.demand[series].dropna()
    ages = origin - np.flatnonzero(past.demand[series].notna())
    row["exponential_mean"] = np.average(whole, weights=DECAY**ages) / scale if len(whole) else np.nan
    row["scale"] = scale
    row["age"] = origin - past.demand.index.get_loc(whole.index[0]) + 1 if len(whole) else 0
    row["level"] = past.level(series) / scale
    target = panel.periods[origin] + np.timedelta64(step * panel.frequency.days, "D")
    row |= slow_seasons(past, series, step, season, pd.Timestamp(target))
    for name, members in groups_of(panel, series).items():
        back = origin + step - season * int(np.ceil(step / season))
        row[f"{name}_mean_4"] = past.mean_of_group(members, origin, 4)
        row[f"{name}_mean_13"] = past.mean_of_group(members, origin, 13)
        row[f"{name}_season_ago"] = past.of_group(members, back) if back >= 0 else np.nan
        row[f"{name}_season_ago_3"] = past.mean_of_group(members, min(back + 1, origin), 3)
    price = panel.known_ahead["price"][series]
    row["price_ahead"] = price[origin + step]
    row["price_change"] = price[origin + step] - price[max(0, origin - 12) : origin + 1].mean()
    row["kind"] = CODES["kind"].get(panel.series["kind"][series], np.nan)
    return row


def slow_seasons(
    past: SlowHistory, series: int, step: int, season: int, target: pd.Timestamp
) -> dict[str, float]:
    origin, scale = past.origin, past.scale(series, past.origin)
    week = target.isocalendar().week
    factor = past.factor(week, origin)
    recent = np.mean([past.factor(w, origin) for w in past.weeks[max(0, origin - 12) : origin + 1]])
    back = origin + step - season * int(np.ceil(step / season))
    return {
        "step": step,
        "week": week,
        "weekday": target.weekday(),
        "factor": factor,
        "factor_change": factor / max(recent, 0.05),
        "seasonal_level": past.level(series) * factor / scale,
        "season_ago": past.at(series, back) / scale,
        "two_seasons_ago": past.at(series, back - season) / scale,
        "season_ago_3": past.tail(series, 3, min(back + 1, origin)).mean() / scale,
        "season_ago_13": past.tail(series, 13, min(back + 6, origin)).mean() / scale,
    }


def groups_of(panel: DemandPanel, series: int) -> dict[str, list[int]]:
    kinds = panel.series["kind"]
    return {"all": list(range(panel.n_series)), "kind": list(np.flatnonzero(kinds == kinds[series]))}


@pytest.mark.parametrize(
    ("frequency", "origin", "step"),
    [
        ("weekly", 0, 1),
        ("weekly", 12, 4),
        ("weekly", 34, 1),
        ("weekly", 60, 9),
        ("weekly", 119, 3),
        ("daily", 5, 2),
        ("daily", 40, 7),
        ("daily", 90, 12),
    ],
)
def test_the_whole_matrix_is_what_slow_loops_say(frequency: str, origin: int, step: int) -> None:
    panel = a_panel(origin, Frequency(frequency))
    features = Features(panel, SETTINGS, CODES)
    fast = pd.DataFrame(features.matrix(np.array([origin]), step), columns=features.names)
    slow = pd.DataFrame([slow_features(panel, series, origin, step) for series in range(panel.n_series)])
    assert sorted(slow.columns) == sorted(features.names)
    pd.testing.assert_frame_equal(
        fast[sorted(fast.columns)], slow[sorted(fast.columns)].astype(np.float32), rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("window", [1, 2, 5, 40, 41])
def test_windows_are_those_of_pandas(window: int) -> None:
    rng = np.random.default_rng(window)
    values = np.where(rng.random((6, 40)) < 0.4, np.nan, rng.poisson(3, (6, 40)))
    rolling = pd.DataFrame(values.T).rolling(window, min_periods=1)
    np.testing.assert_allclose(rolling_mean(values, window), rolling.mean().T, atol=1e-12)
    np.testing.assert_allclose(rolling_sum(values, window), rolling.sum().T.fillna(0), atol=1e-12)
    np.testing.assert_allclose(rolling_max(values, window), rolling.max().T.fillna(0), atol=1e-12)


@pytest.mark.parametrize("decay", [0.2, 0.85, 0.99])
def test_the_exponential_mean_is_that_of_pandas(decay: float) -> None:
    rng = np.random.default_rng(0)
    values = np.where(rng.random((6, 60)) < 0.4, np.nan, rng.poisson(3, (6, 60)))
    theirs = pd.DataFrame(values.T).ewm(alpha=1 - decay, adjust=True, ignore_na=False).mean().T
    np.testing.assert_allclose(exponential_mean(values, decay), theirs, atol=1e-12)


def test_the_group_mean_is_that_of_pandas() -> None:
    rng = np.random.default_rng(0)
    values = np.where(rng.random((30, 9)) < 0.6, np.nan, rng.poisson(3, (30, 9)))
    group = rng.integers(0, 12, 30)
    theirs = pd.DataFrame(values).groupby(group).transform("mean")
    np.testing.assert_allclose(group_mean(values, group), theirs)
