from dataclasses import replace

import numpy as np
import pytest
import torch

from allocast.agents.agent_settings import ServiceLevelSettings
from allocast.agents.service_level.learning import learn_service_level
from allocast.agents.service_level.past_windows import PastWindows
from allocast.errors import DataError
from allocast.inventory.costs import Costs
from allocast.simulation.windows import WindowSettings

QUICK = ServiceLevelSettings(total_steps=40, learning_rate=0.1, penalty=0.0)


def past_of(factor: float = 1.0, *, n: int = 40, n_periods: int = 16, ends: bool = False) -> PastWindows:
    """Series that sell ``factor`` times what the forecast says; an order takes one period."""
    rng = np.random.default_rng(2)
    expected = rng.uniform(2.0, 10.0, n)
    shape = WindowSettings(periods=6, decisions=5, scored_from=1, ends=ends)
    starts = np.arange(n_periods - shape.periods + 1)
    return PastWindows(
        demand=rng.poisson(factor * expected[:, None], (n, n_periods)).astype(float),
        paths=rng.poisson(expected[None, :, None, None], (n_periods, n, 50, 2)).astype(np.float32),
        lately=np.zeros((n_periods, n)),
        starts=starts,
        on_hand=np.tile(expected, (len(starts), 1)),
        pipeline=np.tile(np.stack([expected, np.zeros(n)], axis=1), (len(starts), 1, 1)),
        lead_time=np.ones(n, dtype=np.int64),
        costs=Costs.uniform(n, holding_cost=0.2, shortage_cost=1.0),
        shape=shape,
    )


def test_it_orders_less_where_forecasts_were_too_high_and_more_where_they_were_too_low() -> None:
    low, high = (learn_service_level(past_of(factor), QUICK, seed=1) for factor in (0.6, 1.5))
    assert low.agent.shift < -0.5 < 0.5 < high.agent.shift
    for learned in (low, high):
        assert learned.curve[-1]["cost"] < learned.curve[0]["cost"] == learned.curve[-1]["order_up_to_cost"]


def test_the_same_seed_gives_the_same_agent_and_another_one_another() -> None:
    first, again, other = (learn_service_level(past_of(), QUICK, seed=seed).agent for seed in (1, 1, 2))
    assert first == again != other


def test_a_given_level_stays_where_it_is() -> None:
    given = replace(QUICK, classical_level=0.7)
    assert learn_service_level(past_of(0.6, ends=True), given, seed=1).agent.shift == 0.0


def test_only_where_everything_ends_the_last_decisions_learn() -> None:
    assert learn_service_level(past_of(), QUICK, seed=1).agent.last == (0.0, 0.0, 0.0)
    assert learn_service_level(past_of(ends=True), QUICK, seed=1).agent.last[0] != 0.0


def test_series_that_surprise_again_teach_it_to_look_at_what_sold_lately() -> None:
    past = past_of()
    surprise = np.where(np.arange(40) % 2, 0.7, 1.4)[:, None]
    lately = np.tile(np.log(surprise[:, 0]), (16, 1))
    surprised = replace(past, demand=np.rint(past.demand * surprise), lately=lately)
    assert learn_service_level(surprised, QUICK, seed=1).agent.lately > 0.5


def test_the_first_loss_is_what_the_rules_say() -> None:
    """Two series whose demand and stock can be followed by hand; nothing is needed, so nothing is ordered."""
    past = past_of(n=2)
    still = replace(
        past,
        demand=np.full((2, 16), 3.0),
        paths=np.zeros((16, 2, 50, 2), dtype=np.float32),
        on_hand=np.full_like(past.on_hand, 4.0),
        pipeline=np.zeros_like(past.pipeline),
    )
    learned = learn_service_level(still, replace(QUICK, total_steps=1), seed=1)
    assert learned.curve[0]["cost"] == pytest.approx(2.0 + 4 * 3.0)


def test_too_short_a_past_is_refused() -> None:
    with pytest.raises(DataError, match="needs a window of 6 periods or more"):
        past_of(n_periods=5)


def test_a_pipeline_shorter_than_the_lead_time_is_refused() -> None:
    past = past_of()
    with pytest.raises(DataError, match="pipeline must have 2 places or more; it has 1"):
        replace(past, pipeline=past.pipeline[:, :, :1])
    with pytest.raises(DataError, match="2 or more"):
        replace(past, paths=past.paths[:, :, :, :1])
    with pytest.raises(DataError, match="wholly within"):
        replace(past, starts=past.starts + 1)


def test_training_leaves_torch_with_the_threads_that_it_had() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    learn_service_level(past_of(), replace(QUICK, total_steps=1), seed=1)
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)
