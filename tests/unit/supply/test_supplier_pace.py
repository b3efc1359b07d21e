import numpy as np
import pytest
from scipy.stats import norm

from allocast.supply.suppliers.evidence import NOTHING_SAID, Evidence
from allocast.supply.suppliers.log_errors import LogErrors
from allocast.supply.suppliers.pace import COLUMNS, FILTERS, paces_on

SPREAD = 0.3
KNOTS = SPREAD * np.linspace(-3, 3, 200)
ERRORS = LogErrors(knots=KNOTS, survival=norm.sf(KNOTS / SPREAD))
EFFECTS = len(COLUMNS) + len(FILTERS)


def evidence(known_on, begun, reached, arrived, supplier=0) -> Evidence:
    """Pieces of waiting, in standard deviations of the log of the days; None is the beginning."""
    n = len(known_on)
    start = [NOTHING_SAID if b is None else SPREAD * b for b in begun]
    return Evidence(
        supplier=np.full(n, supplier),
        known_on=np.array(known_on, dtype=np.float64),
        begun=np.array(start, dtype=np.float64),
        reached=SPREAD * np.array(reached, dtype=np.float64),
        arrived=np.array(arrived, dtype=bool),
        weight=np.ones(n),
    )


def paces(pieces: Evidence, on, supplier=0, half_lives=(1e9,)):
    on = np.array(on, dtype=np.float64)
    who = np.broadcast_to(np.array(supplier), len(on))
    known = {"errors": ERRORS, "supplier_variance": 0.2**2, "prior_receipts": 2.0}
    return paces_on(pieces, who, on, half_lives=half_lives, **known)


ONE_ORDER = evidence([10, 20], [None, 0.0], [0.0, 1.0], [False, True])


def test_waiting_counts_as_it_passes_and_a_receipt_after_its_day() -> None:
    """Waiting until its median makes log 2 receipts expected, until one deviation more -log P(Z > 1)."""
    effects = paces(ONE_ORDER, [10, 11, 20, 21])[:, EFFECTS]
    half, all_of_it = np.log(2), -np.log(norm.sf(1))
    np.testing.assert_allclose(
        np.exp(effects), [1, 2 / (2 + half), 2 / (2 + half), 3 / (2 + all_of_it)], rtol=1e-3
    )
    np.testing.assert_array_equal(paces(ONE_ORDER, [10, 20, 21])[:, 2], [0, 0, 1])


def test_an_overdue_open_order_counts_against_its_supplier_before_it_arrives() -> None:
    overdue = evidence([10, 15], [None, 0.0], [0.0, 1.5], [False, False])
    usual, half_way, late = paces(overdue, [10, 11, 16])[:, 0]
    assert usual == 0 < half_way < late


def test_what_a_supplier_did_fades_with_the_half_life() -> None:
    fresh, faded = paces(ONE_ORDER, [21, 21 + 365], half_lives=(365.0,))[:, EFFECTS]
    assert abs(faded) < abs(fresh)


def test_a_supplier_never_seen_is_usual_and_as_unsure_as_can_be() -> None:
    (new,) = paces(ONE_ORDER, [50], supplier=1)
    np.testing.assert_allclose(new[:3], [0, 0.2, 0], rtol=1e-6)
    np.testing.assert_array_equal(new[EFFECTS:], 0)


def test_few_orders_are_shrunken_and_many_are_not() -> None:
    slow = evidence(np.arange(200), [None] * 200, np.ones(200), [True] * 200)
    few, many = paces(slow, [3, 200])[:, 0] / SPREAD
    assert 0.3 < few < 0.8 < many < 1.05


def test_a_step_is_followed_and_doubt_rises_with_it() -> None:
    rng = np.random.default_rng(1)
    scores = rng.standard_normal(300) * 0.7 + np.where(np.arange(300) < 260, 0.0, 1.2)
    stepped = evidence(np.arange(300), [None] * 300, scores, [True] * 300)
    before, after = paces(stepped, [260, 300])
    assert abs(before[0]) < 0.3 * SPREAD
    assert after[0] > 0.8 * SPREAD
    assert after[1] > before[1]


def test_questions_are_answered_in_any_order() -> None:
    on = np.array([21.0, 5.0, 11.0, 300.0])
    np.testing.assert_array_equal(paces(ONE_ORDER, on)[::-1], paces(ONE_ORDER, on[::-1]))


@pytest.mark.parametrize("day", [15, 21])
def test_evidence_of_later_days_changes_nothing(day: int) -> None:
    seen = ONE_ORDER.known_on < day
    past = Evidence(**{name: getattr(ONE_ORDER, name)[seen] for name in Evidence.__slots__})
    np.testing.assert_array_equal(paces(past, [day]), paces(ONE_ORDER, [day]))
