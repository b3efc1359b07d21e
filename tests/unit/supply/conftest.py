"""A small order book with known lead times, and a builder for a few lines."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.sourcing import Sourcing
from allocast.supply.supplier_model import SupplierModel, SupplierModelSettings

N_ORDERS, N_SUPPLIERS = 1500, 12
FIRST_DAY = np.datetime64("2023-01-02")


def text(values: Any) -> Any:
    return np.array([str(value) for value in values], dtype=object)


def build_orders(ordered_on: Any, **columns: Any) -> PurchaseOrders:
    """Lines of one supplier and item, ten units each, received in full where received, unless said otherwise."""
    ordered_on = np.asarray(ordered_on, dtype="datetime64[D]")
    n = len(ordered_on)
    received_on = np.asarray(columns.get("received_on", np.full(n, "NaT")), dtype="datetime64[D]")
    defaults = {
        "order_line_id": text(range(n)),
        "supplier_id": text(["s"] * n),
        "item_id": text(["i"] * n),
        "location_id": text(["l"] * n),
        "promised_on": np.full(n, "NaT", dtype="datetime64[D]"),
        "units_ordered": np.full(n, 10.0),
        "units_received": np.where(np.isnat(received_on), 0.0, 10.0),
        "shipment_id": text(range(n)),
        "attributes": pd.DataFrame(index=range(n)),
    }
    days = {"ordered_on": ordered_on, "received_on": received_on}
    given = {name: np.asarray(v, dtype=object) if name.endswith("_id") else v for name, v in columns.items()}
    return PurchaseOrders(**{**defaults, **given, **days})


def build_sourcing(supplier_id: list[str], lead_time_days: list[float], **columns: Any) -> Sourcing:
    n = len(supplier_id)
    return Sourcing(
        item_id=text(columns.get("item_id", ["i"] * n)),
        location_id=text(["l"] * n),
        supplier_id=text(supplier_id),
        unit_cost=np.ones(n),
        order_cost=np.zeros(n),
        minimum_order_units=np.zeros(n),
        pack_units=np.ones(n),
        lead_time_days=np.array(lead_time_days, dtype=np.float64),
        capacity_units=np.full(n, np.inf),
    )


@pytest.fixture(scope="session")
def make_orders() -> Callable[..., PurchaseOrders]:
    return build_orders


@pytest.fixture(scope="session")
def make_sourcing() -> Callable[..., Sourcing]:
    return build_sourcing


@pytest.fixture(scope="session")
def order_book() -> PurchaseOrders:
    """Two years of orders of suppliers from fast (s00, about 12 days) to slow (s11, about 48), all received."""
    rng = np.random.default_rng(5)
    supplier = rng.integers(0, N_SUPPLIERS, N_ORDERS)
    item = rng.integers(0, 8, N_ORDERS)
    typical = 12 * 4 ** (supplier / (N_SUPPLIERS - 1)) * np.where(item == 0, 1.3, 1.0)
    days = np.ceil(typical * np.exp(0.35 * rng.standard_normal(N_ORDERS))).astype(int)
    ordered_on = FIRST_DAY + np.sort(rng.integers(0, 730, N_ORDERS))
    return build_orders(
        ordered_on,
        supplier_id=text(f"s{s:02d}" for s in supplier),
        item_id=text(f"i{i}" for i in item),
        location_id=text(rng.choice(["north", "south"], N_ORDERS)),
        received_on=ordered_on + days,
        promised_on=ordered_on + np.where(rng.random(N_ORDERS) < 0.8, 30, 45),
        units_ordered=np.ceil(rng.lognormal(3, 1, N_ORDERS)),
        units_received=np.ones(N_ORDERS),
        attributes=pd.DataFrame({"mode": rng.choice(["air", "sea", None], N_ORDERS), "urgent": item == 1}),
    )


@pytest.fixture(scope="session")
def as_of() -> np.datetime64:
    return np.datetime64("2024-06-28")


@pytest.fixture(scope="session")
def small_settings() -> SupplierModelSettings:
    return SupplierModelSettings(rounds=60)


@pytest.fixture(scope="session")
def supplier_model(
    order_book: PurchaseOrders, as_of: np.datetime64, small_settings: SupplierModelSettings
) -> SupplierModel:
    return SupplierModel.train(order_book, as_of=as_of, settings=small_settings, seed=3)
