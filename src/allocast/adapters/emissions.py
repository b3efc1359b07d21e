"""What goods emit on their way, from the user's own figures and factors; never a part of any cost."""

import numpy as np
import pandas as pd

from allocast.adapters.tables import Tables
from allocast.numerics.arrays import FloatArray

__all__ = ["kg_per_kg", "kg_per_unit"]


def kg_per_kg(table: pd.DataFrame, tables: Tables) -> FloatArray:
    """CO₂e of a kg of goods on each row's way: distance × the factor of its mode; NaN where not known.

    Parameters
    ----------
    table : DataFrame of n_rows rows
        With ``mode`` and ``distance_km``, where they are known.
    tables : Tables
        ``emission_factors`` has grams per tonne and kilometre of each mode.

    Returns
    -------
    co2e : array of shape (n_rows,), kg per kg

    Examples
    --------
    >>> factors = pd.DataFrame({"mode": ["road"], "co2e_grams_per_tonne_km": [100.0]})
    >>> ways = pd.DataFrame({"mode": ["road", "rail"], "distance_km": [500.0, 500.0]})
    >>> kg_per_kg(ways, Tables(emission_factors=factors))
    array([0.05,  nan])
    """
    if tables.emission_factors is None or "mode" not in table:
        return np.full(len(table), np.nan)
    grams = tables.emission_factors.set_index("mode")["co2e_grams_per_tonne_km"]
    factor = grams.reindex(table["mode"]).to_numpy(np.float64)
    return np.asarray(_column(table, "distance_km") * factor / 1e6)


def kg_per_unit(lines: pd.DataFrame, tables: Tables) -> FloatArray:
    """CO₂e of a unit of each sourcing line: its own figure, else weight × `kg_per_kg`; NaN where not known.

    Parameters
    ----------
    lines : DataFrame of n_lines rows
        Of the table ``sourcing``.
    tables : Tables
        ``items`` has the weights, ``emission_factors`` the factors.

    Returns
    -------
    co2e : array of shape (n_lines,), kg per unit
    """
    own = _column(lines, "co2e_kg_per_unit")
    if tables.items is None or "weight_kg" not in tables.items:
        return own
    weight = tables.items.set_index("item_id")["weight_kg"].reindex(lines["item_id"]).to_numpy(np.float64)
    return np.where(np.isnan(own), weight * kg_per_kg(lines, tables), own)


def _column(table: pd.DataFrame, name: str) -> FloatArray:
    column = table.get(name, pd.Series(np.nan, index=table.index))
    values: FloatArray = column.to_numpy(np.float64)
    return values
