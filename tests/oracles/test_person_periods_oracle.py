"""Person-periods beside a loop over rows and periods, and what is left out beside what is kept."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from allocast.supply.survival.person_periods import count_person_periods, person_periods

EDGES = np.array([0.0, 1.0, 3.0, 3.5, 8.0])
quarters = st.integers(0, 44).map(lambda k: k / 4)
rows_of = st.lists(st.tuples(quarters, quarters, st.booleans()), min_size=1, max_size=12)


def slow_person_periods(duration, event, entry) -> set[tuple]:
    """(row, period, exposure, happened), one period of one row after the other."""
    found = set()
    for row in range(len(duration)):
        for period, (start, end) in enumerate(zip(EDGES[:-1], [*EDGES[1:-1], np.inf], strict=True)):
            at_risk = min(end, duration[row]) - max(start, entry[row])
            if at_risk > 0:
                found.add((row, period, at_risk, bool(event[row]) and start < duration[row] <= end))
    return found


def columns(rows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    entry = np.array([min(a, b) for a, b, _ in rows])
    duration = np.array([max(a, b) for a, b, _ in rows])
    return duration, np.array([e for _, _, e in rows]) & (duration > entry), entry


@given(rows=rows_of)
def test_each_row_gives_the_periods_it_was_at_risk_in(rows) -> None:
    duration, event, entry = columns(rows)
    cut = person_periods(duration, event, entry, EDGES, share=1.0, rng=np.random.default_rng(0))
    ours = list(zip(cut.row, cut.period, cut.exposure, cut.happened, strict=True))
    assert len(ours) == len(set(ours)) == sum(count_person_periods(duration, event, entry, EDGES))
    assert set(ours) == slow_person_periods(duration, event, entry)
    assert (cut.stands_for == 1).all()


@given(rows=rows_of, share=st.sampled_from([0.1, 0.5, 0.7]), seed=st.integers(0, 99))
def test_all_events_are_kept_and_the_others_are_among_all(rows, share: float, seed: int) -> None:
    duration, event, entry = columns(rows)
    cut = person_periods(duration, event, entry, EDGES, share=share, rng=np.random.default_rng(seed))
    ours = set(zip(cut.row, cut.period, cut.exposure, cut.happened, strict=True))
    every = slow_person_periods(duration, event, entry)
    assert ours <= every
    assert {row for row, _, _, happened in ours if happened} == set(np.flatnonzero(event))
    quiet = ~cut.happened
    assert abs(quiet.sum() - share * sum(not each[3] for each in every)) <= 1
    np.testing.assert_array_equal(cut.stands_for, np.where(quiet, 1 / share, 1.0))


def test_each_quiet_period_is_as_likely_to_be_kept_as_any_other() -> None:
    duration, event, entry = np.array([7.0, 2.0, 9.0]), np.array([True, False, True]), np.zeros(3)
    seen = np.zeros((3, 4))
    for seed in range(4000):
        cut = person_periods(duration, event, entry, EDGES, share=0.4, rng=np.random.default_rng(seed))
        np.add.at(seen, (cut.row[~cut.happened], cut.period[~cut.happened]), 1 / 4000)
    quiet = np.array([[1, 1, 1, 0], [1, 1, 0, 0], [1, 1, 1, 0]])
    np.testing.assert_allclose(seen, 0.4 * quiet, atol=0.03)
