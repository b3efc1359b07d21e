"""Containers and minimum order values of suppliers, as loads of a basket's lines."""

import numpy as np
import pandas as pd

from allocast.errors import DataError
from allocast.inventory.basket import Basket, Loads
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray, TextArray
from allocast.supply.supplier_terms import SupplierTerms

__all__ = ["has_loads", "supplier_loads"]

_Load = tuple[str, IntArray, FloatArray, float, float]  # name, lines, use, size, least


def has_loads(terms: SupplierTerms, supplier_id: TextArray) -> BoolArray:
    """Whether each line's supplier ships in containers or has a minimum order value, shape (n_lines,)."""
    some = ~np.isnan(terms.container_volume) | (terms.minimum_order_value > 0)
    return np.append(some, False)[terms.row_of(supplier_id)]


def supplier_loads(terms: SupplierTerms, basket: Basket, series: pd.DataFrame) -> Loads:
    """A load a supplier and location that it ships to in containers, then one a supplier with a minimum order value.

    Parameters
    ----------
    terms : SupplierTerms
    basket : Basket
    series : DataFrame of n_lines rows
        Attributes of the series of each line; ``volume`` where suppliers ship in containers.

    Raises
    ------
    DataError
        A volume or a price is not known.
    """
    mine = terms.row_of(basket.supplier_id)
    found: list[_Load] = []
    in_containers = (mine >= 0) & ~np.isnan(np.append(terms.container_volume, np.nan)[mine])
    if in_containers.any():
        volume = _volume(basket, series, in_containers)
        rows = np.flatnonzero(in_containers)
        keys = pd.MultiIndex.from_arrays([basket.supplier_id[rows], basket.location_id[rows]])
        for (supplier, location), places in sorted(pd.Series(rows).groupby(keys).groups.items()):
            lines, row = rows[places], mine[rows[places[0]]]
            size = float(terms.container_volume[row])
            fill = float(terms.container_fill[row])
            found.append((f"container {supplier} {location}", lines, volume[lines], size, fill * size))
    with_least = np.flatnonzero(terms.minimum_order_value > 0)
    for row in with_least[np.argsort(terms.supplier_id[with_least].astype(str), kind="stable")]:
        lines, least = np.flatnonzero(mine == row), float(terms.minimum_order_value[row])
        if len(lines):
            _require_known(basket, lines, basket.unit_cost > 0, "unit_cost")
            name = f"minimum_order_value {terms.supplier_id[row]}"
            found.append((name, lines, basket.unit_cost[lines], np.inf, least))
    return Loads(
        name=tuple(load[0] for load in found),
        lines=tuple(load[1] for load in found),
        use=tuple(load[2] for load in found),
        size=np.array([load[3] for load in found]),
        least=np.array([load[4] for load in found]),
    )


def _volume(basket: Basket, series: pd.DataFrame, shipped: BoolArray) -> FloatArray:
    if "volume" not in series:
        raise DataError(
            "suppliers that ship in containers need the column volume of the table items; bring it."
        )
    volume: FloatArray = series["volume"].to_numpy(np.float64)
    _require_known(basket, np.flatnonzero(shipped), ~np.isnan(volume), "volume")
    return volume


def _require_known(basket: Basket, lines: IntArray, known: BoolArray, what: str) -> None:
    missing = lines[~known[lines]]
    if len(missing):
        line = missing[0]
        raise DataError(
            f"suppliers' loads go by {what}, which is not known of item {basket.item_id[line]} at location "
            f"{basket.location_id[line]} ({len(missing)} of {len(lines)} orders affected). Bring it, or set "
            "limits.suppliers to false."
        )
