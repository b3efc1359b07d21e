import pytest

from allocast.agents.agent_settings import (
    ALGORITHMS,
    OffPolicySettings,
    OnPolicySettings,
    PathwiseSettings,
    ServiceLevelSettings,
    settings_from,
)
from allocast.errors import SettingsError, UnknownNameError


def test_the_defaults_are_valid():
    assert OnPolicySettings().algorithm == "ppo"


def test_an_unknown_algorithm_is_refused_with_the_valid_ones():
    with pytest.raises(UnknownNameError, match="unknown algorithm 'pop'; valid are ppo, a2c"):
        OnPolicySettings(algorithm="pop")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"total_steps": 0}, "total_steps must be >= 1; it is 0"),
        ({"patience": 0}, "patience must be >= 1; it is 0"),
        ({"n_steps": 1}, "n_steps must be >= 2"),
        ({"learning_rate": 0.0}, "learning_rate must be > 0"),
        ({"initial_spread": float("nan")}, "initial_spread must be > 0"),
        ({"scenarios": "dreams"}, "scenarios must be forecast or history; they are dreams"),
        ({"highest_price": -1.0}, "highest_price must be >= 0 and finite; it is -1.0"),
        ({"gamma": 1.0}, r"gamma must lie in \[0, 1\)"),
        ({"gae_lambda": 1.1}, r"gae_lambda must lie in \[0, 1\]"),
        ({"hidden_sizes": ()}, "hidden_sizes must be >= 1"),
        ({"n_envs": 3, "n_steps": 3, "n_batches": 2}, "n_batches must divide a rollout of 9 decisions"),
    ],
)
def test_a_number_out_of_its_range_is_refused(change, message):
    with pytest.raises(SettingsError, match=message):
        OnPolicySettings(**change)


def test_all_mistakes_are_told_at_once():
    with pytest.raises(SettingsError, match=r"gamma(.|\n)*n_epochs"):
        OnPolicySettings(n_epochs=0, gamma=2.0)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_settings_are_of_the_family_of_their_algorithm(algorithm):
    settings = settings_from({"algorithm": algorithm, "patience": 3})
    assert settings.algorithm == algorithm
    assert type(settings)(algorithm=algorithm, patience=3) == settings


def test_settings_of_an_unknown_algorithm_are_refused_with_the_valid_ones():
    with pytest.raises(UnknownNameError, match="unknown algorithm 'dqn'"):
        settings_from({"algorithm": "dqn"})


def test_a_setting_that_the_algorithm_does_not_have_is_refused_with_the_valid_ones():
    with pytest.raises(UnknownNameError, match=r"unknown setting of sac 'n_epochs'; valid are .*n_envs"):
        settings_from({"algorithm": "sac", "n_epochs": 3})


def test_an_algorithm_of_another_family_is_refused():
    with pytest.raises(UnknownNameError, match="unknown algorithm 'ppo'; valid are sac, td3"):
        OffPolicySettings(algorithm="ppo")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch_size": 0}, "batch_size must be >= 1"),
        ({"spread": 0.0}, "spread must be > 0"),
        ({"n_envs": 8, "memory_steps": 7}, "memory_steps must be >= n_envs, 8; it is 7"),
    ],
)
def test_a_number_of_an_off_policy_algorithm_out_of_its_range_is_refused(change, message):
    with pytest.raises(SettingsError, match=message):
        OffPolicySettings(**change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"past_windows": 0}, "past_windows must be >= 1; it is 0"),
        ({"classical_level": 1.0}, r"classical_level must lie in \(0, 1\); it is 1.0"),
        ({"penalty": -0.1}, "penalty must be >= 0; it is -0.1"),
    ],
)
def test_a_number_of_a_service_level_agent_out_of_its_range_is_refused(change, message):
    assert ServiceLevelSettings(classical_level=0.75, past_windows=1, penalty=0.0).classical_level == 0.75
    with pytest.raises(SettingsError, match=message):
        ServiceLevelSettings(**change)


def test_a_tail_of_less_than_no_steps_is_refused():
    with pytest.raises(SettingsError, match="n_tail_steps must be >= 0; it is -1"):
        PathwiseSettings(n_tail_steps=-1)
