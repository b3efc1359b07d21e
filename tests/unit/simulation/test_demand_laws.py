"""Demand distributions of the textbook systems."""

import numpy as np
import pytest

from allocast.errors import DataError
from allocast.simulation.textbook.demand_laws import (
    at_least,
    geometric,
    left_over,
    poisson,
    quantiles_of_sums,
    rounded_gamma,
    uniform,
)


@pytest.mark.parametrize(
    ("law", "mean", "variance"),
    [(poisson(5.0), 5.0, 5.0), (geometric(5.0), 5.0, 30.0), (uniform(4), 2.0, 2.0)],
)
def test_moments_are_those_of_the_law(law, mean, variance) -> None:
    k = np.arange(law.probability.shape[1])
    assert law.mean[0] == pytest.approx(mean, rel=1e-12)
    assert law.probability[0] @ (k - mean) ** 2 == pytest.approx(variance, rel=1e-10)


def test_a_rounded_gamma_keeps_its_mean_nearly() -> None:
    law = rounded_gamma(4.0, 0.5)
    assert law.mean[0] == pytest.approx(4.0, abs=0.005)
    assert law.probability[0, 0] == pytest.approx(0.0018, abs=0.0001)


@pytest.mark.parametrize("law", [poisson(3.0), geometric(3.0), uniform(4)])
def test_what_is_left_of_stock_is_summed_from_the_demand(law) -> None:
    demand, stock = np.arange(law.probability.shape[1]), np.arange(9)
    left = np.maximum(stock[:, None] - demand, 0) @ law.probability[0]
    np.testing.assert_allclose(left_over(law, 8), left, atol=1e-12)
    np.testing.assert_allclose(at_least(law, 8), (demand >= stock[:, None]) @ law.probability[0], atol=1e-12)


def test_sums_of_poisson_demand_have_poisson_quantiles() -> None:
    assert quantiles_of_sums(poisson(5.0), 0.9, 3) == [
        int(poisson(5.0 * n).quantile(0.9)[0]) for n in (1, 2, 3)
    ]


@pytest.mark.parametrize("make", [poisson, geometric, lambda mean: rounded_gamma(mean, 0.5)])
def test_a_mean_that_is_not_positive_is_refused(make) -> None:
    assert make(1.5).mean[0] > 1
    for mean in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(DataError, match="must be finite and > 0"):
            make(mean)
