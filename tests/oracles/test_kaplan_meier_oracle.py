"""Kaplan–Meier against the product written out day by day."""

import numpy as np
import pytest

from allocast.supply.survival.kaplan_meier import KaplanMeier


def written_out(days, event, entry, weight, until):
    """The product-limit estimate in the words of its definition."""
    survival = 1.0
    for day in sorted({d for d, happened in zip(days, event, strict=True) if happened and d <= until}):
        rows = list(zip(days, event, entry, weight, strict=True))
        at_risk = sum(w for d, _, e, w in rows if e < day <= d)
        happened = sum(w for d, got, _, w in rows if got and d == day)
        survival *= 1 - happened / at_risk
    return survival


@pytest.mark.parametrize("seed", range(5))
def test_the_fast_curve_is_the_product_written_out(seed: int) -> None:
    rng = np.random.default_rng(seed)
    entry = rng.integers(0, 5, 60).astype(float)
    days = entry + rng.integers(1, 15, 60)
    event, weight = rng.random(60) < 0.6, rng.random(60) + 0.1
    times = np.arange(0, 21.0)
    fast = KaplanMeier.fit(days, event, entry=entry, weight=weight).survival(times)
    slow = [written_out(days, event, entry, weight, t) for t in times]
    np.testing.assert_allclose(fast, slow, atol=1e-12)
