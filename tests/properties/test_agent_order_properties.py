"""Whatever an agent's action says, what is ordered can be ordered; and it knows nothing of what is to come."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from allocast.agents.worlds.training_world import TrainingWorld
from allocast.inventory.costs import Costs
from allocast.numerics.arrays import FloatArray
from allocast.supply.sourcing import Sourcing

N_SERIES, N_PATHS, N_PERIODS = 4, 5, 12
limited = settings(max_examples=40, deadline=None, derandomize=True)
terms = arrays(np.float64, N_SERIES, elements=st.integers(0, 30).map(float))


def lines(minimum: FloatArray, pack: FloatArray, capacity: FloatArray) -> Sourcing:
    text, zeros = np.full(N_SERIES, "x", dtype=object), np.zeros(N_SERIES)
    return Sourcing(
        item_id=text,
        location_id=text,
        supplier_id=text,
        unit_cost=zeros,
        order_cost=zeros,
        minimum_order_units=minimum,
        pack_units=1.0 + pack,
        lead_time_days=zeros,
        capacity_units=capacity,
    )


def world(sourcing: tuple[Sourcing, ...], form: str, seed: int) -> TrainingWorld:
    rng = np.random.default_rng(seed)
    demand = rng.poisson(rng.gamma(1.0, 8.0, N_SERIES)[:, None, None], (N_SERIES, N_PATHS, N_PERIODS))
    return TrainingWorld(
        demand=demand.astype(float),
        lead_time=rng.integers(0, 4, (*demand.shape, len(sourcing))),
        costs=Costs.uniform(N_SERIES, holding_cost=1.0, shortage_cost=5.0),
        sourcing=sourcing,
        action=form,  # type: ignore[arg-type]
    )


systems = st.builds(
    world,
    st.lists(st.builds(lines, terms, terms, terms.map(lambda units: 4 * units)), min_size=1, max_size=3).map(
        tuple
    ),
    st.sampled_from(["level", "residual", "order"]),
    st.integers(0, 99),
)


@given(systems, st.integers(0, 99))
@limited
def test_every_order_is_whole_and_one_that_its_supplier_accepts(system: TrainingWorld, seed: int) -> None:
    rng = np.random.default_rng(seed)
    state = system.begin(20, rng)
    for _ in range(3):
        series = state.series
        action = rng.uniform(-1.3, 1.3, (20, system.action_size))
        state, outcome = system.step(state, action)
        ordered = outcome.placed.ordered.reshape(20, -1)
        for supplier, line in enumerate(system.lines):
            units, of = ordered[:, supplier], line.take(series)
            assert ((units == 0) | (units >= of.minimum_order_units)).all()
            assert (units <= of.capacity_units).all()
            assert (units % of.pack_units == 0).all()


@given(systems, st.integers(0, 99))
@limited
def test_neither_what_is_seen_nor_what_is_ordered_depends_on_what_is_to_come(
    system: TrainingWorld, seed: int
) -> None:
    """The same episodes on paths whose future is another one, drawn from the same forecast."""
    first = system.begin(20, np.random.default_rng(seed))
    other = replace(first, path=(first.path + 1) % N_PATHS)
    rng = np.random.default_rng(seed)
    action = rng.uniform(-1, 1, (20, system.action_size))
    np.testing.assert_array_equal(system.observe(first), system.observe(other))
    first, ordered = system.step(first, action)
    other, likewise = system.step(other, action)
    np.testing.assert_array_equal(ordered.placed.ordered, likewise.placed.ordered)
    # What arrived and what was sold shows now; where both are alike on two paths, so is what is seen.
    known = np.column_stack([first.stock.on_hand, first.stock.backordered, first.open_units.reshape(20, -1)])
    alike = (
        known
        == np.column_stack([other.stock.on_hand, other.stock.backordered, other.open_units.reshape(20, -1)])
    ).all(axis=1)
    np.testing.assert_array_equal(system.observe(first)[alike], system.observe(other)[alike])
