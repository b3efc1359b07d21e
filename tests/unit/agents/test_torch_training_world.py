from dataclasses import replace

import numpy as np
import pytest
import torch

from allocast.agents.pathwise import PathwiseGradient
from allocast.agents.worlds.actions import fractile_action
from allocast.agents.worlds.torch_training_world import TorchTrainingWorld
from allocast.inventory.costs import Costs


def worlds(make_world, dual_world):
    uncertain = np.random.default_rng(1).choice([0.4, 1.0, 1.2], (3, 40, 12))
    owed = replace(Costs.uniform(3, holding_cost=1.0, shortage_cost=4.0), backorders=True)
    return {
        "one supplier": make_world(),
        "terms": make_world(order_cost=3.0, minimum_order=10.0, pack=4.0, capacity=24.0),
        "reviews": make_world(review_periods=2, lead_times=(1, 4)),
        "arrives at once": make_world(lead_times=(0,)),
        "deliveries": make_world(changes={"delivered_share": uncertain, "costs": owed}),
        "residual": make_world(changes={"action": "residual"}),
        "raw order": make_world(changes={"action": "order"}),
        "several": dual_world,
        "under way": make_world(changes={"under_way": 0.7}),
        "reviews under way": make_world(review_periods=2, lead_times=(1, 4), changes={"under_way": 0.7}),
        "long reviews": make_world(review_periods=3, lead_times=(1, 2), changes={"under_way": 0.7}),
        "several under way": replace(dual_world, under_way=1.0),
    }


NAMES = (
    "one supplier", "terms", "reviews", "arrives at once", "deliveries", "residual", "raw order", "several",
    "under way", "reviews under way", "long reviews", "several under way",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_torch_form_lives_through_the_same_episodes(make_world, dual_world, name):
    world = worlds(make_world, dual_world)[name]
    twin = TorchTrainingWorld(world, dtype=torch.float64)
    rng = np.random.default_rng(4)
    starts = world.draw_starts(200, rng)
    state, mirrored = world.begin(200, np.random.default_rng(4)), twin.begin_at(starts)
    np.testing.assert_array_equal(state.series, starts.series)
    while not world.is_over(state).any():
        np.testing.assert_allclose(twin.observe(mirrored).numpy(), world.observe(state), atol=1e-12)
        action = rng.uniform(-1.2, 1.2, (200, world.action_size))
        state, outcome = world.step(state, action)
        mirrored, cost = twin.step(mirrored, torch.tensor(action))
        np.testing.assert_allclose(cost.numpy(), -outcome.reward, atol=1e-12)


def test_a_start_is_drawn_as_the_world_draws_it(make_world):
    twin = make_world().differentiable()
    state = twin.begin(500, torch.Generator().manual_seed(3))
    again = twin.begin(500, torch.Generator().manual_seed(3))
    assert torch.equal(state.series, again.series)
    assert twin.observe(state).shape == (500, twin.observation_size)
    assert state.series.unique().tolist() == [0, 1, 2]


def test_the_gradient_leads_from_too_little_towards_the_critical_fractile(make_world):
    world = make_world(lead_times=(1,))
    twin = world.differentiable()
    slopes = []
    for action in (-0.6, 0.9):
        level = torch.full((400, 1), action, requires_grad=True)
        state = twin.begin(400, torch.Generator().manual_seed(1))
        total = torch.zeros(())
        for _ in range(twin.n_decisions):
            state, cost = twin.step(state, level)
            total = total + cost.mean()
        total.backward()
        slopes.append(level.grad.sum().item())
    assert slopes[0] < 0 < slopes[1]
    assert -0.6 < fractile_action(np.array([0.8])).item() < 0.9


def test_an_order_cost_is_felt_the_more_the_more_is_ordered(make_world):
    grads = []
    for order_cost in (0.0, 5.0):
        twin = make_world(lead_times=(3,), order_cost=order_cost).differentiable()
        action = torch.full((50, 1), 0.5, requires_grad=True)
        state = twin.begin(50, torch.Generator().manual_seed(1))
        twin.step(state, action)[1].sum().backward()
        grads.append(action.grad.sum().item())
    assert grads[0] == 0.0  # within one period an order that is under way changes nothing
    assert grads[1] > 0.0


def test_after_the_last_moment_the_first_follows(make_world):
    world = make_world(lead_times=(2,))
    twin = world.differentiable()
    state = twin.begin(20, torch.Generator().manual_seed(1))
    for _ in range(3 * world.n_moments):
        state, cost = twin.step(state, torch.zeros(20, 1))
        assert torch.isfinite(cost).all()
        assert int(state.period.max()) < world.n_moments


@pytest.mark.parametrize(
    "name", ["one supplier", "reviews under way", "long reviews", "deliveries", "several"]
)
def test_learning_on_after_loading_is_as_if_it_had_never_stopped_though_pipelines_change_their_length(
    name, make_world, dual_world, tmp_path
):
    world = TorchTrainingWorld(worlds(make_world, dual_world)[name])
    settings = {"n_paths": 32, "n_steps": 2, "n_tail_steps": 1, "policy_kwargs": {"net_arch": [8]}, "seed": 3}
    one_update = 32 * 3
    whole = PathwiseGradient("MlpPolicy", world, **settings).learn(4 * one_update)
    PathwiseGradient("MlpPolicy", world, **settings).learn(2 * one_update).save(tmp_path / "half.zip")
    half = PathwiseGradient.load(tmp_path / "half.zip", env=world)
    half.learn(2 * one_update, reset_num_timesteps=False)
    for mine, other in zip(half.policy.parameters(), whole.policy.parameters(), strict=True):
        assert torch.equal(mine, other)
