from dataclasses import fields

import numpy as np
import pytest

from allocast.errors import DataError
from allocast.supply.sourcing import Sourcing


def line(**terms: float) -> Sourcing:
    """One line without a minimum, packs or a capacity, unless said otherwise."""
    text = np.array(["a"], dtype=object)
    numbers = {
        "unit_cost": 1.0,
        "order_cost": 0.0,
        "minimum_order_units": 0.0,
        "pack_units": 1.0,
        "lead_time_days": 7.0,
        "capacity_units": np.inf,
    }
    columns = {name: np.array([value]) for name, value in (numbers | terms).items()}
    return Sourcing(item_id=text, location_id=text, supplier_id=text, **columns)


@pytest.mark.parametrize(
    ("wanted", "terms", "ordered"),
    [
        (7, {}, 7),
        (6.2, {}, 7),  # a part of a unit is a whole one
        (0, {"minimum_order_units": 10}, 0),  # nothing wanted is nothing ordered
        (3, {"minimum_order_units": 10}, 10),
        (3, {"minimum_order_units": 10, "pack_units": 4}, 12),
        (13, {"pack_units": 4}, 16),
        (16, {"pack_units": 4}, 16),
        (50, {"capacity_units": 30}, 30),
        (50, {"capacity_units": 30, "pack_units": 8}, 24),  # never part of a pack
        (50, {"capacity_units": 7, "pack_units": 8}, 0),  # not even one pack
        (50, {"capacity_units": 9, "minimum_order_units": 10}, 0),
        (3, {"capacity_units": 11, "minimum_order_units": 10, "pack_units": 4}, 0),
        (3, {"capacity_units": 12, "minimum_order_units": 10, "pack_units": 4}, 12),
    ],
)
def test_orders_are_what_the_supplier_accepts(wanted: float, terms: dict[str, float], ordered: float) -> None:
    np.testing.assert_array_equal(line(**terms).feasible_units(np.array([float(wanted)])), [ordered])


def test_a_hair_above_whole_packs_is_rounding_and_buys_no_further_pack() -> None:
    almost = np.array([3 * 0.1 * 40])  # 12.000000000000002
    np.testing.assert_array_equal(line(pack_units=4.0).feasible_units(almost), [12])
    np.testing.assert_array_equal(line(minimum_order_units=5.0).feasible_units(np.array([1e-12])), [0])


def test_lines_can_be_taken_in_any_order(make_sourcing) -> None:
    taken = make_sourcing(["s", "t", "u"], [7.0, 14.0, 21.0]).take(np.array([2, 0]))
    assert taken.supplier_id.tolist() == ["u", "s"]
    assert taken.lead_time_days.tolist() == [21, 7]
    assert len(taken) == 2


def test_a_contract_without_a_lead_time_is_accepted_and_so_is_no_limit() -> None:
    assert np.isnan(line(lead_time_days=np.nan).lead_time_days[0])
    assert np.isinf(line().capacity_units[0])


def test_what_a_unit_emits_may_be_known_or_not(make_sourcing) -> None:
    assert line(co2e_kg_per_unit=1.5).co2e_kg_per_unit.tolist() == [1.5]
    nobody_said = make_sourcing(["s", "t"], [7.0, 7.0]).co2e_kg_per_unit
    np.testing.assert_array_equal(nobody_said, [np.nan, np.nan])


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"unit_cost": -1.0}, "unit_cost must be finite and >= 0"),
        ({"order_cost": np.nan}, "order_cost must be finite"),
        ({"lead_time_days": -7.0}, "lead_time_days must be"),
        ({"lead_time_days": np.inf}, "lead_time_days must be"),
        ({"capacity_units": -1.0}, "capacity_units must be"),
        ({"capacity_units": np.nan}, "capacity_units must be"),
        ({"co2e_kg_per_unit": -0.1}, "co2e_kg_per_unit must be"),
        ({"minimum_order_units": 2.5}, "minimum_order_units must be whole"),
        ({"pack_units": 1.5}, "pack_units must be whole"),
        ({"pack_units": 0.0}, "a pack holds >= 1 unit"),
    ],
)
def test_terms_that_no_supplier_can_mean_are_refused(terms: dict[str, float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        line(**terms)


def test_the_refusal_names_the_row_that_is_wrong(make_sourcing) -> None:
    fine = make_sourcing(["s", "t"], [7.0, 7.0])
    columns = {field.name: getattr(fine, field.name) for field in fields(fine)}
    with pytest.raises(DataError, match=r"row 1 has 2\.5"):
        Sourcing(**columns | {"minimum_order_units": np.array([0.0, 2.5])})


def test_columns_of_different_length_are_refused(make_sourcing) -> None:
    fine = make_sourcing(["s", "t"], [7.0, 7.0])
    columns = {field.name: getattr(fine, field.name) for field in fields(fine)}
    with pytest.raises(DataError, match=r"equally long.*unit_cost 1"):
        Sourcing(**columns | {"unit_cost": np.ones(1)})


def test_terms_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="read-only"):
        line().unit_cost[0] = 2.0
