"""The pathwise trainer keeps Stable-Baselines3's manners."""

import numpy as np
import pytest
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback

from allocast.agents.pathwise import Cosine, PathwiseGradient
from allocast.agents.pathwise.lost_sales import LostSalesPaths
from allocast.agents.pathwise.vector_environment import DifferentiableVecEnv
from allocast.errors import DataError
from allocast.simulation.textbook.lost_sales import LostSales
from allocast.simulation.textbook.lost_sales_cost import policy_cost

INSTANCE = LostSales(demand="poisson", mean=3.0, shortage_cost=9.0, lead_time=2)
NETWORK = {"net_arch": [16], "activation_fn": torch.nn.SiLU}
ONE_UPDATE = 64 * 24


def learner(**settings):
    settings = {"n_paths": 64, "seed": 7, "policy_kwargs": NETWORK} | settings
    return PathwiseGradient("MlpPolicy", LostSalesPaths(INSTANCE), **settings)


def weights(model):
    return {name: tensor.clone() for name, tensor in model.policy.state_dict().items()}


def same(ours, theirs):
    return all(torch.equal(ours[name], theirs[name]) for name in ours) and ours.keys() == theirs.keys()


def test_a_short_training_beats_every_base_stock_level():
    model = learner(learning_rate=0.02)
    model.learn(100_000)
    levels = [policy_cost(INSTANCE, lambda x, s=s: np.maximum(s - x.sum(1), 0)).cost for s in range(9, 15)]
    learned = policy_cost(INSTANCE, LostSalesPaths(INSTANCE).rule(model.policy)).cost
    assert learned < 0.99 * min(levels)


def test_two_trainings_with_one_seed_are_equal():
    assert same(weights(learner().learn(3 * ONE_UPDATE)), weights(learner().learn(3 * ONE_UPDATE)))
    assert not same(weights(learner().learn(3 * ONE_UPDATE)), weights(learner(seed=8).learn(3 * ONE_UPDATE)))


def test_what_was_saved_predicts_the_same_without_an_environment(tmp_path):
    model = learner().learn(2 * ONE_UPDATE)
    model.save(tmp_path / "model.zip")
    loaded = PathwiseGradient.load(tmp_path / "model.zip")
    observations = np.random.default_rng(3).normal(size=(20, 2)).astype(np.float32)
    np.testing.assert_array_equal(
        loaded.predict(observations, deterministic=True)[0],
        model.predict(observations, deterministic=True)[0],
    )
    assert same(weights(loaded), weights(model)) and loaded.num_timesteps == model.num_timesteps


def test_learning_on_after_loading_is_as_if_it_had_never_stopped(tmp_path):
    whole = learner().learn(4 * ONE_UPDATE)
    learner().learn(2 * ONE_UPDATE).save(tmp_path / "half.zip")
    half = PathwiseGradient.load(tmp_path / "half.zip", env=LostSalesPaths(INSTANCE))
    half.learn(2 * ONE_UPDATE, reset_num_timesteps=False)
    assert same(weights(half), weights(whole)) and half.num_timesteps == whole.num_timesteps


def test_a_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / "model.zip").write_text("something else")
    with pytest.raises(DataError, match=r"no file of PathwiseGradient.save"):
        PathwiseGradient.load(tmp_path / "model.zip")


def test_a_network_that_a_file_cannot_say_is_not_saved(tmp_path):
    model = learner(policy_kwargs={"net_arch": [4], "activation_fn": torch.nn.Mish})
    with pytest.raises(DataError, match="activation_fn must be one of"):
        model.save(tmp_path / "model.zip")


def test_ppo_and_the_pathwise_trainer_start_from_each_others_networks():
    world = DifferentiableVecEnv(LostSalesPaths(INSTANCE, orders="whole"), 64)
    ppo = PPO(
        "MlpPolicy", world, n_steps=8, batch_size=128, n_epochs=1, seed=1, policy_kwargs=NETWORK, device="cpu"
    )
    ppo.learn(64 * 8)
    model = learner()
    model.policy.load_state_dict(ppo.policy.state_dict())
    assert same(weights(model), weights(ppo))
    model.learn(ONE_UPDATE)
    ppo.policy.load_state_dict(model.policy.state_dict())
    ppo.learn(64 * 8)
    assert not same(weights(model), weights(ppo))


def test_a_callback_is_called_each_period_and_can_stop_the_training():
    class Stop(BaseCallback):
        def _on_step(self):
            return self.n_calls < 46  # in the tail of the second update

    stop = Stop()
    model = learner().learn(10 * ONE_UPDATE, callback=stop)
    assert stop.n_calls == 46 and model.num_timesteps == 46 * 64 and model._n_updates == 1
    assert all(parameter.requires_grad for parameter in model.policy.parameters())


def test_the_learning_rate_follows_its_schedule_and_the_critic_stays_as_it_was():
    rates = []
    model = learner(learning_rate=lambda remaining: rates.append(remaining) or 0.01 * remaining)
    before = weights(model)
    model.learn(2 * ONE_UPDATE)
    after = weights(model)
    assert model.policy.optimizer.param_groups[0]["lr"] == 0.0 and 0.5 in rates
    assert torch.equal(after["value_net.weight"], before["value_net.weight"])
    assert not torch.equal(after["action_net.weight"], before["action_net.weight"])


def test_orders_of_the_tail_teach_nothing():
    def learned(n_steps, n_tail_steps):
        return weights(learner(n_steps=n_steps, n_tail_steps=n_tail_steps).learn(64))

    all_teach = learned(4, 0)
    assert same(learned(2, 2), all_teach), "the last two orders arrive after the last period"
    assert not same(learned(1, 3), all_teach)


def test_a_training_that_is_finished_learns_on_after_loading(tmp_path):
    learner(learning_rate=Cosine(highest=0.01)).learn(2 * ONE_UPDATE).save(tmp_path / "model.zip")
    loaded = PathwiseGradient.load(tmp_path / "model.zip", env=LostSalesPaths(INSTANCE))
    before = weights(loaded)
    loaded.learn(8 * ONE_UPDATE, reset_num_timesteps=False)
    assert not same(before, weights(loaded))
