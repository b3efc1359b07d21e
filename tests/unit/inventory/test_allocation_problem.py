"""What a problem refuses, what an allocation says of itself."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from allocast.errors import DataError, InfeasibleError, UnknownNameError
from allocast.inventory.allocation import RULES, AllocationProblem, Claims, Limit, Reservation, allocate
from allocast.numerics.discrete import DiscreteDistribution

SHOPS = Claims.from_paths(
    np.array([[4.0, 8.0], [6.0, 9.0], [0.0, 2.0]]),
    shortage_cost=[5.0, 3.0, 2.0],
    holding_cost=0.5,
    name=("north", "south", "east"),
)


def stock(units, **terms):
    return Limit(name="stock", available=np.array([units]), **terms)


def problem(units=10.0, **terms):
    return AllocationProblem(claims=replace(SHOPS, **terms), limits=(stock(units),))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"demand_units": SHOPS.demand_units[:, ::-1]}, "must not fall along a row; claim 0"),
        ({"probability": np.full((3, 2), 0.4)}, "must sum to 1; claim 0"),
        ({"shortage_cost": np.array([1.0, -1.0, 1.0])}, "shortage_cost must be finite"),
        ({"holding_cost": np.zeros(2)}, "holding_cost must have shape"),
        ({"pack_units": np.zeros(3)}, "pack_units must be above 0"),
        ({"most_units": np.array([np.nan, 1.0, 1.0])}, "most_units must be >= 0"),
        ({"demand_units": np.ones(3)}, "must have shape"),
        ({"name": ("north",)}, "a name for each of 3 claims"),
    ],
)
def test_claims_refuse_what_they_cannot_use_and_say_where(wrong, message):
    assert len(replace(SHOPS)) == 3
    with pytest.raises(DataError, match=message):
        replace(SHOPS, **wrong)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"available": np.array([-1.0])}, "available must be >= 0"),
        ({"use": np.array(-1.0)}, "use must be finite"),
        ({"group": np.array([0, 1, 0])}, "within 0 and 0"),
        ({"labels": ("a", "b")}, "must be 1 labels"),
    ],
)
def test_limits_refuse_what_they_cannot_use(wrong, message):
    with pytest.raises(DataError, match=message):
        replace(stock(10.0), **wrong)


def test_a_problem_refuses_limits_of_other_claims_and_two_of_one_name():
    with pytest.raises(DataError, match="group of limit 'stock' must have shape"):
        AllocationProblem(claims=SHOPS, limits=(stock(1.0, group=np.zeros(2, dtype=int)),))
    with pytest.raises(DataError, match="two are called 'stock'"):
        AllocationProblem(claims=SHOPS, limits=(stock(1.0), stock(2.0)))
    with pytest.raises(DataError, match="group of reservation 'deal' must have shape"):
        promise = Reservation(name="deal", units=np.array([1.0]), group=np.zeros(2, dtype=int))
        AllocationProblem(claims=SHOPS, limits=(), reservations=(promise,))


def test_a_reservation_refuses_negative_units():
    assert Reservation(name="deal", units=np.array([1.0])).called(0) == "deal"
    with pytest.raises(DataError, match="units must be finite"):
        Reservation(name="deal", units=np.array([-1.0]))


def test_quantile_levels_must_rise():
    with pytest.raises(DataError, match="levels must rise"):
        Claims.from_quantiles(np.ones((1, 2)), [0.5, 0.5], shortage_cost=1.0)


def test_one_demand_stated_three_ways_is_shared_out_in_one_way():
    die = DiscreteDistribution(probability=np.full((2, 4), 0.25))
    grid = np.tile(np.arange(4.0), (2, 1))
    ways = (
        Claims.from_distribution(die, shortage_cost=[4.0, 3.0], holding_cost=1.0),
        Claims.from_quantiles(grid, [0.125, 0.375, 0.625, 0.875], shortage_cost=[4.0, 3.0], holding_cost=1.0),
        Claims.from_paths(grid[:, [2, 0, 3, 1]], shortage_cost=[4.0, 3.0], holding_cost=1.0),
    )
    found = [allocate(AllocationProblem(claims=claims, limits=(stock(3.0),))) for claims in ways]
    assert {(*one.units, round(one.value, 9)) for one in found} == {(2.0, 1.0, 6.25)}


def test_an_unknown_rule_is_refused_with_the_valid_ones():
    with pytest.raises(UnknownNameError, match="valid are equal_fill"):
        allocate(problem(), "equal_fil")


@pytest.mark.parametrize("rule", ["proportional", "equal_fill", "equal_cover"])
def test_fair_rules_refuse_reservations_and_minimum_orders(rule):
    assert allocate(problem(least_units=np.array([0.0, 0.0, 2.0])), rule).units[2] >= 2
    with pytest.raises(DataError, match="neither reservations"):
        allocate(problem(minimum_order_units=np.array([0.0, 5.0, 0.0])), rule)


def test_nesting_refuses_a_second_limit():
    with pytest.raises(DataError, match="takes one limit"):
        allocate(AllocationProblem(claims=SHOPS, limits=()), "nested")


def test_a_minimum_order_is_met_or_nothing_is_given():
    given = [
        allocate(problem(units, minimum_order_units=np.array([6.0, 6.0, 0.0]))).units
        for units in (5.0, 6.0, 14.0)
    ]
    np.testing.assert_array_equal(given, [[0, 0, 2], [6, 0, 0], [8, 6, 0]])


def test_a_promise_to_claims_together_goes_to_those_who_gain_most_by_it():
    promise = Reservation(name="deal", units=np.array([3.0]), group=np.array([-1, 0, 0]))
    found = allocate(AllocationProblem(claims=SHOPS, limits=(stock(7.0),), reservations=(promise,)))
    np.testing.assert_array_equal(found.units, [4, 3, 0])


def test_rules_in_conflict_travel_between_processes():
    with pytest.raises(InfeasibleError) as error:
        allocate(problem(5.0, least_units=np.array([6.0, 0.0, 0.0])))
    arrived = pickle.loads(pickle.dumps(error.value))
    assert arrived.rules == error.value.rules == ("stock (5)", "least_units of north (6)")


def test_each_claim_is_told_why_it_gets_what_it_gets():
    found = allocate(problem(10.0, most_units=np.array([3.0, np.inf, np.inf])))
    assert [found.why(row) for row in range(3)] == [
        "north gets 3: its cap.",
        "south gets 7: a unit more would save 1.25 and take 1.25 of stock (at 1.25).",
        "east gets 0: a unit more would save 0.75 and take 1.25 of stock (at 1.25).",
    ]


def test_with_enough_of_everything_each_gets_what_a_newsvendor_orders_and_nothing_has_a_price():
    found = allocate(problem(100.0))
    np.testing.assert_array_equal(found.units, [8, 9, 2])
    assert found.prices["stock"][0] == 0.0
    assert found.gap == 0.0
    assert found.why(0) == "north gets 8: all it can use."


def test_a_conflict_among_many_claims_is_found_at_once_and_named_by_their_rows():
    n = 50_000
    least = np.zeros(n)
    least[[7, 40_003]] = 3.0
    claims = Claims.from_paths(np.full((n, 1), 5.0), shortage_cost=1.0, least_units=least, most_units=6.0)
    limit = Limit(name="stock", available=np.full(11, 5.0), group=np.arange(n) % 11)
    with pytest.raises(InfeasibleError) as error:
        allocate(AllocationProblem(claims=claims, limits=(limit,)))
    named = ("stock of group 7 (5)", "least_units of claim 7 (3)", "least_units of claim 40003 (3)")
    assert error.value.rules == named


@pytest.mark.parametrize("rule", RULES)
def test_without_claims_nothing_is_shared_out(rule):
    claims = Claims.from_paths(np.zeros((0, 3)), shortage_cost=np.zeros(0))
    found = allocate(
        AllocationProblem(claims=claims, limits=(stock(3.0, group=np.zeros(0, dtype=int)),)), rule
    )
    assert (len(found.units), found.value, found.gap, found.prices["stock"][0]) == (0, 0.0, 0.0, 0.0)


def test_nesting_refuses_classes_that_earn_nothing():
    assert allocate(AllocationProblem(claims=SHOPS, limits=(stock(7.0),)), "nested").units.sum() == 7
    free = replace(SHOPS, shortage_cost=np.zeros(3), holding_cost=np.zeros(3))
    with pytest.raises(DataError, match="shortage_cost above 0"):
        allocate(AllocationProblem(claims=free, limits=(stock(7.0),)), "nested")
