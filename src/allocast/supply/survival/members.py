"""Several boosters, each learned without a part of the rows that its hazards are then compared with."""

from dataclasses import dataclass

import lightgbm as lgb
import numpy as np

from allocast.numerics.arrays import BoolArray, FloatArray, IntArray

__all__ = ["Learned", "learn_members", "left_out_of"]

FEWEST_EVENTS = 10  # that each member must be without: fewer say nothing of its level


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learned:
    """Person-periods as boosters learn from them.

    Parameters
    ----------
    features : float32 array of shape (n, n_columns)
    label : array of shape (n,), in events a day
    weight : array of shape (n,), in days
    row : array of shape (n,)
        The row that each belongs to.
    """

    features: FloatArray
    label: FloatArray
    weight: FloatArray
    row: IntArray

    def dataset(self, settings: dict[str, object], reference: lgb.Dataset | None = None) -> lgb.Dataset:
        """The same for LightGBM."""
        return lgb.Dataset(
            self.features, label=self.label, weight=self.weight, params=settings, reference=reference
        )


def left_out_of(
    event: BoolArray, n_members: int, rng: np.random.Generator, groups: IntArray | None = None
) -> IntArray:
    """The member that each row is kept from, events and others shared out evenly, shape (n,).

    Rows of one group are kept from the same member. All 0 where there are too few events to leave any out.
    """
    group = np.arange(len(event)) if groups is None else np.unique(groups, return_inverse=True)[1]
    happened = np.bincount(group, event, minlength=1) > 0
    n_members = min(n_members, int(happened.sum()) // FEWEST_EVENTS)
    if n_members < 2:
        return np.zeros(len(event), dtype=np.int64)
    order = np.lexsort((rng.random(len(happened)), happened))
    member = np.empty(len(happened), dtype=np.int64)
    member[order] = np.arange(len(happened)) % n_members
    return member[group]


def learn_members(
    learned: Learned,
    left_out: IntArray,
    settings: dict[str, object],
    *,
    rounds: int,
    rng: np.random.Generator,
) -> list[lgb.Booster]:
    """Boosters of which each has learned without its part of the rows; one, of all rows, where none are left out.

    Parameters
    ----------
    learned : Learned
    left_out : array of shape (n_rows,)
        As `left_out_of` makes it.
    settings : dict
        Of LightGBM.
    rounds : int, >= 1
        Of each member.
    rng : Generator
        Draws the members' seeds.
    """
    n_members = int(left_out.max(initial=0)) + 1
    data = learned.dataset(settings)
    if n_members == 1:
        return [lgb.train(settings, data, num_boost_round=rounds)]
    data.construct()
    absent = left_out[learned.row]
    return [
        lgb.train(
            settings | {"seed": int(seed)},
            data.subset(np.flatnonzero(absent != member)),
            num_boost_round=rounds,
        )
        for member, seed in enumerate(rng.integers(2**31 - 1, size=n_members))
    ]
