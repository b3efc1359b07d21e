"""The long tables that Allocast reads and writes, column by column."""

from dataclasses import dataclass
from typing import Literal

from allocast.errors import UnknownNameError

__all__ = ["SCHEMAS", "Column", "Kind", "TableSchema", "schema_of"]

Kind = Literal["id", "date", "number", "whole", "flag"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        Our name; a source's own name is mapped to it by the ``rename`` of the reader.
    kind : {"id", "date", "number", "whole", "flag"}
        ``id`` is text, so that ``0126`` stays; ``date`` a day without time zone; ``number`` a float;
        ``whole`` a float without a fraction (units of goods); ``flag`` true or false.
    required : bool
        Whether the table must have the column, with a value in each row.
    minimum, maximum : float, optional
        The range of a number.
    """

    name: str
    kind: Kind
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class TableSchema:
    """The known columns of one table and those that name its rows.

    A table may have more columns than its schema: covariates, categories, attributes known when ordered.
    They are kept as they are.

    Parameters
    ----------
    name : str
    columns : tuple of Column
    key : tuple of str
        The columns whose values together occur once at most; the table is sorted by them.
    repeats : bool
        Rows with the same key are several events, not a mistake.
    lots : str
        A column that, where it is brought, parts the rows of one key.

    Examples
    --------
    >>> schema_of("demand").required
    ('item_id', 'location_id', 'date', 'units')
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    repeats: bool = False
    lots: str = ""

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns without which the table cannot be used."""
        return tuple(column.name for column in self.columns if column.required)

    def of_kind(self, *kinds: Kind) -> tuple[str, ...]:
        """Names of the columns of these kinds."""
        return tuple(column.name for column in self.columns if column.kind in kinds)


_DEMAND = TableSchema(
    "demand",
    (
        Column("item_id", "id", required=True),
        Column("location_id", "id", required=True),
        Column("date", "date", required=True),
        Column("units", "whole", required=True, minimum=0),
        Column("in_stock", "flag"),
        Column("stockout_fraction", "number", minimum=0, maximum=1),
        Column("price", "number", minimum=0),
        Column("promotion", "number"),
    ),
    key=("item_id", "location_id", "date"),
)

_ITEMS = TableSchema(
    "items",
    (
        Column("item_id", "id", required=True),
        Column("unit_cost", "number", minimum=0),
        Column("price", "number", minimum=0),
        Column("shelf_life_days", "number", minimum=0),
        Column("volume", "number", minimum=0),
        Column("weight_kg", "number", minimum=0),
    ),
    key=("item_id",),
)

_LOCATIONS = TableSchema(
    "locations",
    (Column("location_id", "id", required=True), Column("capacity", "number", minimum=0)),
    key=("location_id",),
)

_SOURCING = TableSchema(
    "sourcing",
    (
        Column("item_id", "id", required=True),
        Column("location_id", "id", required=True),
        Column("supplier_id", "id", required=True),
        Column("unit_cost", "number", minimum=0),
        Column("order_cost", "number", minimum=0),
        Column("minimum_order_units", "whole", minimum=0),
        Column("pack_units", "whole", minimum=1),
        Column("lead_time_days", "number", minimum=0),
        Column("capacity_units", "number", minimum=0),
        Column("co2e_kg_per_unit", "number", minimum=0),
        Column("mode", "id"),
        Column("distance_km", "number", minimum=0),
        Column("expedite_cost_per_unit", "number", minimum=0),
        Column("expedited_lead_time_days", "number", minimum=0),
    ),
    key=("item_id", "location_id", "supplier_id"),
)

# item_id and location_id say what an order is for (needed to date what is on order), shipment_id which lines
# travel together (a split into training and test must not part them), unit_price what was agreed. promised_on
# is the promise as first given, latest_promised_on as later changed; received_on the day that closed the line.
_PURCHASE_ORDERS = TableSchema(
    "purchase_orders",
    (
        Column("order_line_id", "id", required=True),
        Column("supplier_id", "id", required=True),
        Column("item_id", "id"),
        Column("location_id", "id"),
        Column("shipment_id", "id"),
        Column("ordered_on", "date", required=True),
        Column("promised_on", "date"),
        Column("latest_promised_on", "date"),
        Column("received_on", "date"),
        Column("cancelled_on", "date"),
        Column("units_ordered", "whole", minimum=0),
        Column("units_received", "whole", minimum=0),
        Column("unit_price", "number", minimum=0),
    ),
    key=("order_line_id",),
)

# What came of lines received in several parts; a line without rows here was received at once.
_RECEIPTS = TableSchema(
    "receipts",
    (
        Column("order_line_id", "id", required=True),
        Column("received_on", "date", required=True),
        Column("units", "whole", required=True, minimum=0),
    ),
    key=("order_line_id", "received_on"),
    repeats=True,
)

_STOCK = TableSchema(
    "stock",
    (
        Column("item_id", "id", required=True),
        Column("location_id", "id", required=True),
        Column("as_of", "date", required=True),
        Column("on_hand", "whole", required=True, minimum=0),
        Column("backordered", "whole", minimum=0),
        Column("expires_on", "date"),
    ),
    key=("item_id", "location_id", "as_of"),
    lots="expires_on",
)

# Recommendations that were approved and are not placed yet; once placed they stand in purchase_orders instead.
_APPROVED = TableSchema(
    "approved",
    (
        Column("item_id", "id", required=True),
        Column("location_id", "id", required=True),
        Column("supplier_id", "id", required=True),
        Column("approved_on", "date", required=True),
        Column("units", "whole", required=True, minimum=0),
    ),
    key=("item_id", "location_id", "supplier_id", "approved_on"),
    repeats=True,
)

_CALENDAR = TableSchema("calendar", (Column("date", "date", required=True),), key=("date",))

# Ways between locations, which every item may take.
_LANES = TableSchema(
    "lanes",
    (
        Column("from_location_id", "id", required=True),
        Column("to_location_id", "id", required=True),
        Column("cost_per_unit", "number", minimum=0),
        Column("cost_per_transfer", "number", minimum=0),
        Column("days", "number", minimum=0),
        Column("pack_units", "whole", minimum=1),
        Column("co2e_kg_per_unit", "number", minimum=0),
        Column("mode", "id"),
        Column("distance_km", "number", minimum=0),
    ),
    key=("from_location_id", "to_location_id"),
)

# What moving a tonne for a kilometre emits, by mode of transport.
_EMISSION_FACTORS = TableSchema(
    "emission_factors",
    (
        Column("mode", "id", required=True),
        Column("co2e_grams_per_tonne_km", "number", required=True, minimum=0),
    ),
    key=("mode",),
)

_SUPPLIERS = TableSchema(
    "suppliers",
    (
        Column("supplier_id", "id", required=True),
        Column("payment_terms_days", "number", minimum=0),
        Column("capacity_units", "number", minimum=0),
        Column("minimum_order_value", "number", minimum=0),
        Column("container_volume", "number", minimum=1e-9),
        Column("container_fill", "number", minimum=0.01, maximum=1),
    ),
    key=("supplier_id",),
)

SCHEMAS: tuple[TableSchema, ...] = (
    _DEMAND,
    _ITEMS,
    _LOCATIONS,
    _SOURCING,
    _SUPPLIERS,
    _PURCHASE_ORDERS,
    _RECEIPTS,
    _STOCK,
    _APPROVED,
    _CALENDAR,
    _LANES,
    _EMISSION_FACTORS,
)


def schema_of(table: str) -> TableSchema:
    """The schema of the table of this name.

    Raises
    ------
    UnknownNameError
        There is no such table; the message lists those there are.
    """
    by_name = {schema.name: schema for schema in SCHEMAS}
    if table not in by_name:
        raise UnknownNameError("table", table, by_name)
    return by_name[table]
