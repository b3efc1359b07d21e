"""Whole containers and minimum order values: filled up where that costs less than going without."""

import numpy as np
import pytest

from allocast.errors import DataError, InfeasibleError
from allocast.inventory.basket import Limits
from allocast.inventory.recommendation import Status
from allocast.supply.supplier_terms import SupplierTerms


def limits(volume=np.nan, fill=0.9, value=0.0, **others) -> Limits:
    terms = SupplierTerms(
        supplier_id=np.array(["s"], dtype=object),
        payment_terms_days=np.zeros(1),
        capacity_units=np.full(1, np.inf),
        minimum_order_value=np.array([value]),
        container_volume=np.array([volume]),
        container_fill=np.array([fill]),
    )
    return Limits(suppliers=terms, **others)


def test_a_nearly_full_container_is_filled_with_what_costs_least(make_plan) -> None:
    table = make_plan("ab", [0.0, 29.0], limits=limits(volume=36.0, fill=1.0), volume=1.0).table
    assert table["order_units"].sum() == 36
    assert set(table.loc[table["order_units"] != [30, 1], "binding_constraint"]) == {"container s here"}
    assert table["reason"].str.contains("Raised from .*container s here must be whole").any()


def test_a_nearly_empty_container_is_not_sent(make_plan) -> None:
    table = make_plan("ab", [0.0, 29.0], limits=limits(volume=30.0), volume=1.0).table
    assert table["order_units"].sum() == 30
    table = make_plan("ab", [28.0, 29.0], limits=limits(volume=90.0), volume=1.0).table
    assert table["order_units"].tolist() == [0, 0]
    assert (table["status"] == Status.LIMITED).all()
    assert table["reason"].str.startswith("Nothing ordered").all()


def test_a_container_that_is_full_enough_stays_as_it_is(make_plan) -> None:
    plain = make_plan("ab").table
    assert make_plan("ab", limits=limits(volume=31.0), volume=1.0).table.equals(plain)


def test_what_nobody_wants_may_fill_a_container_and_says_so(make_plan) -> None:
    table = make_plan("ab", [0.0, 31.0], limits=limits(volume=33.0, fill=1.0), volume=[1.0, 1.0]).table
    assert table["order_units"].sum() == 33
    filler = table[table["item_id"] == "b"].iloc[0]
    if filler["order_units"]:
        assert filler["status"] == Status.ORDER
        assert filler["reason"].startswith(
            f"Order {filler['order_units']}, of which the policy wants nothing"
        )


def test_filling_keeps_the_budget(make_plan) -> None:
    table = make_plan("a", limits=limits(volume=36.0, fill=1.0, budget=105.0), volume=1.0).table
    assert table["order_units"].tolist() == [0]
    table = make_plan("a", limits=limits(volume=36.0, fill=1.0, budget=108.0), volume=1.0).table
    assert table["order_units"].tolist() == [36]


def test_a_supplier_takes_nothing_below_its_minimum_order_value(make_plan) -> None:
    assert make_plan("a", limits=limits(value=90.0)).table["order_units"].tolist() == [30]
    assert make_plan("a", limits=limits(value=96.0)).table["order_units"].tolist() == [32]
    table = make_plan("a", 29.0, limits=limits(value=500.0)).table
    assert table["order_units"].tolist() == [0]
    assert table["binding_constraint"].tolist() == ["minimum_order_value s"]


@pytest.mark.parametrize("seed", range(12))
def test_loads_are_whole_and_limits_hold_whatever_is_asked(make_plan, make_lines, seed) -> None:
    rng = np.random.default_rng(seed)
    size, value = rng.uniform(10, 60), rng.choice([0.0, 100.0])
    rules = limits(volume=size, fill=0.7, value=value, budget=rng.uniform(50, 400))
    lines = make_lines(
        "abcd", pack_units=rng.choice([1.0, 3.0], 4), minimum_order_units=rng.choice([0.0, 8.0], 4)
    )
    volume = rng.uniform(0.3, 2.0, 4)
    table = make_plan("abcd", rng.integers(0, 30, 4), lines=lines, limits=rules, volume=volume).table
    total = float(table["order_units"].to_numpy() @ volume)
    rest = total - np.floor(total / size + 1e-9) * size
    assert rest < 1e-6 or rest >= 0.7 * size - 1e-6
    money = table["order_value"].sum()
    assert money <= rules.budget + 1e-6
    assert money == 0 or money >= value - 1e-6


def test_what_must_be_ordered_and_makes_no_whole_load_is_refused(make_plan) -> None:
    rules = limits(volume=90.0, fill=1.0, least_units={("a", "here"): 3.0}, budget=200.0)
    with pytest.raises(InfeasibleError, match="container s here; least_units"):
        make_plan("a", limits=rules, volume=1.0)
    with pytest.raises(DataError, match="loads go by volume"):
        make_plan("a", limits=rules, volume=np.nan)
    with pytest.raises(DataError, match="need the column volume"):
        make_plan("a", limits=rules)
