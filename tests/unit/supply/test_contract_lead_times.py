import numpy as np
import pytest

from allocast.errors import DataError
from allocast.supply.supply_model import ContractLeadTimes, SupplyModel

TODAY = np.datetime64("2024-03-31")


@pytest.fixture
def contract(make_sourcing) -> SupplyModel:
    return ContractLeadTimes(sourcing=make_sourcing(["s", "t"], [14.0, 3.0]))


def test_new_orders_take_the_contract_time(contract, make_orders, make_sourcing) -> None:
    lead_time = contract.lead_times(
        make_sourcing(["s", "t"], [14.0, 3.0]),
        history=make_orders([]),
        as_of=TODAY,
        period_days=7,
        n_periods=4,
    )
    np.testing.assert_array_equal(lead_time.mean, [2, 1])
    assert lead_time.periods.probability.shape == (2, 5)


def test_open_orders_arrive_when_the_rest_of_their_time_has_passed(contract, make_orders) -> None:
    placed = TODAY - np.array([0, 6, 7, 13])
    opened = make_orders(placed)
    arrivals = contract.arrivals(opened, history=opened, as_of=TODAY, period_days=7, n_periods=4)
    np.testing.assert_array_equal(arrivals.mean, [2, 2, 1, 1])


def test_an_overdue_order_arrives_in_the_coming_period(contract, make_orders) -> None:
    opened = make_orders(TODAY - np.array([14, 100]))
    arrivals = contract.arrivals(opened, history=opened, as_of=TODAY, period_days=7, n_periods=4)
    np.testing.assert_array_equal(arrivals.mean, [0, 0])
    tomorrow = contract.probability_received_by(opened, history=opened, as_of=TODAY, day=TODAY + 1)
    np.testing.assert_array_equal(tomorrow, [1, 1])


def test_a_promise_of_the_order_itself_goes_before_the_contract(contract, make_orders) -> None:
    opened = make_orders([TODAY], promised_on=np.array([TODAY + 28]))
    arrivals = contract.arrivals(opened, history=opened, as_of=TODAY, period_days=7, n_periods=6)
    assert arrivals.mean[0] == 4


def test_received_by_is_certain_from_the_due_day_on_and_unknown_without_a_day(contract, make_orders) -> None:
    opened = make_orders([TODAY - 10] * 4)
    days = np.array([TODAY, TODAY + 3, TODAY + 4, np.datetime64("NaT")])
    answer = contract.probability_received_by(opened, history=opened, as_of=TODAY, day=days)
    np.testing.assert_array_equal(answer, [0, 0, 1, np.nan])


def test_lines_without_promise_or_contract_are_refused(contract, make_orders) -> None:
    opened = make_orders([TODAY, TODAY], supplier_id=["s", "nobody"])
    with pytest.raises(DataError, match=r"supplier nobody.*1 of 2 lines"):
        contract.arrivals(opened, history=opened, as_of=TODAY, period_days=7, n_periods=4)


def test_two_contracts_for_one_line_are_refused(make_orders, make_sourcing) -> None:
    opened = make_orders([TODAY])
    double = ContractLeadTimes(sourcing=make_sourcing(["s", "s"], [7.0, 14.0]))
    with pytest.raises(DataError, match="has several"):
        double.arrivals(opened, history=opened, as_of=TODAY, period_days=7, n_periods=4)


@pytest.mark.parametrize(("placed", "received"), [(TODAY + 1, "NaT"), (TODAY - 3, TODAY)])
def test_orders_of_the_future_and_received_ones_are_not_open(contract, make_orders, placed, received) -> None:
    orders = make_orders([placed], received_on=[received])
    with pytest.raises(DataError, match="open orders must be placed by"):
        contract.arrivals(orders, history=orders, as_of=TODAY, period_days=7, n_periods=4)


def test_no_period_at_all_is_refused(contract, make_orders) -> None:
    opened = make_orders([TODAY])
    with pytest.raises(DataError, match="n_periods must be >= 1"):
        contract.arrivals(opened, history=opened, as_of=TODAY, period_days=7, n_periods=0)


def test_no_open_orders_have_no_arrivals(contract, make_orders) -> None:
    nothing = make_orders([])
    assert len(contract.arrivals(nothing, history=nothing, as_of=TODAY, period_days=7, n_periods=4)) == 0
