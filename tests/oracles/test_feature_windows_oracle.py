"""Every feature recomputed by slow loops, one series and origin at a time, from a history cut off at the origin."""

import numpy as np
import pandas as pd
import pytest

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.forecast.demand_settings import FeatureSettings
from allocast.forecast.features import Features
from allocast.forecast.features.groups import group_means, relative_sums
from allocast.forecast.features.history import Kind, Statistic, fill, room

SETTINGS = FeatureSettings(
    lags=(1, 2, 7),
    windows=(4, 13, 30),
    rolling_mean=(1000,),
    rolling_deviation=(9,),
    zeros=(5,),
    rolling_min=(6,),
    rolling_max=(13, 40),
    rolling_quantile=((10, 0.3), (28, 0.9)),
    seasonal_mean=(2,),
    exponential_mean=(0.85, 0.5),
    since_last_sale=True,
    yearly=True,
    scale_window=26,
    statics=("kind",),
    groups=("kind",),
    encodings=("kind",),
    known_ahead=("price",),
    prices=("price",),
    past_only=("visits",),
)
CODES = {"kind": {"a": 0, "b": 1}}


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
        past_only={"visits": np.where(rng.random(units.shape) < 0.2, np.nan, 3 * units)},
    )


class SlowHistory:
    """What can be said of a panel's history until one origin, by pandas and loops."""

    def __init__(self, panel: DemandPanel, origin: int) -> None:
        days = pd.DatetimeIndex(panel.periods[: origin + 1])
        self.demand = pd.DataFrame(panel.demand[:, : origin + 1].T, index=days)
        self.weeks = list(days.isocalendar().week)
        self.origin, self.panel = origin, panel

    def scale(self, series: int, at: int) -> float:
        window = self.demand.iloc[max(0, at - SETTINGS.scale_window + 1) : at + 1]
        own = window[series].dropna()
        kinds = list(self.panel.series["kind"])
        members = [other for other in range(len(kinds)) if kinds[other] == kinds[series]]
        of_group, of_all = window[members].stack().dropna(), window.stack().dropna()
        lent = of_group.mean() if len(of_group) else of_all.mean() if len(of_all) else 0.0
        weight = 4 * max(1 - len(own) / 13, 0)
        return float(max((own.sum() + weight * lent) / (len(own) + weight), 0.02))

    def factor(self, week: int, at: int) -> float:
        """Mean over dates of the mean over series, ÷ the mean of all weeks, known at a period."""
        per_date = self.demand.iloc[: at + 1].mean(axis=1).fillna(0.0)
        by_week = per_date.groupby(self.weeks[: at + 1]).mean()
        return float(by_week[week] / by_week.mean()) if week in by_week.index and by_week.mean() > 0 else 1.0

    def level(self, series: int) -> float:
        places = range(max(0, self.origin - 12), self.origin + 1)
        own = self.demand[series]
        return pd.Series([own.iloc[p] / max(self.factor(self.weeks[p], p), 0.05) for p in places]).mean()

    def encoded(self, members: list[int]) -> float:
        """Mean of all observed cells so far, starting with four at the mean of all series."""
        own, everything = self.demand[members].stack().dropna(), self.demand.stack().dropna()
        return (own.sum() + 4 * everything.mean()) / (len(own) + 4) if len(everything) else np.nan

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
    row |= slow_windows(past, series, scale)
    row |= {f"observed_{window}": past.tail(series, window).notna().mean() for window in (4, 13)}
    whole = past.demand[series].dropna()
    ages = origin - np.flatnonzero(past.demand[series].notna())
    for decay in SETTINGS.exponential_mean:
        row[f"exponential_mean_{decay}"] = (
            np.average(whole, weights=decay**ages) / scale if len(whole) else np.nan
        )
    row["scale"] = scale
    row["age"] = origin - past.demand.index.get_loc(whole.index[0]) + 1 if len(whole) else 0
    sold = np.flatnonzero(past.demand[series] > 0)
    row["since_last_sale"] = origin - sold[-1] if len(sold) else np.nan
    row["level"] = past.level(series) / scale
    target = panel.periods[origin] + np.timedelta64(step * panel.frequency.days, "D")
    row |= slow_seasons(past, series, step, season, pd.Timestamp(target))
    for name, members in groups_of(panel, series).items():
        back = origin + step - season * int(np.ceil(step / season))
        if panel.frequency == "daily":
            year = min(origin + step - 364 * int(np.ceil(step / 364)) + 3, origin)
            row[f"{name}_year_ago_7"] = past.mean_of_group(members, year, 7)
        row[f"{name}_mean_4"] = past.mean_of_group(members, origin, 4)
        row[f"{name}_mean_13"] = past.mean_of_group(members, origin, 13)
        row[f"{name}_season_ago"] = past.of_group(members, back) if back >= 0 else np.nan
        row[f"{name}_season_ago_3"] = past.mean_of_group(members, min(back + 1, origin), 3)
    price = panel.known_ahead["price"][series]
    row["price_ahead"] = price[origin + step]
    since_begun = pd.Series(price[: origin + 1][panel.observed[series, : origin + 1].cumsum() > 0])
    row["price_change"] = price[origin + step] - since_begun.tail(13).mean()
    row["price_level"] = price[origin + step] / since_begun.mean()
    visits = pd.Series(panel.past_only["visits"][series][: origin + 1])
    row |= {"visits_last": visits.iloc[-1], "visits_mean_13": visits.tail(13).mean()}
    row["kind_encoded"] = past.encoded(groups_of(panel, series)["kind"]) / scale
    row["kind"] = CODES["kind"].get(panel.series["kind"][series], np.nan)
    return row


