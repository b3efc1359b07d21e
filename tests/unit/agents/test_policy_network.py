import io
from itertools import pairwise

import numpy as np
import pytest

from allocast.agents.agent_settings import ALGORITHMS, settings_from
from allocast.agents.algorithms import make_algorithm
from allocast.agents.policy_network import PolicyNetwork
from allocast.errors import DataError


@pytest.fixture
def world(make_world):
    return make_world()


def network(*sizes):
    rng = np.random.default_rng(1)
    pairs = list(pairwise(sizes))
    return PolicyNetwork(
        weights=tuple(rng.normal(size=pair) for pair in pairs),
        biases=tuple(rng.normal(size=n_out) for _, n_out in pairs),
    )


@pytest.mark.parametrize("algorithm", sorted({*ALGORITHMS} - {"service_level"}))  # it has no network
@pytest.mark.parametrize("fixture", ["world", "dual_world"])
def test_the_arrays_act_as_sb3_predicts(request, algorithm, fixture):
    settings = settings_from({"algorithm": algorithm, "n_envs": 8, "n_steps": 2, "hidden_sizes": (16, 8)})
    model = make_algorithm(request.getfixturevalue(fixture), settings, seed=1)
    high = np.minimum(model.observation_space.high, 10.0)
    observation = high[None, :].repeat(50, axis=0)
    observation *= np.random.default_rng(1).uniform(0, 1, observation.shape).astype(np.float32)
    expected, _ = model.predict(observation, deterministic=True)
    ours = PolicyNetwork.from_sb3(model.policy).action(observation)
    np.testing.assert_allclose(ours, expected, atol=1e-5)


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
        ((np.ones((3, 2)), np.ones((3, 1))), (np.ones(2), np.ones(1))),
        ((np.ones((3, 1)),), (np.ones(2),)),
    ],
    ids=["no layer", "layers that do not fit", "a bias that does not fit"],
)
def test_layers_that_do_not_fit_are_refused(weights, biases):
    with pytest.raises(DataError, match="layers must fit each other"):
        PolicyNetwork(weights=weights, biases=biases)
