"""Pathwise gradients as a Stable-Baselines3 algorithm: simulate, differentiate the cost, improve the policy."""

from pathlib import Path
from typing import Any, ClassVar, Self

import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.policies import ActorCriticPolicy, BasePolicy
from stable_baselines3.common.type_aliases import MaybeCallback, Schedule
from torch import Tensor

from allocast.agents.differentiable import Differentiable, map_tensors
from allocast.agents.one_thread import one_thread
from allocast.agents.pathwise.archive import Archive
from allocast.agents.pathwise.network import decide
from allocast.agents.pathwise.soap import SOAP
from allocast.agents.pathwise.vector_environment import DifferentiableVecEnv

__all__ = ["PathwiseGradient"]


class PathwiseGradient(BaseAlgorithm):  # type: ignore[misc]  # SB3 is not followed by mypy
    """Gradient descent on the simulated cost itself, through the dynamics.

    Demand does not depend on what is ordered, so a simulated path says not only what a policy cost but also what each
    order should have been: its cost is differentiated with respect to the network's weights. Each update simulates
    ``n_steps`` decisions that learn, and then ``n_tail_steps`` decisions of the same network that do not, so that
    the last orders that learn see what they bring about. Paths go on where the update before left them: after the
    first few updates their states are those that the policy itself leads to.

    The network is that of SB3's PPO, so that each can go on where the other stopped
    (``policy.load_state_dict(other.policy.state_dict())``); its critic is not used.

    Parameters
    ----------
    policy : "MlpPolicy" or a class
    env : Differentiable, or an environment with a method ``differentiable()`` that gives one
    learning_rate : float or function of the part of the training that remains
    n_paths : int, >= 1
        Paths simulated side by side.
    n_steps, n_tail_steps : int, >= 1 and >= 0
        The tail should be longer than the longest lead time.
    discount : float in (0, 1]
        What a cost one decision later weighs.
    keep_paths : bool
        Whether paths go on from update to update; if not, each update begins new ones.
    max_grad_norm : float, > 0
    policy_kwargs : dict, optional
        As SB3's; SOAP is the default optimiser.

    References
    ----------
    Alvo, Russo, Kanoria and Lee (2023), Deep reinforcement learning for inventory networks: toward reliable policy
    optimization, arXiv 2306.11246; Madeka et al. (2022), Deep inventory management, arXiv 2210.03137.
    """

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"MlpPolicy": ActorCriticPolicy}

    def __init__(
        self,
        policy: str | type[ActorCriticPolicy],
        env: Any,
        learning_rate: float | Schedule = 1e-2,
        n_paths: int = 512,
        n_steps: int = 16,
        n_tail_steps: int = 8,
        discount: float = 1.0,
        keep_paths: bool = True,
        max_grad_norm: float = 10.0,
        policy_kwargs: dict[str, Any] | None = None,
        tensorboard_log: str | None = None,
        verbose: int = 0,
        seed: int | None = None,
        device: torch.device | str = "cpu",
        _init_setup_model: bool = True,
    ) -> None:
        if hasattr(env, "futures"):
            env = DifferentiableVecEnv(env, n_paths)
        super().__init__(
            policy,
            env,
            learning_rate,
            policy_kwargs={"optimizer_class": SOAP, **(policy_kwargs or {})},
            tensorboard_log=tensorboard_log,
            verbose=verbose,
            seed=seed,
            device=device,
            support_multi_env=True,
        )
        self.n_paths, self.n_steps, self.n_tail_steps = n_paths, n_steps, n_tail_steps
        self.discount, self.keep_paths, self.max_grad_norm = discount, keep_paths, max_grad_norm
        if _init_setup_model:
            self._setup_model()

    def _setup_model(self) -> None:
        self._setup_lr_schedule()
        self.set_random_seed(self.seed)
        self.policy = self.policy_class(
            self.observation_space, self.action_space, self.lr_schedule, **self.policy_kwargs
        ).to(self.device)
        self.generator = torch.Generator()
        self.generator.seed() if self.seed is None else self.generator.manual_seed(self.seed)
        self._paths: Any = None

    def learn(
        self,
        total_timesteps: int,
        callback: MaybeCallback = None,
        log_interval: int = 100,
        tb_log_name: str = "PathwiseGradient",
        reset_num_timesteps: bool = True,
        progress_bar: bool = False,
    ) -> Self:
        """Simulate and improve until so many periods have been simulated; logs every so many updates."""
        total_timesteps, callback = self._setup_learn(
            total_timesteps, callback, reset_num_timesteps, tb_log_name, progress_bar
        )
        world: Differentiable[Any] = self.env.env_method("differentiable", indices=0)[0]
        callback.on_training_start(locals(), globals())
        with one_thread():
            while self.num_timesteps < total_timesteps:
                cost = self._simulate(world, callback)
                if cost is None:
                    break
                self._update_current_progress_remaining(self.num_timesteps, total_timesteps)
                self._improve(cost)
                if log_interval and self._n_updates % log_interval == 0:
                    self.logger.dump(step=self.num_timesteps)
        callback.on_training_end()
        return self

    def _simulate(self, world: Differentiable[Any], callback: BaseCallback) -> Tensor | None:
        """Mean discounted cost of a decision, with its gradient; None if a callback said stop."""
        n_periods = self.n_steps + self.n_tail_steps
        costs = []
        callback.on_rollout_start()  # before anything is drawn: a checkpoint taken here loses nothing
        paths = self._paths
        if paths is None or not self.keep_paths:
            paths = world.begin(self.n_paths, self.generator)
        for step, future in enumerate(world.futures(self.n_paths, n_periods, self.generator)):
            self.policy.requires_grad_(step < self.n_steps)
            paths, cost = world.step(paths, decide(self.policy, world.observe(paths)), future)
            costs.append(cost.mean() * self.discount**step)
            self.num_timesteps += self.n_paths
            if not callback.on_step():
                self.policy.requires_grad_(True)
                return None
        callback.on_rollout_end()
        self.policy.requires_grad_(True)  # a weight that needs none now would get none from before either
        self._paths = map_tensors(paths, Tensor.detach)
        return torch.stack(costs).mean()

    def _improve(self, cost: Tensor) -> None:
        """One step of the optimiser down the gradient."""
        self._update_learning_rate(self.policy.optimizer)
        self.policy.optimizer.zero_grad()
        cost.backward()  # type: ignore[no-untyped-call]
        norm = torch.nn.utils.clip_grad_norm_(self.policy.parameters(), self.max_grad_norm)
        self.policy.optimizer.step()
        self._n_updates += 1
        self.logger.record("train/cost", cost.item())
        self.logger.record("train/gradient_norm", norm.item())
        self.logger.record("time/total_timesteps", self.num_timesteps, exclude="tensorboard")
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")

    def save(self, path: str | Path) -> None:
        """Write arrays and JSON into a zip file; nothing is pickled, and nothing need be trusted to read it."""
        Archive.of(self).write(Path(path))

    @classmethod
    def load(
        cls, path: str | Path, env: Any = None, device: torch.device | str = "cpu", **kwargs: Any
    ) -> Self:
        """What was saved; with an environment it learns on where it stopped, without one it predicts.

        A learning rate that was a function is a number after loading: give the function again.

        Raises
        ------
        DataError
            The file was not written by ``save``.
        """
        archive = Archive.read(Path(path))
        model = cls(env=env, device=device, _init_setup_model=False, **{**archive.settings(), **kwargs})
        archive.restore(model)
        return model