def slow_windows(past: SlowHistory, series: int, scale: float) -> dict[str, float]:
    row = {}
    for window in (*SETTINGS.windows, *SETTINGS.rolling_mean):
        row[f"mean_{window}"] = past.tail(series, window).mean() / scale
    for window in (*SETTINGS.windows, *SETTINGS.rolling_deviation):
        row[f"deviation_{window}"] = past.tail(series, window).std(ddof=0) / scale
    for window in (*SETTINGS.windows, *SETTINGS.zeros):
        row[f"zeros_{window}"] = (past.tail(series, window).dropna() == 0).mean()
    row |= {f"largest_{window}": past.tail(series, window).max() / scale for window in SETTINGS.rolling_max}
    row |= {f"smallest_{window}": past.tail(series, window).min() / scale for window in SETTINGS.rolling_min}
    for window, level in SETTINGS.rolling_quantile:
        row[f"quantile_{window}_{level}"] = past.tail(series, window).quantile(level) / scale
    return row


def slow_seasons(
    past: SlowHistory, series: int, step: int, season: int, target: pd.Timestamp
) -> dict[str, float]:
    origin, scale = past.origin, past.scale(series, past.origin)
    week = target.isocalendar().week
    factor = past.factor(week, origin)
    recent = np.mean([past.factor(w, origin) for w in past.weeks[max(0, origin - 12) : origin + 1]])
    back = origin + step - season * int(np.ceil(step / season))
    row = {
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
        "seasonal_mean_2": pd.Series([past.at(series, back), past.at(series, back - season)]).mean() / scale,
    }
    if season == 7:
        year = origin + step - 364 * int(np.ceil(step / 364))
        row |= {"day_of_month": target.day, "month": target.month, "year_ago": past.at(series, year) / scale}
        row["year_ago_7"] = past.tail(series, 7, min(year + 3, origin)).mean() / scale
        row["year_ago_28"] = past.tail(series, 28, min(year + 14, origin)).mean() / scale
    return row


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
        ("daily", 400, 3),
    ],
)
def test_the_whole_matrix_is_what_slow_loops_say(frequency: str, origin: int, step: int) -> None:
    n_series, n_periods = (7, 120) if origin < 120 else (4, origin + 20)
    panel = a_panel(origin, Frequency(frequency), n_series, n_periods)
    features = Features(panel, SETTINGS, CODES)
    fast = pd.DataFrame(features.matrix(np.array([origin]), step), columns=features.names)
    slow = pd.DataFrame([slow_features(panel, series, origin, step) for series in range(panel.n_series)])
    assert sorted(slow.columns) == sorted(features.names)
    pd.testing.assert_frame_equal(
        fast[sorted(fast.columns)], slow[sorted(fast.columns)].astype(np.float32), rtol=1e-5, atol=1e-5
    )


KINDS = {
    Kind.MEAN: lambda rolling: rolling.mean(),
    Kind.DEVIATION: lambda rolling: rolling.std(ddof=0),
    Kind.LARGEST: lambda rolling: rolling.max(),
    Kind.SMALLEST: lambda rolling: rolling.min(),
    Kind.QUANTILE: lambda rolling: rolling.quantile(0.7),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("window", [2, 5, 40, 41])
@pytest.mark.parametrize("gaps", [0.0, 0.4])
def test_windows_are_those_of_pandas(kind: Kind, window: int, gaps: float) -> None:
    rng = np.random.default_rng(window)
    values = np.where(rng.random((6, 40)) < gaps, np.nan, rng.poisson(3, (6, 40))).astype(np.float32)
    theirs = KINDS[kind](pd.DataFrame(values.T.astype(float)).rolling(window, min_periods=1)).T
    for n_origins in (40, 11, 1):
        ours = fill([Statistic("x", kind, window, 0.7)], values, room(6, n_origins, 1))[..., 0]
        np.testing.assert_allclose(ours, theirs.iloc[:, -n_origins:], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("decay", [0.2, 0.85, 0.99])
def test_the_exponential_mean_is_that_of_pandas(decay: float) -> None:
    rng = np.random.default_rng(0)
    values = np.where(rng.random((6, 60)) < 0.4, np.nan, rng.poisson(3, (6, 60))).astype(np.float32)
    theirs = pd.DataFrame(values.T.astype(float)).ewm(alpha=1 - decay, adjust=True, ignore_na=False).mean().T
    ours = fill([Statistic("x", Kind.EXPONENTIAL, number=decay)], values, room(6, 60, 1))[..., 0]
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_the_group_mean_is_that_of_pandas() -> None:
    rng = np.random.default_rng(0)
    values = np.where(rng.random((30, 9)) < 0.6, np.nan, rng.poisson(3, (30, 9))).astype(np.float32)
    group = rng.integers(0, 12, 30)
    theirs = pd.DataFrame(values).groupby(group).transform("mean")
    np.testing.assert_allclose(
        group_means(relative_sums(values, np.ones_like(values), group, int(group.max()) + 1))[group],
        theirs,
        rtol=1e-6,
    )
