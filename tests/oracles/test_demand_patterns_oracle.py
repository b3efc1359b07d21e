"""Patterns of random series, one at a time in plain Python."""

from statistics import mean, pvariance

import numpy as np
import pandas as pd
import pytest

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.demand.patterns import demand_patterns

YEAR = {"weekly": 52, "monthly": 12}


def pattern(units: list[float | None], months: list[int], year: int) -> str:
    first = next((place for place, value in enumerate(units) if value is not None), len(units))
    if len(units) - first < year / 4:
        return "new"
    seen = [value for value in units if value is not None]
    sizes = [value for value in seen if value > 0]
    last = max((place for place, value in enumerate(seen) if value > 0), default=-1)
    if len(seen) - 1 - last >= year:
        return "dead"
    if not sizes:
        return "new"
    by_month = [sum(u or 0 for u, month in zip(units, months, strict=True) if month == m) for m in range(12)]
    best = max(sum(by_month[(start + k) % 12] for k in range(4)) for start in range(12))
    years = {(len(units) - 1 - place) // year for place, value in enumerate(units) if value}
    watched = {month for u, month in zip(units, months, strict=True) if u is not None} == set(range(12))
    if best >= 0.95 * sum(sizes) and len(sizes) >= 8 and len(years) >= 2 and watched:
        return "seasonal_only"
    rarely = len(seen) / len(sizes) >= 1.32
    unevenly = pvariance(sizes) / mean(sizes) ** 2 >= 0.49
    return {(0, 0): "smooth", (0, 1): "erratic", (1, 0): "intermittent", (1, 1): "lumpy"}[rarely, unevenly]


@pytest.mark.parametrize(("frequency", "n_periods"), [("weekly", 130), ("monthly", 40), ("monthly", 14)])
def test_patterns_are_those_of_plain_python(frequency: str, n_periods: int) -> None:
    rng, kind = np.random.default_rng(n_periods), Frequency(frequency)
    periods = kind.shifted(np.datetime64("2019-08-01"), np.arange(n_periods))
    units = (
        rng.poisson(rng.gamma(0.4, 3, (300, 1)), (300, n_periods))
        * rng.geometric(0.4, (300, n_periods))
        * 1.0
    )
    month = periods.astype("datetime64[M]").astype(int) % 12
    units[:60, (month > 3)] = 0.0
    units[200:, -n_periods // 2 :] *= rng.random((100, 1)) < 0.5
    begins = np.where(rng.random(300) < 0.3, rng.integers(0, n_periods + 1, 300), 0)
    units[(rng.random(units.shape) < 0.1) | (np.arange(n_periods) < begins[:, None])] = np.nan
    panel = DemandPanel(
        series=pd.DataFrame(index=range(300)),
        periods=periods,
        frequency=kind,
        units=units,
        observed=~np.isnan(units),
    )
    rows = [[None if np.isnan(u) else float(u) for u in row] for row in units]
    expected = [pattern(row, month.tolist(), YEAR[frequency]) for row in rows]
    assert demand_patterns(panel).tolist() == expected
    assert len(set(expected)) >= (6 if n_periods > 14 else 4)
