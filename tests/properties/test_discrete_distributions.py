"""Discrete distributions: sums, quantiles and samples tell one story."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from allocast.numerics.discrete import DiscreteDistribution

few = settings(max_examples=50, deadline=None, derandomize=True)


def distributions(rows: int = 3) -> st.SearchStrategy[DiscreteDistribution]:
    weights = st.integers(1, 8).flatmap(lambda k: arrays(np.int64, (rows, k), elements=st.integers(0, 20)))

    def normalised(counts: np.ndarray) -> DiscreteDistribution:
        counts = counts + (counts.sum(axis=1, keepdims=True) == 0)
        return DiscreteDistribution(probability=counts / counts.sum(axis=1, keepdims=True))

    return weights.map(normalised)


@given(one=distributions(), other=distributions())
@few
def test_the_sum_is_what_all_pairs_say(one: DiscreteDistribution, other: DiscreteDistribution) -> None:
    both = one.convolve(other)
    for row in range(3):
        by_pair = np.zeros(both.probability.shape[1])
        for i, p in enumerate(one.probability[row]):
            for j, q in enumerate(other.probability[row]):
                by_pair[i + j] += p * q
        np.testing.assert_allclose(both.probability[row], by_pair, atol=1e-12)
    np.testing.assert_allclose(both.mean, one.mean + other.mean, atol=1e-9)


@given(one=distributions(), other=distributions())
@few
def test_the_order_of_a_sum_does_not_matter(one: DiscreteDistribution, other: DiscreteDistribution) -> None:
    np.testing.assert_allclose(one.convolve(other).probability, other.convolve(one).probability, atol=1e-12)


@given(one=distributions(), level=st.floats(0.001, 0.999))
@few
def test_quantiles_samples_and_cumulative_agree(one: DiscreteDistribution, level: float) -> None:
    quantile = one.quantile(level)
    reached = np.take_along_axis(one.cumulative, quantile[:, None], axis=1)[:, 0]
    assert (reached >= level - 1e-9).all()
    before = np.where(
        quantile > 0, np.take_along_axis(one.cumulative, np.maximum(quantile - 1, 0)[:, None], 1)[:, 0], 0
    )
    assert (before < level).all()
    assert (one.at(np.full((3, 1), level - 1e-6))[:, 0] <= quantile).all()
    assert (one.at(np.full((3, 1), level + 1e-6))[:, 0] >= quantile).all()


@given(one=distributions())
@few
def test_evenly_spread_uniforms_give_back_the_probabilities(one: DiscreteDistribution) -> None:
    uniforms = np.tile((np.arange(2000) + 0.5) / 2000, (3, 1))
    values = one.at(uniforms)
    shares = [(values == k).mean(axis=1) for k in range(one.probability.shape[1])]
    np.testing.assert_allclose(np.stack(shares, axis=1), one.probability, atol=1e-3)


@given(one=distributions(), levels=st.lists(st.floats(0, 1), min_size=2, max_size=6))
@few
def test_quantiles_rise_with_the_level(one: DiscreteDistribution, levels: list[float]) -> None:
    by_level = np.stack([one.quantile(level) for level in sorted(levels)])
    assert (np.diff(by_level, axis=0) >= 0).all()
