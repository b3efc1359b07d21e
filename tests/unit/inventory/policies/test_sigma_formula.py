import numpy as np
import pytest

from allocast.errors import SettingsError
from allocast.inventory.policies import OrderUpTo, SigmaFormula

FUTURES = np.zeros((1, 1, 5))


def test_it_is_mean_plus_z_sigma_of_the_last_periods(make_situation) -> None:
    """Mean 10, deviation 2, two periods at 97.72 %: 20 + 2 x 2 x sqrt(2)."""
    situation = make_situation(FUTURES, units=[[99.0, 8.0, 10.0, 12.0]], lead_time=1)
    decision = SigmaFormula(cycle_service_level=0.97725, window=3).decide(situation)
    assert decision.level[0] == np.ceil(20 + 4 * np.sqrt(2))


def test_lead_times_that_vary_swell_the_level(make_situation) -> None:
    units, varying = [[10.0] * 6], np.repeat([[0, 2]], 5, axis=0).reshape(1, 10)
    policy, futures = SigmaFormula(cycle_service_level=0.977, window=6), np.zeros((1, 10, 5))
    certain = policy.decide(make_situation(futures, units=units, lead_time=1)).level[0]
    assert certain == 20
    assert policy.decide(make_situation(futures, units=units, lead_time=varying)).level[0] == 40


def test_without_a_window_it_takes_the_moments_of_the_forecast(make_situation) -> None:
    futures = np.random.default_rng(1).normal(100, 10, (1, 4000, 4)).clip(0)
    decision = SigmaFormula(cycle_service_level=0.9, window=None).decide(make_situation(futures, lead_time=3))
    plain = OrderUpTo(cycle_service_level=0.9).decide(make_situation(futures, lead_time=3))
    assert decision.level[0] == pytest.approx(plain.level[0], abs=2)  # normal demand: nothing to miss


def test_a_series_never_seen_wants_nothing(make_situation) -> None:
    assert SigmaFormula().decide(make_situation(FUTURES, units=[[np.nan] * 4])).wanted_units[0] == 0


def test_costs_without_a_shortage_do_not_reach_minus_infinity(make_situation) -> None:
    situation = make_situation(FUTURES, units=[[8.0, 12.0]], costs={"shortage_cost": 0.0})
    assert SigmaFormula().decide(situation).level[0] == 0


def test_a_deviation_takes_two_periods() -> None:
    assert SigmaFormula(window=2).name == "sigma_formula(critical ratio, 2)"
    assert SigmaFormula(window=None).name == "sigma_formula(critical ratio, forecast)"
    with pytest.raises(SettingsError, match="window must be >= 2 periods"):
        SigmaFormula(window=1)
