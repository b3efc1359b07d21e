"""Lanes between locations, and what goods emit on their way."""

import numpy as np
import pandas as pd
import pytest

from allocast.adapters.assemble import sourcing_lines
from allocast.adapters.assemble_lanes import lanes_of
from allocast.adapters.tables import Tables, check_tables

FACTORS = pd.DataFrame({"mode": ["road", "sea"], "co2e_grams_per_tonne_km": [100.0, 10.0]})
ITEMS = pd.DataFrame({"item_id": ["a", "b"], "weight_kg": [2.0, np.nan]})


def lines(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"item_id": ["a"], "location_id": ["L"], "supplier_id": ["s"]} | columns)


@pytest.mark.parametrize(
    ("columns", "kg"),
    [
        ({"mode": ["road"], "distance_km": [500.0]}, 0.1),
        ({"mode": ["sea"], "distance_km": [500.0]}, 0.01),
        ({"mode": ["road"], "distance_km": [500.0], "co2e_kg_per_unit": [7.0]}, 7.0),  # its own figure counts
        ({"mode": ["air"], "distance_km": [500.0]}, np.nan),
        ({"mode": ["road"], "distance_km": [np.nan]}, np.nan),
        ({"mode": ["road"], "distance_km": [500.0], "item_id": ["b"]}, np.nan),  # of an unknown weight
        ({}, np.nan),
    ],
)
def test_what_a_unit_emits_comes_from_its_line_or_from_weight_way_and_factor(columns, kg: float) -> None:
    tables = Tables(sourcing=lines(**columns), items=ITEMS, emission_factors=FACTORS)
    np.testing.assert_allclose(sourcing_lines(tables).co2e_kg_per_unit, [kg])


def test_without_factors_or_weights_nothing_is_made_up() -> None:
    way = lines(mode=["road"], distance_km=[500.0])
    assert np.isnan(sourcing_lines(Tables(sourcing=way, items=ITEMS)).co2e_kg_per_unit).all()
    assert np.isnan(sourcing_lines(Tables(sourcing=way, emission_factors=FACTORS)).co2e_kg_per_unit).all()


def test_what_a_lane_leaves_open_costs_nothing_and_takes_no_time() -> None:
    table = pd.DataFrame({"from_location_id": ["L1"], "to_location_id": ["L2"], "days": [np.nan]})
    lanes = lanes_of(Tables(lanes=table))
    assert lanes is not None
    terms = (lanes.cost_per_unit, lanes.cost_per_transfer, lanes.days, lanes.pack_units)
    assert [float(term[0]) for term in terms] == [0, 0, 0, 1]
    assert np.isnan(lanes.co2e_kg_per_unit[0]) and np.isnan(lanes.co2e_kg_per_kg[0])


def test_a_lane_emits_by_its_way_and_mode() -> None:
    table = pd.DataFrame(
        {"from_location_id": ["L1"], "to_location_id": ["L2"], "mode": ["road"], "distance_km": [200.0]}
    )
    lanes = lanes_of(Tables(lanes=table, emission_factors=FACTORS))
    assert lanes is not None
    np.testing.assert_allclose(lanes.co2e_kg_per_kg, [0.02])


def test_without_the_table_there_are_no_lanes() -> None:
    assert lanes_of(Tables()) is None


def test_lanes_to_places_that_nobody_knows_are_refused() -> None:
    lanes = pd.DataFrame({"from_location_id": ["L1", "L1"], "to_location_id": ["L2", "L3"]})
    places = pd.DataFrame({"location_id": ["L1", "L2"]})
    _, report = check_tables(Tables(lanes=lanes, locations=places))
    assert [(found.column, found.rows) for found in report.refused] == [("to_location_id", 1)]
    _, fine = check_tables(Tables(lanes=lanes.head(1), locations=places))
    assert not fine.refused
