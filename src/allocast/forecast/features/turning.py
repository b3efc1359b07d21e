"""Turning features, each a row over periods, into one row of features a period: four by four, in registers."""

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.core.errors import TypingError
from numba.extending import intrinsic

from allocast.numerics.compiled import compiled

__all__ = ["BLOCK", "turn"]

BLOCK = 4  # floats that fill 16 bytes, the register that every processor has
FOUR_FLOATS = ir.VectorType(ir.FloatType(), BLOCK)
# Of two registers, which hold places 0 … 3 and 4 … 7:
LOWER, UPPER = (0, 4, 1, 5), (2, 6, 3, 7)  # their halves number by number,
FRONT, BACK = (0, 1, 4, 5), (2, 3, 6, 7)  # or one half after the other


@intrinsic  # type: ignore[untyped-decorator]
def _turn_block(_: Any, staged: Any, feature: Any, period: Any, out: Any) -> Any:  # noqa: ARG001 - numba's form
    """Four features of four periods: four loads, eight shuffles and four stores."""
    for array in (staged, out):
        if array != types.Array(types.float32, 2, "C"):
            raise TypingError(f"features are turned from and to contiguous float32 tables; this is {array}.")

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        rows, columns = (context.make_array(signature.args[k])(context, builder, given[k]) for k in (0, 3))
        f, t = given[1], given[2]
        read = [builder.load(at, align=4) for at in _places(builder, rows, f, t)]
        turned = []
        for halves in (LOWER, UPPER):
            one, other = (_mixed(builder, read[k], read[k + 1], halves) for k in (0, 2))
            turned += [_mixed(builder, one, other, part) for part in (FRONT, BACK)]
        for four, at in zip(turned, _places(builder, columns, t, f), strict=True):
            builder.store(four, at, align=4)
        return context.get_dummy_value()

    return types.void(staged, types.intp, types.intp, out), generate


def _places(builder: Any, table: Any, row: Any, column: Any) -> list[Any]:
    """Pointers to four floats of a table, from a column on, in each of four rows."""
    width, found = builder.extract_value(table.shape, 1), []
    for _ in range(BLOCK):
        place = builder.add(builder.mul(row, width), column)
        found.append(builder.bitcast(builder.gep(table.data, [place]), FOUR_FLOATS.as_pointer()))
        row = builder.add(row, row.type(1))
    return found


def _mixed(builder: Any, one: Any, other: Any, places: Sequence[int]) -> Any:
    """Four of the eight floats of two registers."""
    return builder.shuffle_vector(one, other, ir.Constant(ir.VectorType(ir.IntType(32), BLOCK), places))


@compiled
def turn(staged: Any, out: Any) -> None:
    """Write ``staged``, shape (n_features, n_periods), into ``out``, shape (n_periods, n_features).

    Written number by number this takes longer than all statistics together; four by four it is as fast as copying.
    The number of features is a multiple of four; both are float32 and contiguous.
    """
    n_features, n_periods = staged.shape
    whole = n_periods - n_periods % BLOCK
    for t in range(0, whole, BLOCK):
        for f in range(0, n_features, BLOCK):
            _turn_block(staged, f, t, out)
    for t in range(whole, n_periods):
        for f in range(n_features):
            out[t, f] = staged[f, t]
