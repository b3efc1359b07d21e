"""What the recipes of carrying cost and of VN2's classical policy choose, and from which windows."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from training import carrying_cost, vn2_classical
from training.carrying_cost import STATIC, STATIC_RULES
from training.vn2_history import Vn2History, ended_before

from allocast.demand.calendar import Frequency
from allocast.simulation.windows import WindowSettings
from allocast.simulation.worth import MEASURES

JUDGED = np.array(["2023-05-15", "2023-07-10"], dtype="datetime64[D]")


def history() -> Vn2History:
    settings = SimpleNamespace(backtest=SimpleNamespace(shape=WindowSettings()))
    costs = SimpleNamespace(critical_ratio=np.array([0.83]))
    weeks = np.datetime64("2022-06-06") + 7 * np.arange(60)
    return Vn2History(
        job=SimpleNamespace(settings=settings, frequency=Frequency.WEEKLY, costs=costs),
        panel=None,
        judged=JUDGED,
        forecasts=dict.fromkeys(weeks),
    )


def rows(window: str, **policies: tuple[float, float, float]) -> pd.DataFrame:
    """Carrying cost, fill rate and total cost of policies in one window; the static rules are dear and serve badly."""
    every = (
        {rule.name: (20.0, 0.5, 99.0) for rule in STATIC_RULES} | {STATIC.name: (10.0, 0.9, 50.0)} | policies
    )
    return pd.DataFrame(
        [
            dict.fromkeys([*MEASURES, "demand_units"], 1.0)
            | {
                "window": pd.Timestamp(window),
                "policy": name,
                "carrying_cost": carry,
                "fill_rate": fill,
                "cost": cost,
            }
            for name, (carry, fill, cost) in every.items()
        ]
    )


def test_windows_that_are_learned_from_end_before_the_judged_one() -> None:
    table = pd.DataFrame({"window": pd.to_datetime(["2023-03-20", "2023-03-27", "2023-05-15"])})
    assert ended_before(table, JUDGED[0], 8)["window"].tolist() == [pd.Timestamp("2023-03-20")]


def test_earlier_windows_begin_after_the_first_forecast_and_end_before_the_last_judged_one() -> None:
    starts = history().earlier(4)
    assert starts[0] == np.datetime64("2022-06-13")
    assert starts[-1] == np.datetime64("2023-05-15")
    assert set(np.diff(starts).astype(int)) == {28}


def test_ours_serves_as_well_as_the_rule_carries_least_and_costs_no_more() -> None:
    earlier = rows(
        "2023-01-02",
        lean=(5.0, 0.9, 40.0),  # not half a point better
        dear=(6.0, 0.95, 51.0),
        ours=(7.0, 0.92, 40.0),
        safe=(8.0, 0.99, 40.0),
    )
    assert carrying_cost._chosen(earlier, STATIC.name) == "ours"


def test_ours_is_judged_by_what_it_did_later() -> None:
    earlier = rows("2023-01-02", ours=(7.0, 0.92, 40.0), other=(8.0, 0.92, 40.0))
    now = rows("2023-05-15", ours=(9.0, 0.85, 40.0), other=(1.0, 0.99, 40.0))
    judged = carrying_cost._judged(now, earlier)
    saving, gained = carrying_cost._beside(judged, STATIC)[:2]
    assert saving.value == pytest.approx(10.0)
    assert gained.value == pytest.approx(-5.0)


def test_the_level_of_a_window_is_not_learned_from_later_ones() -> None:
    levels = np.array(vn2_classical.LEVELS)
    names = [vn2_classical.KINDS[vn2_classical.OWN](cycle_service_level=level).name for level in levels]
    past = pd.concat(
        pd.DataFrame({"window": pd.Timestamp(day), "policy": names, "cost": 100 + 50 * (levels - best) ** 2})
        for day, best in (("2022-08-08", 0.65), ("2022-10-03", 0.65), ("2023-05-15", 0.95))
    )
    learned = vn2_classical.learned_levels(history(), past, vn2_classical.OWN)
    assert learned[pd.Timestamp(JUDGED[0])] < 0.8
    assert learned[pd.Timestamp(JUDGED[0])] < learned[pd.Timestamp(JUDGED[1])]
