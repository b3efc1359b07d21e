"""How long such an order usually takes, whoever delivers: what the pace of a supplier is measured against."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, cg

from allocast.numerics.arrays import BoolArray, FloatArray, IntArray
from allocast.supply.suppliers.log_errors import LogErrors

__all__ = ["UsualDays"]

ROUNDS = 8
SUPPLIER_STRENGTH, SEASON_STRENGTH, LEVEL_STRENGTH = 3.0, 10.0, 5.0  # orders that "like the others" is worth
PAIR_STRENGTH, LARGEST_STRENGTH = 20.0, 1e5  # the same of pairs: found from how much their values differ
LEAST_VARIANCE, LARGEST_VARIANCE = 0.1, 4.0  # between suppliers, over the variance of an order
N_CUTS = 10  # places that a column of numbers is cut into
ORDERS_A_PAIR = 20  # orders that there must be for each pair of values of two columns
SEASON_DAYS = 182  # suppliers may change: each has an effect for ever and one for each half year
LARGEST_ERROR = 2.5  # standard deviations: what is further off counts as this far


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualDays:
    """A sum of effects on the log of the days: of the quote, the units, and each category of the order.

    Fitted together with an effect of each supplier, so that what suppliers are like does not pass for what
    their orders are like; used without it. Censored durations are filled in with what is to be expected of them
    (Buckley and James), and a duration that is far off counts as less far off (Huber).

    Parameters
    ----------
    intercept : float
    slopes : array of shape (2,)
        Of the log of the quoted days and of the log of the units, both less their ``middles``.
    middles : array of shape (2,)
        Also stand for what is missing.
    levels : tuple of arrays
        Effects of the values of each further column, by place; a value that is missing or beyond has none.
    cuts : tuple of arrays
        Where a column of numbers is cut into places; empty for a column that holds places already.
    pairs : tuple of (column, column, width)
        Columns with few values that also have an effect together, at place (first place x width + second place):
        further columns of ``levels``.
    errors : LogErrors
        What is left over.
    supplier_variance : float
        Of the effects of suppliers, as far as chance does not explain them.

    References
    ----------
    Buckley, J. and James, I. (1979), Linear regression with censored data, Biometrika 66:429.
    """

    intercept: float
    slopes: FloatArray
    middles: FloatArray
    levels: tuple[FloatArray, ...]
    cuts: tuple[FloatArray, ...]
    pairs: tuple[tuple[int, int, int], ...]
    errors: LogErrors
    supplier_variance: float

    @classmethod
    def fit(
        cls,
        matrix: FloatArray,
        *,
        n_numbers: int,
        supplier: IntArray,
        ordered_on: FloatArray,
        line: IntArray,
        days: FloatArray,
        event: BoolArray,
        weight: FloatArray,
    ) -> "UsualDays":
        """Learn from rows of waiting.

        Parameters
        ----------
        matrix : array of shape (n_lines, n_columns)
            Quoted days, log units, then columns of places (NaN is missing), the last ``n_numbers`` of them numbers.
        n_numbers : int, >= 0
        supplier : array of int, shape (n_lines,)
        ordered_on : array of shape (n_lines,), in days
        line : array of int, shape (n_rows,)
            The line of each row of waiting.
        days : array of shape (n_rows,), in days, > 0
        event : array of bool, shape (n_rows,)
            False where a duration is censored.
        weight : array of shape (n_rows,), > 0
        """
        cuts = tuple(
            _cuts(matrix[:, k]) if k >= matrix.shape[1] - n_numbers else np.empty(0)
            for k in range(2, matrix.shape[1])
        )
        with np.errstate(invalid="ignore"):
            middles = np.nan_to_num([_middle(column) for column in _linear(matrix).T])
        single = _places(matrix, cuts)
        n_values = (single.max(axis=0, initial=-1) + 1)[: len(cuts) - n_numbers]
        pairs = _pairs(n_values, float(event @ weight))
        places = _with_pairs(single, pairs)
        season = np.unique(
            np.column_stack([supplier, ordered_on // SEASON_DAYS]), axis=0, return_inverse=True
        )[1]
        groups = [*places.T, supplier, season.ravel()]
        sizes = [int(group.max(initial=-1)) + 1 for group in groups]
        design = _design(np.nan_to_num(_linear(matrix) - middles), groups, sizes)[line]
        ends = np.cumsum([3, *sizes])
        target, strengths = np.log(days), np.full(len(sizes), PAIR_STRENGTH)
        n_single = len(cuts)
        strengths[:n_single], strengths[-2:] = LEVEL_STRENGTH, (SUPPLIER_STRENGTH, SEASON_STRENGTH)
        solve = _solver(design, weight)
        found = solve(np.where(event, target, target + 0.3), np.zeros(ends[-1]), _penalty(strengths, sizes))
        counts = design.T @ weight
        for _ in range(ROUNDS):
            said = design @ found
            errors = LogErrors.fit(target - said, event, weight)
            reach = LARGEST_ERROR * errors.spread
            filled = np.where(event, target - said, errors.beyond(target - said))
            free = _free(counts, ends, strengths)
            spread = errors.spread * _optimism(float(event @ weight), free)
            strengths[n_single:-2] = _strengths(found, ends, free, spread)[n_single:-2]
            found = solve(said + np.clip(filled, -reach, reach), found, _penalty(strengths, sizes))
        optimism = _optimism(float(event @ weight), _free(counts, ends, strengths))
        errors = LogErrors.fit((target - design @ found) * optimism, event, weight)
        return cls(
            intercept=float(found[0]),
            slopes=found[1:3],
            middles=middles,
            levels=tuple(found[a:b] for a, b in pairwise(ends[:-2])),
            cuts=cuts,
            pairs=pairs,
            errors=errors,
            supplier_variance=_variance_between(
                found[ends[-3] : ends[-2]], counts[ends[-3] : ends[-2]], errors.spread
            ),
        )

    def log_days(self, matrix: FloatArray) -> FloatArray:
        """Log of the usual days of lines, shape (n_lines,); of columns as `fit` had them."""
        places = _with_pairs(_places(matrix, self.cuts), self.pairs)
        log_days: FloatArray = self.intercept + np.nan_to_num(_linear(matrix) - self.middles) @ self.slopes
        for place, levels in zip(places.T, self.levels, strict=True):
            seen = (place >= 0) & (place < len(levels))
            log_days = log_days + np.append(levels, 0.0)[np.where(seen, place, -1)]
        return log_days

    def state(self) -> dict[str, Any]:
        """Numbers and lists that `from_state` makes it from again."""
        return {
            "intercept": self.intercept,
            "slopes": self.slopes.tolist(),
            "middles": self.middles.tolist(),
            "levels": [levels.tolist() for levels in self.levels],
            "cuts": [cuts.tolist() for cuts in self.cuts],
            "pairs": self.pairs,
            "errors": self.errors.state(),
            "supplier_variance": self.supplier_variance,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "UsualDays":
        """The model whose ``state()`` this was."""
        return cls(
            intercept=float(state["intercept"]),
            slopes=np.array(state["slopes"]),
            middles=np.array(state["middles"]),
            levels=tuple(np.array(levels, dtype=np.float64) for levels in state["levels"]),
            cuts=tuple(np.array(cuts, dtype=np.float64) for cuts in state["cuts"]),
            pairs=tuple(tuple(pair) for pair in state["pairs"]),
            errors=LogErrors.from_state(state["errors"]),
            supplier_variance=float(state["supplier_variance"]),
        )


def _variance_between(shrunken: FloatArray, received: FloatArray, spread: float) -> float:
    """Variance of the effects of suppliers beyond what chance makes of so many orders (DerSimonian and Laird)."""
    seen = received > 0
    n, effects = received[seen], shrunken[seen] * (1 + SUPPLIER_STRENGTH / received[seen])
    around = float(n @ (effects - np.average(effects, weights=n)) ** 2)
    free = float(n.sum() - (n @ n) / n.sum())
    between = (around - (len(n) - 1) * spread**2) / free if free > 0 else 0.0
    return float(np.clip(between, LEAST_VARIANCE * spread**2, LARGEST_VARIANCE * spread**2))


def _free(counts: FloatArray, ends: IntArray, strengths: FloatArray) -> FloatArray:
    """Values of each group that are learned freely, as far as each is not drawn to the others, shape (n_groups,)."""
    groups = zip(pairwise(ends), strengths, strict=True)
    return np.array([(counts[a:b] / (counts[a:b] + strength)).sum() for (a, b), strength in groups])


def _optimism(received: float, free: FloatArray) -> float:
    """By how much errors are too small where they are measured on the orders that were learned from."""
    return float(np.sqrt(received / max(received - free.sum() - 3.0, 0.2 * received)))


def _strengths(found: FloatArray, ends: IntArray, free: FloatArray, spread: float) -> FloatArray:
    """How many orders "like the others" is worth in each group, from how much its values differ (MacKay's update).

    A group whose values do not differ by more than chance explains is all but left out.
    """
    squares = np.array([(found[a:b] ** 2).sum() for a, b in pairwise(ends)])
    found_now: FloatArray = np.clip(
        free * spread**2 / np.maximum(squares, 1e-12), PAIR_STRENGTH, LARGEST_STRENGTH
    )
    return found_now


def _penalty(strengths: FloatArray, sizes: list[int]) -> FloatArray:
    return np.concatenate([np.full(3, 0.1), np.repeat(strengths, sizes)])


def _linear(matrix: FloatArray) -> FloatArray:
    """Log of the quoted days, and the log of the units; a quote of 0 days is read as half a day."""
    return np.column_stack([np.log(np.maximum(matrix[:, 0], 0.5)), matrix[:, 1]])


def _middle(column: FloatArray) -> float:
    return float(np.nanmean(column)) if not np.isnan(column).all() else 0.0


def _cuts(column: FloatArray) -> FloatArray:
    """Quantiles between which a column of numbers counts as one value."""
    seen = column[~np.isnan(column)]
    return np.unique(np.quantile(seen, np.linspace(0, 1, N_CUTS + 1)[1:-1])) if len(seen) else np.empty(0)


def _places(matrix: FloatArray, cuts: tuple[FloatArray, ...]) -> IntArray:
    """Place of each value of the columns beyond the second, -1 where missing, shape (n, n_columns - 2)."""
    columns = []
    for k, own in enumerate(cuts, start=2):
        column = matrix[:, k]
        place = np.searchsorted(own, column, side="left") if len(own) else np.nan_to_num(column, nan=-1)
        columns.append(np.where(np.isnan(column), -1, place).astype(np.int64))
    return np.column_stack(columns) if columns else np.empty((len(matrix), 0), dtype=np.int64)


def _pairs(sizes: IntArray, received: float) -> tuple[tuple[int, int, int], ...]:
    """Pairs of columns, those with the fewest values first, as long as there are orders enough for all of them."""
    values = {
        (i, j): int(sizes[i] * sizes[j]) for i, j in combinations(range(len(sizes)), 2) if sizes[i] * sizes[j]
    }
    chosen = sorted(values, key=lambda pair: values[pair])
    enough = np.cumsum([values[pair] for pair in chosen]) * ORDERS_A_PAIR <= received
    return tuple((i, j, int(sizes[j])) for (i, j), few in zip(chosen, enough, strict=True) if few)


def _with_pairs(places: IntArray, pairs: tuple[tuple[int, int, int], ...]) -> IntArray:
    """The columns of places and one a pair, -1 where one of its values is missing or was not seen."""
    columns = [places]
    for i, j, width in pairs:
        both = (places[:, i] >= 0) & (places[:, j] >= 0) & (places[:, j] < width)
        columns.append(np.where(both, places[:, i] * width + places[:, j], -1)[:, None])
    return np.hstack(columns)


def _design(linear: FloatArray, groups: list[IntArray], sizes: list[int]) -> sparse.csr_array:
    """A row of ones, the linear columns, and one column a value of each group; missing values have none."""
    n = len(linear)
    blocks = [sparse.csr_array(np.column_stack([np.ones(n), linear]))]
    for group, size in zip(groups, sizes, strict=True):
        seen = np.flatnonzero(group >= 0)
        ones = (np.ones(len(seen)), (seen, group[seen]))
        blocks.append(sparse.csr_array(ones, shape=(n, size)))
    return sparse.csr_array(sparse.hstack(blocks, format="csr"))


def _solver(design: sparse.csr_array, weight: FloatArray) -> Any:
    """A function from a target, a start and penalties to the coefficients of weighted ridge regression."""
    turned = sparse.csr_array(design.T)
    squares = turned.multiply(turned) @ weight

    def solve(target: FloatArray, start: FloatArray, penalty: FloatArray) -> FloatArray:
        def normal(v: FloatArray) -> FloatArray:
            product: FloatArray = turned @ (weight * (design @ v)) + penalty * v
            return product

        size, diagonal = len(penalty), penalty + squares
        operator = LinearOperator((size, size), matvec=normal, dtype=np.float64)
        scaled = LinearOperator((size, size), matvec=lambda v: v / diagonal, dtype=np.float64)
        right = turned @ (weight * target)
        found: FloatArray = cg(operator, right, x0=start, rtol=1e-6, maxiter=300, M=scaled)[0]
        return found

    return solve
