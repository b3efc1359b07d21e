"""A trained algorithm as plain arrays and JSON in a zip file: no pickle to write, none to read."""

import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gymnasium.spaces import Box
from numpy.typing import NDArray
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import Tensor

from allocast.agents.differentiable import named_tensors, with_tensors
from allocast.agents.pathwise.schedules import Cosine
from allocast.agents.pathwise.soap import SOAP
from allocast.errors import DataError

__all__ = ["Archive"]

FORMAT = "allocast pathwise gradient 2"
SETTINGS = ("n_paths", "n_steps", "n_tail_steps", "discount", "keep_paths", "max_grad_norm", "seed")
COUNTERS = ("num_timesteps", "_n_updates", "_total_timesteps", "_current_progress_remaining")
CLASSES: dict[str, type] = {
    **{name: getattr(torch.nn, name) for name in ("Tanh", "ReLU", "ELU", "SiLU", "GELU", "Softplus")},
    "SOAP": SOAP,
    "Adam": torch.optim.Adam,
}
"""What a file may name; it never names code to import."""

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """What is saved of a ``PathwiseGradient``.

    Parameters
    ----------
    description : dict
        Settings, spaces and counters; JSON can say all of it.
    arrays : dict of str to array
        Weights, the optimiser's memory, the generator's state and where the paths stand.
    """

    description: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]

    @classmethod
    def of(cls, model: Any) -> "Archive":
        """What there is to save of an algorithm.

        Raises
        ------
        DataError
            Its policy is of a class, or has settings, that a file cannot say.
        """
        if model.policy_class is not ActorCriticPolicy:
            raise DataError(f"only an MlpPolicy can be saved; this is a {model.policy_class.__name__}.")
        description = {
            "format": FORMAT,
            "settings": {name: getattr(model, name) for name in SETTINGS} | {"learning_rate": _rate(model)},
            "policy_kwargs": {name: _named(name, value) for name, value in model.policy_kwargs.items()},
            "spaces": [[space.low.tolist(), space.high.tolist()] for space in _spaces(model)],
            "counters": {name: getattr(model, name) for name in COUNTERS},
        }
        return cls(description=description, arrays=_arrays(model))

    def write(self, path: Path) -> None:
        """Into a file that appears only when it is whole."""
        unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
        with zipfile.ZipFile(unfinished, "w") as file:
            file.writestr("model.json", json.dumps(self.description, indent=1))
            buffer = io.BytesIO()
            np.savez(buffer, allow_pickle=False, **self.arrays)
            file.writestr("arrays.npz", buffer.getvalue())
        unfinished.replace(path)

    @classmethod
    def read(cls, path: Path) -> "Archive":
        """What ``write`` wrote.

        Raises
        ------
        DataError
            The file is another's.
        """
        try:
            with zipfile.ZipFile(path) as file:
                description = json.loads(file.read("model.json"))
                with np.load(io.BytesIO(file.read("arrays.npz")), allow_pickle=False) as arrays:
                    archive = cls(description=description, arrays=dict(arrays))
        except (zipfile.BadZipFile, KeyError, ValueError) as error:
            raise DataError(f"{path} is no file of PathwiseGradient.save: {error}.") from error
        if description.get("format") != FORMAT:
            raise DataError(f"{path} must have the format {FORMAT!r}; it has {description.get('format')!r}.")
        return archive

    def settings(self) -> dict[str, Any]:
        """What the algorithm was constructed with."""
        kwargs = {
            name: CLASSES[value] if name in ("activation_fn", "optimizer_class") else value
            for name, value in self.description["policy_kwargs"].items()
        }
        settings = dict(self.description["settings"])
        if isinstance(settings["learning_rate"], dict):
            settings["learning_rate"] = Cosine(**settings["learning_rate"])
        return {"policy": "MlpPolicy", "policy_kwargs": kwargs, **settings}

    def restore(self, model: Any) -> None:
        """Make a model that was constructed with ``settings`` what it was."""
        model.observation_space, model.action_space = (
            Box(np.asarray(low, np.float32), np.asarray(high, np.float32), dtype=np.float32)
            for low, high in self.description["spaces"]
        )
        model._setup_model()
        for name, value in self.description["counters"].items():
            setattr(model, name, value)
        weights = {name: torch.as_tensor(array) for name, array in self._under("policy").items()}
        model.policy.load_state_dict(weights)
        model.policy.optimizer.load_state_dict(self._optimizer(model))
        model.generator.set_state(torch.as_tensor(self.arrays["generator"]))
        paths = {name: torch.as_tensor(self.arrays[name]) for name in self.arrays if name.startswith("paths")}
        if paths and model.env is not None:
            world = model.env.env_method("differentiable", indices=0)[0]
            model._paths = with_tensors(world.begin(model.n_paths, torch.Generator()), paths)

    def _under(self, prefix: str) -> Arrays:
        names = [name for name in self.arrays if name.startswith(f"{prefix}/")]
        return {name.removeprefix(f"{prefix}/"): self.arrays[name] for name in names}

    def _optimizer(self, model: Any) -> dict[str, Any]:
        state: dict[int, dict[str, Tensor]] = {}
        for name, array in self._under("optimizer").items():
            index, _, key = name.partition("/")
            state.setdefault(int(index), {})[key] = torch.as_tensor(array)
        return {"state": state, "param_groups": model.policy.optimizer.state_dict()["param_groups"]}


def _rate(model: Any) -> float | dict[str, float]:
    """The learning rate as JSON: a cosine as what makes it, another schedule as what it is now."""
    rate = model.learning_rate
    return asdict(rate) if isinstance(rate, Cosine) else model.lr_schedule(model._current_progress_remaining)


def _spaces(model: Any) -> tuple[Box, Box]:
    return model.observation_space, model.action_space


def _named(name: str, value: Any) -> Any:
    """A setting of the policy as JSON: classes by their names."""
    if not isinstance(value, type):
        return value
    if CLASSES.get(value.__name__) is not value:
        raise DataError(f"{name} must be one of {', '.join(CLASSES)} to be saved; it is {value.__name__}.")
    return value.__name__


def _arrays(model: Any) -> Arrays:
    memory = model.policy.optimizer.state_dict()["state"]
    tensors = {
        **{f"policy/{name}": tensor for name, tensor in model.policy.state_dict().items()},
        **{f"optimizer/{i}/{name}": tensor for i, kept in memory.items() for name, tensor in kept.items()},
        **named_tensors(model._paths),
        "generator": model.generator.get_state(),
    }
    return {name: tensor.detach().cpu().numpy() for name, tensor in tensors.items()}
