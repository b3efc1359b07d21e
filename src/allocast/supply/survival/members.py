"""Several boosters, each learned without a part of the rows that its hazards are then compared with."""

from dataclasses import dataclass

import lightgbm as lgb
import numpy as np

from allocast.numerics.arrays import BoolArray, FloatArray, IntArray
from allocast.supply.survival.mean_booster import mean_booster
from allocast.supply.survival.pooled_hazard import pooled_hazard

__all__ = ["Learned", "learn_members", "left_out_of"]

FEWEST_EVENTS = 10  # that each member must be without: fewer say nothing of its level
COMPARED_ROWS = 200_000  # person-periods that the level is taken from


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learned:
    """Person-periods as boosters learn from them.

    Parameters
    ----------
    features : float32 array of shape (n, n_columns)
    time : int
        The column that holds the end of each period.
    label : array of shape (n,), in events a day
    weight : array of shape (n,), in days
    row : array of shape (n,)
        The row that each belongs to.
    """

    features: FloatArray
    time: int
    label: FloatArray
    weight: FloatArray
    row: IntArray

    def start(self, settings: dict[str, object]) -> tuple[lgb.Dataset, lgb.Booster]:
        """The same for LightGBM, to begin with the hazard of all rows together; and that hazard."""
        data = lgb.Dataset(self.features, label=self.label, weight=self.weight, params=settings)
        time = self.features[:, self.time]
        pooled = pooled_hazard(
            data, settings, time=time, column=self.time, label=self.label, weight=self.weight
        )
        return data.set_init_score(self.of_all(pooled)), pooled

    def beside(self, train: lgb.Dataset, pooled: lgb.Booster) -> lgb.Dataset:
        """The same for LightGBM, to judge by what is learned from others."""
        scores = self.of_all(pooled)
        return lgb.Dataset(
            self.features, label=self.label, weight=self.weight, init_score=scores, reference=train
        )

    def of_all(self, pooled: lgb.Booster) -> FloatArray:
        """Logarithm of the hazard of all rows together, shape (n,)."""
        ends, place = np.unique(self.features[:, self.time], return_inverse=True)
        rows = np.zeros((len(ends), self.features.shape[1]), dtype=np.float32)
        rows[:, self.time] = ends
        scores: FloatArray = pooled.predict(rows, raw_score=True)[place]
        return scores


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
) -> lgb.Booster:
    """One booster: the mean of the log hazards of its members, at the level that rows not learned from have.

    Trees fit some of the noise of their rows; those with a high hazard by chance are at risk for less long than
    others like them, so that new rows see fewer events than expected, a few in a hundred. How many fewer is seen in
    the rows that each member did not learn from, and made up for by one factor for all.

    Parameters
    ----------
    learned : Learned
    left_out : array of shape (n_rows,)
        As `left_out_of` makes it; all 0 means one booster, learned from all rows, its level as it is.
    settings : dict
        Of LightGBM.
    rounds : int, >= 1
        Of each member.
    rng : Generator
        Draws the members' seeds, and the person-periods compared.
    """
    n_members = int(left_out.max(initial=0)) + 1
    data, pooled = learned.start(settings)
    if n_members == 1:
        return mean_booster([lgb.train(settings, data, num_boost_round=rounds)], beside=pooled)
    absent = left_out[learned.row]
    members = [
        lgb.train(
            settings | {"seed": int(seed)},
            data.subset(np.flatnonzero(absent != member)),
            num_boost_round=rounds,
        )
        for member, seed in enumerate(rng.integers(2**31 - 1, size=n_members))
    ]
    return mean_booster(members, beside=pooled, shift=_shift(members, pooled, learned, absent, rng))


def _shift(
    members: list[lgb.Booster],
    pooled: lgb.Booster,
    learned: Learned,
    absent: IntArray,
    rng: np.random.Generator,
) -> float:
    """Logarithm of the events seen ÷ those expected of rows that were not learned from."""
    some = np.sort(rng.permutation(len(learned.row))[:COMPARED_ROWS])
    logs = np.stack([each.predict(learned.features[some], raw_score=True) for each in members])
    days = learned.weight[some] * np.exp(learned.of_all(pooled)[some])
    own = np.exp(logs)
    expected = days @ own[absent[some], np.arange(len(some))]
    # Members expect this much on average; the mean of their logarithms expects less.
    expected *= (days @ np.exp(logs.mean(axis=0))) / (days @ own.mean(axis=0))
    return float(np.log((learned.weight[some] @ learned.label[some]) / expected))
