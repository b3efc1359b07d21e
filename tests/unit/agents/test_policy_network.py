import io
from itertools import pairwise

import numpy as np
import pytest
from stable_baselines3 import A2C, PPO

from allocast.agents.policy_network import PolicyNetwork
from allocast.agents.vector_environment import InventoryVecEnv
from allocast.errors import DataError


def network(*sizes):
    rng = np.random.default_rng(1)
    pairs = list(pairwise(sizes))
    return PolicyNetwork(
        weights=tuple(rng.normal(size=pair) for pair in pairs),
        biases=tuple(rng.normal(size=n_out) for _, n_out in pairs),
    )


@pytest.mark.parametrize(("algorithm", "hidden"), [(PPO, [16, 8]), (A2C, [12])])
def test_the_arrays_act_as_sb3_predicts(make_world, algorithm, hidden):
    env = InventoryVecEnv(make_world(), 4)
    model = algorithm("MlpPolicy", env, policy_kwargs={"net_arch": hidden}, seed=1, device="cpu")
    observation = env.observation_space.sample()[None, :].repeat(50, axis=0)
    observation *= np.random.default_rng(1).uniform(0, 1, observation.shape).astype(np.float32)
    expected, _ = model.predict(observation, deterministic=True)
    ours = PolicyNetwork.from_sb3(model.policy).action(observation)
    np.testing.assert_allclose(ours, expected[:, 0], atol=1e-5)


def test_a_network_comes_back_from_its_bytes():
    before = network(3, 5, 1)
    after = PolicyNetwork.from_bytes(before.to_bytes())
    observation = np.random.default_rng(2).normal(size=(20, 3))
    np.testing.assert_array_equal(before.action(observation), after.action(observation))
    assert after.to_bytes() == before.to_bytes()


def test_pickled_objects_are_refused():
    buffer = io.BytesIO()
    np.savez(buffer, weight_0=np.array([{"a": 1}], dtype=object), bias_0=np.zeros(1))
    with pytest.raises(DataError, match="plain arrays"):
        PolicyNetwork.from_bytes(buffer.getvalue())


@pytest.mark.parametrize("content", [b"", b"no archive"])
def test_what_is_no_network_is_refused(content):
    with pytest.raises(DataError, match="plain arrays"):
        PolicyNetwork.from_bytes(content)


@pytest.mark.parametrize(
    ("weights", "biases"),
    [
        ((), ()),
        ((np.ones((3, 2)),), (np.ones(2),)),
        ((np.ones((3, 2)), np.ones((3, 1))), (np.ones(2), np.ones(1))),
        ((np.ones((3, 1)),), (np.ones(2),)),
    ],
    ids=["no layer", "two outputs", "layers that do not fit", "a bias that does not fit"],
)
def test_layers_that_do_not_fit_are_refused(weights, biases):
    with pytest.raises(DataError, match="layers must fit each other"):
        PolicyNetwork(weights=weights, biases=biases)
