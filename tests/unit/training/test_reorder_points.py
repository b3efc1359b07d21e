"""The figure of reorder points: what is achieved is exact, and what is asked for is met."""

import numpy as np
from training.reorder_points import CASES, LEVELS, achieved_service, reorder_point, sigma_reorder_point

from allocast.supply.lead_time import LeadTimeDistribution


def test_the_exact_service_is_that_of_simulated_demand():
    rng = np.random.default_rng(1)
    truth, points = CASES["delayed"].lead_time(), np.array([250.0, 400.0])
    days = truth.periods.sample(200_000, rng)[0] + 1
    demand = rng.gamma(100 / 64 * days, 6.4)
    simulated = (demand <= points[:, None]).mean(axis=1)
    np.testing.assert_allclose(achieved_service(points, truth), simulated, atol=0.004)


def test_the_whole_distribution_serves_as_asked_where_two_moments_do_not():
    rng = np.random.default_rng(2)
    truth = CASES["severe"].lead_time()
    demand = rng.gamma(100 / 64, 6.4, (1, 10_000, len(truth.periods.probability[0])))
    np.testing.assert_allclose(achieved_service(reorder_point(demand, truth, rng), truth), LEVELS, atol=0.01)
    assert achieved_service(sigma_reorder_point(truth), truth)[-1] < 0.97


def test_a_certain_lead_time_and_its_formula_agree_about_the_mean():
    certain = LeadTimeDistribution.certain(np.array([14.0]), period_days=1)
    share = np.zeros((1, 241))
    share[0, 14] = 1
    assert certain.mean[0] == 14
    truth = LeadTimeDistribution(period_days=1, periods=type(certain.periods)(probability=share))
    spread = np.diff(sigma_reorder_point(truth)[[0, 3]])[0]
    np.testing.assert_allclose(spread, (2.326348 - 1.281552) * np.sqrt(15 * 64), rtol=1e-5)
