"""What open orders bring: nothing is lost, nothing comes twice, and more luck never brings it later."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from allocast.numerics.discrete import DiscreteDistribution
from allocast.supply.arrivals import OpenOrderArrivals
from allocast.supply.orders.purchase_orders import PurchaseOrders

TODAY = np.datetime64("2024-06-30")


def text(values):
    return np.array([str(value) for value in values], dtype=object)


@st.composite
def books(draw):
    """Open orders with any curves, shipments and units, some begun."""
    n, periods = draw(st.integers(1, 7)), draw(st.integers(1, 5))
    weight = draw(hnp.arrays(np.float64, (n, periods + 1), elements=st.floats(0.01, 1)))
    units = draw(hnp.arrays(np.float64, n, elements=st.integers(1, 50).map(float)))
    begun = np.floor(units * draw(hnp.arrays(np.float64, n, elements=st.floats(0, 0.9))))
    nothing = np.full(n, "NaT", dtype="datetime64[D]")
    orders = PurchaseOrders(
        order_line_id=text(range(n)), supplier_id=text(["s"] * n), item_id=text(["i"] * n), location_id=text(["l"] * n),
        ordered_on=np.full(n, TODAY - 9), promised_on=nothing, received_on=nothing, units_ordered=units,
        units_received=begun, shipment_id=text(draw(st.lists(st.sampled_from("AB"), min_size=n, max_size=n))),
        attributes=pd.DataFrame(index=range(n)),
    )  # fmt: skip
    curves = DiscreteDistribution(probability=weight / weight.sum(axis=1, keepdims=True))
    row = draw(hnp.arrays(np.int64, n, elements=st.integers(-1, 2)))
    never = curves.probability[:, -1] * draw(hnp.arrays(np.float64, n, elements=st.floats(0, 1)))
    return OpenOrderArrivals(orders=orders, arrival=curves, never=never), row


@given(books(), st.integers(0, 2**31))
def test_on_every_path_an_order_comes_once_or_not_in_time(book, seed) -> None:
    arrivals, row = book
    inflow = arrivals.sample_inflow(row, 3, 8, seed)
    period = arrivals.sample_periods(8, seed)
    in_time = (period < arrivals.n_periods) & (row >= 0)[:, None]
    units = (arrivals.orders.outstanding_units[:, None] * in_time).sum(axis=0)
    np.testing.assert_allclose(inflow.sum(axis=(0, 2)), units)


@given(books())
def test_what_is_expected_is_what_is_outstanding_less_what_comes_later(book) -> None:
    arrivals, row = book
    ours = row >= 0
    later = arrivals.arrival.probability[ours, -1]
    expected = (arrivals.orders.outstanding_units[ours] * (1 - later)).sum()
    np.testing.assert_allclose(arrivals.expected_inflow(row, 3).sum(), expected)


@given(books(), st.integers(0, 2**31), st.data())
def test_scenarios_do_not_depend_on_the_sequence_of_orders(book, seed, data) -> None:
    arrivals, row = book
    order = np.array(data.draw(st.permutations(range(len(arrivals)))))
    again = arrivals.take(order).sample_inflow(row[order], 3, 5, seed)
    np.testing.assert_allclose(again, arrivals.sample_inflow(row, 3, 5, seed))


@given(books(), st.integers(0, 2**31))
def test_lines_of_one_shipment_and_curve_come_together(book, seed) -> None:
    arrivals, _ = book
    same = np.repeat(arrivals.arrival.probability[:1], len(arrivals), axis=0)
    together = OpenOrderArrivals(orders=arrivals.orders, arrival=DiscreteDistribution(probability=same))
    period = together.sample_periods(20, seed)
    for name in np.unique(arrivals.orders.shipment_id.astype(str)):
        own = period[arrivals.orders.shipment_id == name]
        assert (own == own[0]).all()


@given(books(), st.integers(0, 2**31))
def test_lines_of_one_shipment_come_on_one_day_whatever_their_own_curves(book, seed) -> None:
    arrivals, _ = book
    period = arrivals.sample_periods(20, seed)
    for name in np.unique(arrivals.orders.shipment_id.astype(str)):
        own = period[arrivals.orders.shipment_id == name]
        assert (own == own[0]).all()


@given(st.data())
def test_of_all_lines_of_a_shipment_as_many_are_expected_as_by_their_own_curves(data) -> None:
    arrivals, _ = data.draw(books())
    weight = data.draw(
        hnp.arrays(np.float64, arrivals.arrival.probability.shape, elements=st.floats(0.01, 1))
    )
    own = weight / weight.sum(axis=1, keepdims=True)
    together = OpenOrderArrivals(orders=arrivals.orders, arrival=DiscreteDistribution(probability=own))
    for name in np.unique(arrivals.orders.shipment_id.astype(str)):
        lines = arrivals.orders.shipment_id == name
        expected = together.arrival.probability[lines].sum(axis=0)
        np.testing.assert_allclose(expected, own[lines].sum(axis=0))


@given(books())
def test_what_is_expected_in_the_end_by_when_it_comes_is_the_expected_inflow(book) -> None:
    arrivals, row = book
    ours = row >= 0
    units, when = arrivals.expected_in_the_end[ours], arrivals.arrival_of_what_comes.probability[ours, :-1]
    inflow = arrivals.expected_inflow(row, 3)
    np.testing.assert_allclose((units[:, None] * when).sum(axis=0), inflow.sum(axis=0), atol=1e-9)
    assert (units <= arrivals.orders.outstanding_units[ours]).all()
