"""Rules of thumb in plain Python, a series at a time."""

import csv
import os
from datetime import date, timedelta
from pathlib import Path
from statistics import mean

import numpy as np
import pandas as pd
import pytest

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.forecast.baselines import Croston, SeasonalMovingAverage, SeasonalNaive, TeunterSyntetosBabai

VN2 = Path(os.environ.get("ALLOCAST_DATA", "../shared/data")) / "vn2"
Sales = list[list[float | None]]  # a list a series, None where out of stock


def organisers_forecast(sales: Sales, first: date, horizon: int, window: int = 13) -> list[list[float]]:
    """The VN2 organiser's rule in the words of its description."""
    weeks = [first + timedelta(weeks=k) for k in range(len(sales[0]) + horizon)]
    by_week: dict[int, list[float]] = {}
    for k in range(len(sales[0])):
        in_stock = [series[k] for series in sales if series[k] is not None]
        by_week.setdefault(weeks[k].isocalendar().week, []).append(mean(in_stock) if in_stock else 0.0)
    usual = mean(mean(values) for values in by_week.values())
    factor = {week: mean(values) / usual for week, values in by_week.items()}
    of = [factor.get(day.isocalendar().week, 1.0) for day in weeks]
    now, result = len(sales[0]), []
    for series in sales:
        last = [series[k] / of[k] for k in range(now - window, now) if series[k] is not None]
        level = mean(last) if last else 0.0
        result.append([level * of[now + ahead] for ahead in range(horizon)])
    return result


def croston(units: list[float | None], smoothing: float) -> float:
    size = interval = None
    waited = 0
    for sold in units:
        if sold is None:
            continue
        waited += 1
        if sold > 0:
            size = sold if size is None else (1 - smoothing) * size + smoothing * sold
            interval = waited if interval is None else (1 - smoothing) * interval + smoothing * waited
            waited = 0
    return 0.0 if size is None else (1 - smoothing / 2) * size / interval


def tsb(units: list[float | None], smoothing: float) -> float:
    known = [sold for sold in units if sold is not None]
    begins = next((place for place, sold in enumerate(known) if sold > 0), None)
    if begins is None:
        return 0.0
    probability, size = 1 / (begins + 1), known[begins]
    for sold in known[begins + 1 :]:
        probability += smoothing * ((1 if sold > 0 else 0) - probability)
        if sold > 0:
            size += smoothing * (sold - size)
    return probability * size


def some_sales(seed: int, rate: float, n_series: int = 12, n_weeks: int = 90) -> Sales:
    rng = np.random.default_rng(seed)
    units = rng.poisson(rate * (1.5 + np.sin(np.arange(n_weeks) / 8)), (n_series, n_weeks))
    hidden = rng.random(units.shape) < 0.3
    hidden[0, -13:] = True
    return [
        [None if h else float(u) for u, h in zip(*row, strict=True)]
        for row in zip(units, hidden, strict=True)
    ]


def panel_of(sales: Sales, first: date, frequency: Frequency = Frequency.WEEKLY) -> DemandPanel:
    units = np.array(sales, dtype=np.float64)
    return DemandPanel(
        series=pd.DataFrame({"item_id": range(len(units)), "location_id": "x"}),
        periods=np.datetime64(first) + np.arange(units.shape[1]) * np.timedelta64(frequency.days, "D"),
        frequency=frequency,
        units=units,
        observed=~np.isnan(units),
    )


@pytest.mark.parametrize("n_weeks", [30, 90, 140])
def test_the_organisers_forecast_is_that_of_plain_python(n_weeks: int) -> None:
    sales, first = some_sales(n_weeks, 6.0, n_weeks=n_weeks), date(2020, 3, 2)
    ours = SeasonalMovingAverage().mean(panel_of(sales, first), 6)
    np.testing.assert_allclose(ours, organisers_forecast(sales, first, 6))


@pytest.mark.skipif(not VN2.is_dir(), reason="the VN2 files are not under ALLOCAST_DATA")
def test_the_organisers_forecast_of_their_own_data_is_that_of_plain_python() -> None:
    with (VN2 / "sales.csv").open() as units, (VN2 / "in_stock.csv").open() as stock:
        names, *sold = list(csv.reader(units))
        seen = {tuple(row[:2]): row[2:] for row in csv.reader(stock)}
    sales = [
        [float(u) if s == "True" else None for u, s in zip(row[2:], seen[tuple(row[:2])], strict=True)]
        for row in sold
    ]
    first = date.fromisoformat(names[2])
    ours = SeasonalMovingAverage().mean(panel_of(sales, first), 4)
    np.testing.assert_allclose(ours, organisers_forecast(sales, first, 4))


@pytest.mark.parametrize("smoothing", [0.05, 0.1, 0.5, 1.0])
def test_croston_is_a_plain_loop_over_one_series(smoothing: float) -> None:
    sales = [*some_sales(1, 0.2), [None] * 90, [0.0] * 90]
    ours = Croston(smoothing=smoothing).mean(panel_of(sales, date(2020, 3, 2)), 2)
    expected = [[croston(series, smoothing)] * 2 for series in sales]
    np.testing.assert_allclose(ours, expected)


@pytest.mark.parametrize(("frequency", "season"), [(Frequency.WEEKLY, 52), (Frequency.DAILY, 7)])
def test_seasonal_naive_looks_back_season_by_season(frequency: Frequency, season: int) -> None:
    sales, horizon = some_sales(2, 3.0), 60
    expected = [
        [
            next(
                (
                    s
                    for k in range(90 + h - season, -1, -season)
                    if k < 90
                    for s in [series[k]]
                    if s is not None
                ),
                0.0,
            )
            for h in range(horizon)
        ]
        for series in sales
    ]
    ours = SeasonalNaive().mean(panel_of(sales, date(2020, 3, 2), frequency), horizon)
    np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("smoothing", [0.1, 0.4])
def test_tsb_is_that_of_plain_python(smoothing: float) -> None:
    sales = [*some_sales(3, 0.3), [0.0] * 90, [None] * 90]
    ours = TeunterSyntetosBabai(smoothing=smoothing).mean(panel_of(sales, date(2020, 3, 2)), 2)
    np.testing.assert_allclose(ours, [[tsb(series, smoothing)] * 2 for series in sales])
