"""Orders, lead times, terms and deliveries as the rows that compiled code goes through."""

from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.simulation.dynamics.rates import Delivery, Terms
from allocast.simulation.dynamics.rules import Rules
from allocast.simulation.dynamics.shapes import rows

__all__ = ["OrderRows"]


class OrderRows(NamedTuple):
    """Orders of one period, or of many, each with axes for the series, the period if there are many, and the supplier.

    An axis has length one where all have the same. Terms have a last axis of five numbers, fates of three.
    """

    units: FloatArray
    trigger: FloatArray
    lead_time: IntArray
    terms: FloatArray
    fate: FloatArray

    @classmethod
    def of(
        cls,
        rules: Rules,
        shape: tuple[int, ...],
        units: ArrayLike,
        lead_time: ArrayLike,
        terms: Terms | None,
        delivery: Delivery | None,
        *,
        trigger: ArrayLike = np.inf,
        n_periods: int | None = None,
    ) -> Self:
        """Rows of what was given for series of some shape, in one period or in ``n_periods``.

        Raises
        ------
        DataError
            Something does not fit.
        """

        def fitted(
            name: str, values: ArrayLike, last: int = 0, dtype: DTypeLike = np.float64
        ) -> NDArray[Any]:
            return _fitted(rules, shape, n_periods, name, values, last, dtype)

        nothing = np.zeros((1,) * (2 if n_periods is None else 3) + (5,))
        return cls(
            units=fitted("order_units", units),
            trigger=fitted("reorder_point", trigger),
            lead_time=fitted("lead_time", lead_time, dtype=np.int64),
            terms=nothing if terms is None else fitted("terms", terms.table, 5),
            fate=nothing if delivery is None else fitted("delivery", delivery.table, 3),
        )


def _fitted(
    rules: Rules,
    shape: tuple[int, ...],
    n_periods: int | None,
    name: str,
    values: ArrayLike,
    last: int,
    dtype: DTypeLike,
) -> NDArray[Any]:
    given = np.asarray(values)
    array = given.astype(dtype, copy=False)
    if array.dtype.kind == "i" and given.dtype.kind == "f" and (array != given).any():
        raise DataError(f"{name} must be whole; round it first.")
    tail = rules.orders_shape(()) + ((last,) if last else ())
    if n_periods is not None:
        constant = array.ndim <= len(tail) or array.shape[-len(tail) - 1] == 1
        tail = (1 if constant else n_periods, *tail)
    found = rows(name, array, shape, tail, dtype)
    by_supplier = (
        tail if rules.suppliers > 1 else (*tail[: len(tail) - bool(last)], 1, *tail[len(tail) - bool(last) :])
    )
    return found.reshape(-1, *by_supplier)
