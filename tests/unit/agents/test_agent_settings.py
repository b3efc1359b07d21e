import pytest

from allocast.agents.agent_settings import AgentSettings
from allocast.errors import SettingsError, UnknownNameError


def test_the_defaults_are_valid():
    assert AgentSettings().algorithm == "ppo"


def test_an_unknown_algorithm_is_refused_with_the_valid_ones():
    with pytest.raises(UnknownNameError, match="unknown algorithm 'pop'; valid are ppo, a2c"):
        AgentSettings(algorithm="pop")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"total_steps": 0}, "total_steps must be >= 1; it is 0"),
        ({"n_steps": 1}, "n_steps must be >= 2"),
        ({"learning_rate": 0.0}, "learning_rate must be > 0"),
        ({"initial_spread": float("nan")}, "initial_spread must be > 0"),
        ({"gamma": 1.0}, r"gamma must lie in \[0, 1\)"),
        ({"gae_lambda": 1.1}, r"gae_lambda must lie in \[0, 1\]"),
        ({"hidden_sizes": ()}, "hidden_sizes must be >= 1"),
        ({"n_envs": 3, "n_steps": 3, "n_batches": 2}, "n_batches must divide a rollout of 9 decisions"),
    ],
)
def test_a_number_out_of_its_range_is_refused(change, message):
    with pytest.raises(SettingsError, match=message):
        AgentSettings(**change)


def test_all_mistakes_are_told_at_once():
    with pytest.raises(SettingsError, match=r"n_epochs(.|\n)*gamma"):
        AgentSettings(n_epochs=0, gamma=2.0)
