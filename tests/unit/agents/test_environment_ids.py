import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from allocast.agents.registration import IDS


@pytest.mark.parametrize("name", IDS)
def test_an_id_makes_an_environment_that_passes_the_checker(name):
    env = gymnasium.make(name)
    check_env(env.unwrapped, skip_render_check=True)
    assert env.reset(seed=1)[0] in env.observation_space


def test_what_is_given_to_an_id_reaches_its_instance():
    env = gymnasium.make(
        "allocast.agents.registration:allocast/LostSales-v0",
        demand="geometric",
        shortage_cost=19.0,
        action="level",
    )
    world = env.unwrapped.world
    assert (world.action, world.rates.shortage_cost) == ("level", 19.0)
    np.testing.assert_allclose(world.demand.mean, 5.0)
