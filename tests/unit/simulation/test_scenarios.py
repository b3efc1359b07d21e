import numpy as np
import pytest

from allocast.errors import DataError
from allocast.numerics.discrete import DiscreteDistribution
from allocast.simulation.scenarios.block_bootstrap import block_bootstrap
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.order_fates import sample_lead_times, sample_shares


def bootstrap(history, **changes):
    given = {"n_paths": 300, "n_periods": 10, "block_periods": 4, "rng": np.random.default_rng(1)}
    return block_bootstrap(history, **(given | changes))


def test_a_block_keeps_what_follows_within_it_and_all_series_together():
    history = np.arange(30.0)
    paths = bootstrap(np.stack([history, 100 + history]))
    assert paths.shape == (2, 300, 10)
    np.testing.assert_array_equal(paths[1], 100 + paths[0])
    steps = np.diff(paths[0], axis=1)
    assert (steps[:, [0, 1, 2, 4, 5, 6, 8]] == 1).all()
    assert (steps[:, [3, 7]] != 1).any()


def test_every_period_of_the_past_can_come_again_and_nothing_else():
    history = np.random.default_rng(3).poisson(5.0, (1, 12)).astype(float)
    assert set(np.unique(bootstrap(history, block_periods=1))) == set(history[0])


def test_a_block_begins_whole_seasons_earlier():
    place_in_year = np.arange(36.0) % 12
    paths = bootstrap(place_in_year[None, :], season_periods=12, n_periods=24)
    np.testing.assert_array_equal(paths[0], np.tile(np.arange(24.0) % 12, (300, 1)))


def test_a_seed_repeats_the_paths():
    history = np.random.default_rng(3).random((2, 20))
    np.testing.assert_array_equal(bootstrap(history), bootstrap(history))
    assert not np.array_equal(bootstrap(history), bootstrap(history, rng=np.random.default_rng(2)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"block_periods": 21}, r"block_periods must be in 1 … 20; it is 21"),
        ({"n_paths": 0}, "n_paths must be >= 1; it is 0"),
        ({"season_periods": 40}, "20 known periods hold no block of 4 for coming period 0 in a season of 40"),
        ({"history": np.array([[1.0, 2.0], [np.nan, 1.0]])}, "series 1 has gaps"),
    ],
)
def test_blocks_that_cannot_be_taken_are_refused(changes, message):
    with pytest.raises(DataError, match=message):
        bootstrap(**({"history": np.ones((2, 20))} | changes))


def lead_times(*rows):
    return LeadTimeDistribution(period_days=7, periods=DiscreteDistribution(probability=np.array(rows)))


def test_a_series_keeps_its_luck_whoever_else_is_there():
    slow, fast = lead_times([0.1, 0.4, 0.5], [0.0, 0.5, 0.5]), lead_times([1.0, 0.0, 0.0], [0.5, 0.5, 0.0])
    keys = np.array(["a", "b"], dtype=object)
    size = {"n_paths": 400, "n_periods": 5, "seed": 3}
    both = sample_lead_times([slow, fast], keys, **size)
    assert both.shape == (2, 400, 5, 2)
    alone = sample_lead_times([slow.take(np.array([1]))], keys[1:], **size)
    np.testing.assert_array_equal(both[1:, :, :, :1], alone)
    seen = np.bincount(both[0, :, :, 0].ravel(), minlength=3) / 2000
    np.testing.assert_allclose(seen, [0.1, 0.4, 0.5], atol=0.04)


def test_shares_come_from_the_model_at_the_series_own_uniforms():
    class Even:
        def at(self, lines, uniforms, received):
            assert (received == 0).all()
            return lines * uniforms

    keys = np.array(["a", "b"], dtype=object)
    shares = sample_shares(Even(), [1.0, 0.5], keys, n_paths=50, n_periods=4, seed=3)
    assert shares.shape == (2, 50, 4, 2)
    assert 0.9 < shares[..., 0].max() <= 1.0
    assert 0.4 < shares[..., 1].max() <= 0.5
