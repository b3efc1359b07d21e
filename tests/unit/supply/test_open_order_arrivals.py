"""What open orders will bring: expected, and in joint scenarios."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from allocast.errors import DataError
from allocast.numerics.discrete import DiscreteDistribution
from allocast.supply.arrivals import OpenOrderArrivals, shipment_keys
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.supplier_model import SupplierModel
from allocast.supply.yields import YieldModel

DAYS = ["2024-06-01"] * 3
HALF = [[0.5, 0.5, 0.0], [0.25, 0.5, 0.25], [0.0, 0.0, 1.0]]


class HalfComes:
    """Half of what is outstanding comes, in expectation; by luck anything up to all of it."""

    def expected(self, lines: Any) -> np.ndarray:
        return np.full(len(lines), 0.5)

    def at(self, lines: Any, uniforms: np.ndarray, received: np.ndarray) -> np.ndarray:
        return np.maximum(uniforms[: len(lines)], received[:, None])


def arrivals_of(orders: PurchaseOrders, rows: list[list[float]] = HALF, **more: Any) -> OpenOrderArrivals:
    return OpenOrderArrivals(orders=orders, arrival=DiscreteDistribution(probability=np.array(rows)), **more)


def test_expected_inflow_is_units_by_probability_and_leaves_out_what_comes_later(
    make_orders: Callable,
) -> None:
    arrivals = arrivals_of(make_orders(DAYS, units_ordered=np.array([10.0, 8.0, 5.0])))
    inflow = arrivals.expected_inflow(np.array([0, 0, 1]), 3)
    np.testing.assert_allclose(inflow, [[5 + 2, 5 + 4], [0, 0], [0, 0]])


def test_the_mean_of_the_scenarios_is_the_expected_inflow(make_orders: Callable) -> None:
    arrivals = arrivals_of(make_orders(DAYS), share=HalfComes())
    row = np.array([1, 0, 0])
    drawn = arrivals.sample_inflow(row, 2, 20_000, seed=1)
    np.testing.assert_allclose(drawn.mean(axis=1), arrivals.expected_inflow(row, 2), atol=0.06)


def test_lines_of_one_shipment_arrive_together_and_lines_of_none_do_not(make_orders: Callable) -> None:
    same = [[0.3, 0.3, 0.4]] * 4
    orders = make_orders(DAYS + DAYS[:1], shipment_id=["S", "S", "", ""])
    periods = arrivals_of(orders, same).sample_periods(500, seed=2)
    assert (periods[0] == periods[1]).all()
    assert not (periods[2] == periods[3]).all()
    assert shipment_keys(orders).tolist() == ["S", "S", "2", "3"]


def test_an_order_keeps_its_scenarios_when_another_is_gone(make_orders: Callable) -> None:
    orders = make_orders(DAYS)
    all_three = arrivals_of(orders).sample_periods(50, seed=4)
    without = arrivals_of(orders.take(np.array([2, 1])), [HALF[2], HALF[1]]).sample_periods(50, seed=4)
    np.testing.assert_array_equal(without, all_three[[2, 1]])


def test_a_later_order_may_overtake_an_earlier_one(make_orders: Callable) -> None:
    periods = arrivals_of(make_orders(DAYS[:2]), [HALF[1], [0.6, 0.2, 0.2]]).sample_periods(400, seed=5)
    assert 0.2 < (periods[1] < periods[0]).mean() < 0.8
    assert (periods[1] > periods[0]).mean() > 0.05


def test_more_luck_for_everybody_never_delays_an_order(make_orders: Callable) -> None:
    slow, fast = ([[0.1, 0.4, 0.5]] * 3, [[0.3, 0.4, 0.3]] * 3)
    orders = make_orders(DAYS)
    later, sooner = (arrivals_of(orders, rows).sample_periods(300, seed=6) for rows in (slow, fast))
    assert (sooner <= later).all()
    assert (sooner < later).any()


def test_orders_for_no_series_are_left_out(make_orders: Callable) -> None:
    arrivals = arrivals_of(make_orders(DAYS))
    nowhere = np.full(3, -1)
    assert arrivals.expected_inflow(nowhere, 2).sum() == 0
    assert arrivals.sample_inflow(nowhere, 2, 10, seed=1).sum() == 0


def test_rows_that_name_no_series_are_refused(make_orders: Callable) -> None:
    arrivals = arrivals_of(make_orders(DAYS))
    for row in (np.array([0, 1, 2]), np.array([0, 1])):
        with pytest.raises(DataError, match="row must name"):
            arrivals.expected_inflow(row, 2)


def test_what_may_be_cancelled_is_not_expected_in_the_end(make_orders: Callable) -> None:
    orders = make_orders(DAYS, units_ordered=np.array([10.0, 8.0, 5.0]))
    arrivals = arrivals_of(orders, never=np.array([0.0, 0.25, 0.6]))
    np.testing.assert_allclose(arrivals.expected_in_the_end, [10, 6, 2])
    when = arrivals.arrival_of_what_comes.probability
    np.testing.assert_allclose(when, [[0.5, 0.5, 0], [1 / 3, 2 / 3, 0], [0, 0, 1]])
    np.testing.assert_array_equal(arrivals.expected_units, [10, 8, 5])


@pytest.mark.parametrize("never", [-0.1, 1.1, np.nan])
def test_a_chance_of_cancellation_that_is_none_is_refused(make_orders: Callable, never: float) -> None:
    with pytest.raises(DataError, match=r"order line 1 is .* \(1 of 3"):
        arrivals_of(make_orders(DAYS), never=np.array([0.0, never, 0.0]))


def test_orders_that_are_closed_are_refused(make_orders: Callable) -> None:
    with pytest.raises(DataError, match="order line 1 is not open"):
        arrivals_of(make_orders(DAYS, received_on=["NaT", "2024-06-03", "NaT"]))


def test_a_model_gives_the_arrivals_of_all_that_is_open(
    supplier_model: SupplierModel, order_book: PurchaseOrders, as_of: np.datetime64
) -> None:
    book = OpenOrderArrivals.predict(supplier_model, order_book, as_of=as_of, period_days=7, n_periods=6)
    known = order_book.known_at(as_of)
    assert len(book) == known.is_open.sum() > 10
    assert book.n_periods == 6
    inflow = book.expected_inflow(np.zeros(len(book), dtype=int), 1)
    assert 0 < inflow.sum() <= known.outstanding_units.sum()


def test_the_chance_of_a_new_order_by_a_date_is_that_of_its_lead_time(
    supplier_model: SupplierModel, order_book: PurchaseOrders, as_of: np.datetime64, make_sourcing: Callable
) -> None:
    lines = make_sourcing(["s00", "s11"], [30.0, 45.0], item_id=["i1", "i0"])
    asked = {"history": order_book, "as_of": as_of}
    weeks = supplier_model.lead_times(lines, **asked, period_days=7, n_periods=10).periods.cumulative
    for n_weeks in (1, 4):
        by = supplier_model.probability_new_order_by(lines, **asked, day=as_of + 7 * n_weeks)
        np.testing.assert_allclose(by, weeks[:, n_weeks], atol=1e-12)
    days = np.array([as_of, "NaT"], dtype="datetime64[D]")
    np.testing.assert_array_equal(
        supplier_model.probability_new_order_by(lines, **asked, day=days), [0, np.nan]
    )


def test_of_a_begun_line_comes_what_it_is_closed_with_less_what_it_has(make_orders: Callable) -> None:
    orders = make_orders(DAYS[:2], units_received=np.array([4.0, 0.0]))
    arrivals = arrivals_of(orders, [[1.0, 0.0]] * 2, share=HalfComes())  # closed with 0 to 10 units, evenly
    np.testing.assert_allclose(arrivals.expected_units, [6 * 6 / 20, 5], atol=1e-2)
    drawn = arrivals.sample_units(20_000, seed=3)
    np.testing.assert_allclose(drawn.mean(axis=1), arrivals.expected_units, atol=0.05)
    assert drawn.min() == 0 and drawn[0].max() <= 6


def test_the_yield_model_is_a_share_that_is_received(make_orders: Callable) -> None:
    n = 40
    closed = make_orders(
        np.full(n, np.datetime64("2024-01-01")),
        received_on=np.full(n, np.datetime64("2024-02-01")),
        units_received=np.where(np.arange(n) % 2, 5.0, 10.0),
    )
    model = YieldModel.train(closed, as_of=np.datetime64("2024-03-01"))
    arrivals = arrivals_of(make_orders(DAYS[:1]), [[1.0, 0.0]], share=model)
    assert 6 < arrivals.expected_units[0] < 9
    np.testing.assert_allclose(
        arrivals.sample_units(4000, seed=1).mean(), arrivals.expected_units[0], atol=0.15
    )
