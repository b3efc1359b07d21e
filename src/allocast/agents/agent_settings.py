"""How an agent is trained: the settings, whose defaults are the documentation."""

from dataclasses import dataclass

from allocast.errors import SettingsError, UnknownNameError

__all__ = ["ALGORITHMS", "AgentSettings"]

ALGORITHMS = ("a2c", "ppo")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSettings:
    """Settings of Stable-Baselines3's PPO or A2C on the inventory environment.

    Parameters
    ----------
    algorithm : "ppo" or "a2c"
    total_steps : int, >= 1
        Decisions to learn from; rounded up to whole rollouts.
    n_envs : int, >= 1
        Episodes played side by side.
    n_steps : int, >= 2
        Decisions of each episode between two updates; a rollout is ``n_envs * n_steps`` decisions.
    learning_rate : float, > 0
        At the start; it falls linearly to 0.
    hidden_sizes : tuple of int
        Neurons of each hidden layer.
    gamma : float in [0, 1)
        What a cost one decision later weighs now. It must see beyond the lead time.
    gae_lambda : float in [0, 1]
    initial_spread : float, > 0
        Standard deviation of the exploration at the start; the whole range of the action is 2 wide.
    n_epochs, n_batches : int, >= 1
        PPO only: passes over a rollout, and updates a pass; ``n_batches`` divides the rollout evenly.
    n_evaluations : int, >= 1
        Points of the learning curve; the best network of them is kept.
    evaluation_episodes : int, >= 1

    Raises
    ------
    UnknownNameError
        The algorithm is none of ``ALGORITHMS``.
    SettingsError
        A number is out of its range.
    """

    algorithm: str = "ppo"
    total_steps: int = 400_000
    n_envs: int = 256
    n_steps: int = 16
    learning_rate: float = 1e-3
    hidden_sizes: tuple[int, ...] = (64, 64)
    gamma: float = 0.97
    gae_lambda: float = 0.9
    initial_spread: float = 0.25
    n_epochs: int = 5
    n_batches: int = 8
    n_evaluations: int = 20
    evaluation_episodes: int = 2048

    def __post_init__(self) -> None:
        if self.algorithm not in ALGORITHMS:
            raise UnknownNameError("algorithm", self.algorithm, ALGORITHMS)
        object.__setattr__(self, "hidden_sizes", tuple(self.hidden_sizes))
        mistakes = [message for wrong, message in self._mistakes() if wrong]
        if mistakes:
            raise SettingsError("\n".join(mistakes))

    def _mistakes(self) -> list[tuple[bool, str]]:
        counts = ("total_steps", "n_envs", "n_epochs", "n_batches", "n_evaluations", "evaluation_episodes")
        rollout = self.n_envs * self.n_steps
        return [
            *((getattr(self, n) < 1, f"{n} must be >= 1; it is {getattr(self, n)}.") for n in counts),
            (self.n_steps < 2, f"n_steps must be >= 2; it is {self.n_steps}."),
            (not self.learning_rate > 0, f"learning_rate must be > 0; it is {self.learning_rate}."),
            (not self.initial_spread > 0, f"initial_spread must be > 0; it is {self.initial_spread}."),
            (not 0 <= self.gamma < 1, f"gamma must lie in [0, 1); it is {self.gamma}."),
            (not 0 <= self.gae_lambda <= 1, f"gae_lambda must lie in [0, 1]; it is {self.gae_lambda}."),
            (
                min(self.hidden_sizes, default=0) < 1,
                f"hidden_sizes must be >= 1; they are {self.hidden_sizes}.",
            ),
            (
                self.n_batches >= 1 and rollout % self.n_batches > 0,
                f"n_batches must divide a rollout of {rollout} decisions; it is {self.n_batches}.",
            ),
        ]
