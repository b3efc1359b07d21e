"""What holds for any purse, whoever asks of it."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from allocast.simulation.what_if.changed import prolonged
from allocast.simulation.what_if.purse import Claim, cut_to

SEEDS = st.integers(0, 2**32 - 1)


def any_claim(seed):
    """Orders of some series on some paths, in packs, of which some are raised to a minimum."""
    rng = np.random.default_rng(seed)
    n, n_paths, n_samples = rng.integers(1, 7), rng.integers(1, 5), rng.integers(1, 9)
    pack = rng.integers(1, 4, n).astype(np.float64)
    smallest = pack * rng.integers(0, 4, n)
    terms = np.column_stack([np.zeros((n, 2)), smallest, pack, np.full(n, np.inf)])
    wanted = pack[:, None] * rng.integers(0, 9, (n, n_paths))
    return Claim(
        units=np.where(wanted > 0, np.maximum(wanted, smallest[:, None]), 0.0),
        position=rng.integers(-3, 9, (n, n_paths)).astype(np.float64),
        demand=np.sort(rng.integers(0, 30, (n, n_samples)), axis=1).astype(np.float64),
        cost=rng.choice([0.0, 0.5, 1.0, 3.0, 20.0], n),
        shortage=rng.choice([0.0, 1.0, 5.0], n),
        holding=rng.choice([0.0, 0.1, 2.0], n),
        terms=terms,
    )


def shared(claim, money):
    with ThreadPoolExecutor(1) as pool:
        return cut_to(claim, np.full(claim.units.shape[1], money), pool)


@settings(deadline=None, max_examples=300)
@given(seed=SEEDS, money=st.floats(0, 200))
def test_orders_stay_within_the_money_and_within_what_was_wanted_in_whole_packs(seed, money):
    claim = any_claim(seed)
    units = shared(claim, money)
    assert (claim.cost @ units <= money + 1e-9).all()
    assert (units <= claim.units).all()
    pack, smallest = claim.terms[:, 3, None], claim.terms[:, 2, None]
    assert (units % pack == 0).all()
    assert ((units == 0) | (units >= smallest)).all()
    assert (units[claim.cost == 0] == claim.units[claim.cost == 0]).all()


@settings(deadline=None, max_examples=150)
@given(seed=SEEDS, money=st.floats(0, 100), more=st.floats(0, 100))
def test_more_money_never_buys_any_series_less(seed, money, more):
    claim = any_claim(seed)
    assert (shared(claim, money + more) >= shared(claim, money)).all()


@settings(deadline=None, max_examples=150)
@given(seed=SEEDS, money=st.floats(0, 100))
def test_the_order_of_series_does_not_matter(seed, money):
    claim = any_claim(seed)
    turned = Claim(**{name: getattr(claim, name)[::-1] for name in Claim.__slots__})
    assert (shared(turned, money)[::-1] == shared(claim, money)).all()


@given(n_known=st.integers(1, 9), n_periods=st.integers(1, 40))
def test_paths_go_on_with_what_they_have(n_known, n_periods):
    demand = np.arange(1.0, n_known + 1)[None, None]
    longer = prolonged(demand, n_periods)[0, 0]
    assert len(longer) == n_periods
    assert (longer[:n_known] == demand[0, 0, :n_periods]).all()
    assert set(longer[n_known:]) <= set(demand[0, 0])
