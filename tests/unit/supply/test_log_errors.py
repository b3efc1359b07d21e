import json

import numpy as np
import pytest

from allocast.supply.suppliers.log_errors import LogErrors


@pytest.fixture(scope="module")
def errors() -> LogErrors:
    """Of 20,000 normal errors around 0.1, the larger half of them censored somewhere before."""
    rng = np.random.default_rng(3)
    truth, censor = 0.1 + 0.3 * rng.standard_normal(20_000), 0.4 + 0.3 * rng.standard_normal(20_000)
    return LogErrors.fit(np.minimum(truth, censor), truth <= censor, np.ones(20_000))


def test_censored_errors_are_not_taken_for_short_ones(errors) -> None:
    assert float(errors.quantile(np.array(0.5))) == pytest.approx(0.1, abs=0.02)
    assert errors.spread == pytest.approx(0.3, abs=0.02)


def test_scores_are_normal_quantiles_of_the_place(errors) -> None:
    np.testing.assert_allclose(errors.score(np.array([-0.2, 0.1, 0.4])), [-1, 0, 1], atol=0.06)


def test_what_is_to_come_lies_beyond_what_was_waited(errors) -> None:
    waited = np.linspace(-1, 1, 50)
    assert (errors.beyond(waited) >= waited).all()
    assert errors.beyond(np.array([-9.0]))[0] == pytest.approx(0.1, abs=0.03)


def test_errors_that_do_not_vary_still_have_a_spread() -> None:
    alike = LogErrors.fit(np.zeros(5), np.ones(5, dtype=bool), np.ones(5))
    assert alike.spread > 0


def test_the_distribution_survives_its_state(errors) -> None:
    again = LogErrors.from_state(json.loads(json.dumps(errors.state())))
    np.testing.assert_array_equal(again.knots, errors.knots)
    np.testing.assert_array_equal(again.survival, errors.survival)
