import pytest

from allocast.adapters.schemas import SCHEMAS, schema_of
from allocast.errors import UnknownNameError


def test_the_tables_have_the_required_columns_of_the_design():
    required = {schema.name: schema.required for schema in SCHEMAS}
    assert required == {
        "demand": ("item_id", "location_id", "date", "units"),
        "items": ("item_id",),
        "locations": ("location_id",),
        "sourcing": ("item_id", "location_id", "supplier_id"),
        "suppliers": ("supplier_id",),
        "purchase_orders": ("order_line_id", "supplier_id", "ordered_on"),
        "receipts": ("order_line_id", "received_on", "units"),
        "stock": ("item_id", "location_id", "as_of", "on_hand"),
        "approved": ("item_id", "location_id", "supplier_id", "approved_on", "units"),
        "calendar": ("date",),
        "lanes": ("from_location_id", "to_location_id"),
        "emission_factors": ("mode", "co2e_grams_per_tonne_km"),
    }


def test_every_key_is_made_of_required_columns():
    assert all(set(schema.key) <= set(schema.required) for schema in SCHEMAS)


def test_an_unknown_table_is_refused_with_the_nearest_name_first():
    with pytest.raises(UnknownNameError, match="unknown table 'demnad'; valid are demand"):
        schema_of("demnad")
