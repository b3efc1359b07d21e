"""Cumulative incidence against numerical integration, and against Aalen and Johansen's estimate."""

import numpy as np
import pytest
from scipy import integrate

from allocast.supply.survival.competing import cumulative_incidence
from allocast.supply.survival.hazard_model import HazardModel

EDGES = [np.array([0.0, 4.0, 9.0]), np.array([0.0, 6.0])]
HAZARDS = [np.array([[0.05, 0.3]]), np.array([[0.02]])]


@pytest.mark.parametrize("age", [0.0, 2.5, 30.0])
@pytest.mark.parametrize("time", [1.0, 5.0, 40.0])
def test_the_closed_form_is_the_integral_of_hazard_times_survival(age, time):
    def hazards(day):
        return np.array([0.05 if day <= 4 else 0.3, 0.02])

    def waited(day):
        return 0.07 * min(day, 4) + 0.32 * max(day - 4, 0)

    def density(day, cause):
        return hazards(day)[cause] * np.exp(waited(age) - waited(day))

    until = max(time, age)
    expected = [integrate.quad(density, age, until, args=(cause,), points=[4.0])[0] for cause in (0, 1)]
    incidence = cumulative_incidence(EDGES, HAZARDS, np.array([time]), age)
    np.testing.assert_allclose(incidence[:, 0, 0], expected, atol=1e-10)


def aalen_johansen(days, cause, times, age):
    """Product-limit survival of everything, and what each cause takes of it, event time by event time."""
    days, cause = days[days > age], cause[days > age]
    waiting, incidence, result = 1.0, np.zeros(2), []
    happened = np.unique(days[cause >= 0])
    for time in times:
        for day in happened[happened <= time]:
            at_risk = (days >= day).sum()
            ended = np.array([((days == day) & (cause == k)).sum() for k in (0, 1)])
            incidence = incidence + waiting * ended / at_risk
            waiting *= 1 - ended.sum() / at_risk
        happened = happened[happened > time]
        result.append(incidence)
    return np.array(result).T


@pytest.mark.parametrize("age", [0.0, 8.0])
def test_hazard_models_of_two_causes_agree_with_aalen_and_johansen_in_each_category(age):
    rng, n = np.random.default_rng(4), 6000
    category = rng.integers(0, 2, n)
    received, cancelled = (
        rng.gamma(4, np.where(category, 6.0, 3.0)),
        rng.exponential(np.where(category, 40.0, 150.0)),
    )
    watched = rng.uniform(0, 80, n)
    days = np.minimum(np.minimum(received, cancelled), watched)
    cause = np.where(watched <= days, -1, np.where(received <= cancelled, 0, 1))
    models = [
        HazardModel(rounds=150, leaves=8).fit(category[:, None] * 1.0, days, cause == k) for k in (0, 1)
    ]
    times, asked = np.array([6.0, 12.0, 25.0, 50.0]), np.array([[0.0], [1.0]])
    edges, hazards = [model.edges_ for model in models], [model.predict_hazard(asked) for model in models]
    incidence = cumulative_incidence(edges, hazards, times, age)
    for value in (0, 1):
        of_it = category == value
        expected = aalen_johansen(days[of_it], cause[of_it], times, age)
        np.testing.assert_allclose(incidence[:, value], expected, atol=0.02)
