import numpy as np
from scipy.stats import norm

from allocast.supply.suppliers.evidence import NOTHING_SAID, Evidence, evidence_of
from allocast.supply.suppliers.log_errors import LogErrors
from allocast.supply.suppliers.pace import paces_on

KNOTS = 0.3 * np.linspace(-3, 3, 200)
ERRORS = LogErrors(knots=KNOTS, survival=norm.sf(KNOTS / 0.3))


def pieces(days: float, arrived: bool, entry: float = 0.0) -> Evidence:
    """Of one order of usually 20 days, placed on day 100."""
    return evidence_of(
        supplier=np.zeros(1, dtype=np.int64),
        ordered_on=np.array([100.0]),
        log_usual=np.array([np.log(20.0)]),
        days=np.array([days]),
        arrived=np.array([arrived]),
        entry=np.array([entry]),
        weight=np.ones(1),
        errors=ERRORS,
    )


def test_an_order_speaks_at_each_checkpoint_it_passes_and_when_it_arrives() -> None:
    spoken = pieces(30.0, arrived=True)
    assert spoken.begun[0] == NOTHING_SAID
    np.testing.assert_array_equal(spoken.begun[1:], spoken.reached[:-1])
    np.testing.assert_array_equal(spoken.arrived, [False] * (len(spoken) - 1) + [True])
    assert spoken.known_on[-1] == 130
    assert spoken.reached[-1] == np.log(29.5) - np.log(20)


def test_an_order_just_placed_says_nothing() -> None:
    assert len(pieces(0.0, arrived=False)) == 0
    assert len(pieces(10.0, arrived=False)) == 0


def test_what_an_open_order_said_is_what_it_said_when_it_had_arrived() -> None:
    """So a feature of an earlier day does not depend on how much later it is asked for."""
    later, then = pieces(60.0, arrived=True), pieces(30.0, arrived=False)
    known = later.known_on <= 130
    assert len(then) == known.sum() > 0
    for name in ("known_on", "begun", "reached", "arrived"):
        np.testing.assert_array_equal(getattr(then, name), getattr(later, name)[known])


def test_waiting_before_the_data_begin_says_nothing() -> None:
    late = pieces(40.0, arrived=True, entry=30.0)
    assert (late.known_on > 130).all()
    assert late.begun[0] == np.log(30) - np.log(20)


def test_an_order_watched_late_is_watched_from_then_on_also_before_the_first_checkpoint() -> None:
    late = pieces(40.0, arrived=True, entry=10.0)
    assert late.begun[0] == np.log(10) - np.log(20)
    np.testing.assert_array_equal(late.begun[1:], late.reached[:-1])


def test_orders_placed_together_do_not_make_their_supplier_slow_or_fast() -> None:
    n, days = 100, np.ceil(20 * np.exp(0.3 * norm.ppf((np.arange(100) + 0.5) / 100)))
    together = evidence_of(
        supplier=np.zeros(n, dtype=np.int64),
        ordered_on=np.zeros(n),
        log_usual=np.full(n, np.log(20.0)),
        days=days,
        arrived=np.ones(n, dtype=bool),
        entry=np.zeros(n),
        weight=np.ones(n),
        errors=ERRORS,
    )
    found = paces_on(
        together,
        np.zeros(3, dtype=np.int64),
        np.array([18.0, 25.0, 60.0]),
        errors=ERRORS,
        supplier_variance=0.04,
        half_lives=(),
        prior_receipts=5.0,
    )
    np.testing.assert_allclose(np.exp(found[:, 0]), 1.0, atol=0.1)
