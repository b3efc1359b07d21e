import json
from typing import Any

import numpy as np
import pytest

from allocast.supply.suppliers.usual_days import UsualDays

N = 4000


def book(seed: int = 4) -> dict[str, Any]:
    """Category 1 takes 1.5 times as long; supplier 0 is twice as slow, and has most of category 1."""
    rng = np.random.default_rng(seed)
    supplier = rng.integers(0, 10, N)
    category = (rng.random(N) < np.where(supplier == 0, 0.8, 0.3)).astype(float)
    quoted = np.full(N, 20.0)
    matrix = np.column_stack([quoted, np.zeros(N), np.ones(N), category, rng.random(N)])
    log_days = (
        np.log(20) + np.log(1.5) * category + np.log(2) * (supplier == 0) + 0.2 * rng.standard_normal(N)
    )
    return {
        "matrix": matrix,
        "n_numbers": 1,
        "supplier": supplier,
        "ordered_on": np.sort(rng.integers(0, 700, N)).astype(float),
        "line": np.arange(N),
        "days": np.exp(log_days),
        "event": np.ones(N, dtype=bool),
        "weight": np.ones(N),
    }


def at(category: float) -> np.ndarray:
    return np.array([[20.0, 0.0, 1.0, category, 0.5]])


def test_what_suppliers_are_like_does_not_pass_for_what_orders_are_like() -> None:
    usual = UsualDays.fit(**book())
    ratio = np.exp(usual.log_days(at(1.0)) - usual.log_days(at(0.0)))
    assert ratio[0] == pytest.approx(1.5, rel=0.05)


def test_open_orders_are_filled_in_not_dropped() -> None:
    whole = book()
    watched = 700 - whole["ordered_on"] + 5  # the later an order, the less of it is seen
    event = whole["days"] <= watched
    cut = whole | {"days": np.minimum(whole["days"], watched), "event": event}
    truth, ours = (UsualDays.fit(**each).log_days(at(0.0))[0] for each in (whole, cut))
    assert event.mean() < 0.98
    assert ours == pytest.approx(truth, abs=0.03)


def test_a_value_never_seen_or_missing_is_like_the_others() -> None:
    usual = UsualDays.fit(**book())
    unknown, missing = usual.log_days(at(7.0)), usual.log_days(at(np.nan))
    np.testing.assert_array_equal(unknown, missing)
    low, high = usual.log_days(at(0.0)), usual.log_days(at(1.0))
    assert low[0] < unknown[0] < high[0]


def test_a_number_that_was_missing_in_training_has_no_effect_later() -> None:
    rows = book()
    rows["matrix"][:, 4] = np.nan
    usual = UsualDays.fit(**rows)
    seen, missing = (usual.log_days(np.array([[20.0, 0.0, 1.0, 0.0, x]])) for x in (-5.0, np.nan))
    np.testing.assert_array_equal(seen, missing)


def test_one_far_off_order_hardly_counts() -> None:
    wild = book()
    days = wild["days"].copy()
    days[::100] *= 50
    off = UsualDays.fit(**(wild | {"days": days})).log_days(at(0.0)) - UsualDays.fit(**wild).log_days(at(0.0))
    assert abs(off[0]) < 0.02


def test_the_model_survives_its_state() -> None:
    usual = UsualDays.fit(**book())
    again = UsualDays.from_state(json.loads(json.dumps(usual.state())))
    np.testing.assert_array_equal(again.log_days(book()["matrix"]), usual.log_days(book()["matrix"]))
