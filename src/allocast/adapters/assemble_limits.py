"""From settings and the table of suppliers to the limits of the core."""

from dataclasses import replace

import numpy as np
import pandas as pd

from allocast.adapters.limit_settings import LimitSettings
from allocast.adapters.tables import Tables
from allocast.inventory.basket import Limits
from allocast.numerics.arrays import FloatArray
from allocast.supply.supplier_terms import SupplierTerms

__all__ = ["limits_of", "supplier_terms"]

_FILL = 0.9  # of the last container, where the table says nothing


def supplier_terms(tables: Tables) -> SupplierTerms:
    """Terms of each supplier; none where the table was not brought."""
    table = tables.suppliers
    if table is None:
        return SupplierTerms.none()

    def numbers(name: str, default: float) -> FloatArray:
        column = table.get(name, pd.Series(default, index=table.index))
        values: FloatArray = column.fillna(default).to_numpy(np.float64)
        return values

    return SupplierTerms(
        supplier_id=table["supplier_id"].to_numpy(object),
        payment_terms_days=numbers("payment_terms_days", 0.0),
        capacity_units=numbers("capacity_units", np.inf),
        minimum_order_value=numbers("minimum_order_value", 0.0),
        container_volume=numbers("container_volume", np.nan),
        container_fill=numbers("container_fill", _FILL),
    )


def limits_of(settings: LimitSettings, tables: Tables) -> Limits:
    """The limits of a job; payment terms count even where ``suppliers`` switches the other terms off."""
    terms = supplier_terms(tables)
    if not settings.suppliers:
        n = len(terms)
        terms = replace(
            terms,
            capacity_units=np.full(n, np.inf),
            minimum_order_value=np.zeros(n),
            container_volume=np.full(n, np.nan),
        )
    categories = settings.categories
    return Limits(
        every=settings.every,
        budget=np.inf if settings.budget is None else settings.budget,
        budget_in=settings.budget_in,
        category_column="" if categories is None else categories.column,
        category_budget={} if categories is None else categories.budget,
        storage=settings.storage,
        suppliers=terms,
        least_units={(one.item_id, one.location_id): one.units for one in settings.least},
    )
