"""The agent's network as plain arrays: no torch to decide, no pickle to load."""

import io
import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, freeze

__all__ = ["PolicyNetwork"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyNetwork:
    """A multilayer perceptron with tanh between its layers, whose outputs end in [-1, 1].

    Parameters
    ----------
    weights : tuple of arrays of shape (n_in, n_out)
        One a layer, each taking what the one before gives.
    biases : tuple of arrays of shape (n_out,)
    squashed : bool
        Whether the outputs are brought into [-1, 1] by tanh, as SAC's and TD3's are; else they are clipped.

    Raises
    ------
    DataError
        The layers do not fit each other.

    Examples
    --------
    >>> network = PolicyNetwork(weights=(np.array([[2.0], [1.0]]),), biases=(np.array([-0.5]),))
    >>> network.action(np.array([[0.25, 0.5], [3.0, 0.0]]))
    array([[0.5],
           [1. ]])
    """

    weights: tuple[FloatArray, ...]
    biases: tuple[FloatArray, ...]
    squashed: bool = False

    def __post_init__(self) -> None:
        for name in ("weights", "biases"):
            arrays = (freeze(np.asarray(array, dtype=np.float64)) for array in getattr(self, name))
            object.__setattr__(self, name, tuple(arrays))
        given = [weight.shape[1:] for weight in self.weights]
        taken = [weight.shape[:1] for weight in self.weights[1:]] + given[-1:]
        if not given or given != taken or given != [bias.shape for bias in self.biases]:
            shapes = ", ".join(
                f"{w.shape} + {b.shape}" for w, b in zip(self.weights, self.biases, strict=False)
            )
            raise DataError(f"layers must fit each other; they are {shapes or 'none'}.")

    @property
    def n_observations(self) -> int:
        """Numbers of an observation."""
        return int(self.weights[0].shape[0])

    @property
    def n_actions(self) -> int:
        """Numbers of an action."""
        return int(self.weights[-1].shape[1])

    def action(self, observation: FloatArray) -> FloatArray:
        """The action for each observation, (n, n_observations) to (n, n_actions), in [-1, 1]."""
        signal = observation
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            signal = np.tanh(signal @ weight + bias)
        last = signal @ self.weights[-1] + self.biases[-1]
        action: FloatArray = np.tanh(last) if self.squashed else np.clip(last, -1.0, 1.0)
        return action

    @classmethod
    def from_sb3(cls, policy: Any) -> "PolicyNetwork":
        """The deterministic part of an SB3 policy with tanh layers: what it does without exploration."""
        state = {name: tensor.detach().cpu().numpy() for name, tensor in policy.state_dict().items()}
        if "action_net.weight" in state:  # PPO, A2C, pathwise
            layers = [*_layers(state, "mlp_extractor.policy_net."), "action_net"]
        elif "actor.mu.weight" in state:  # SAC
            layers = [*_layers(state, "actor.latent_pi."), "actor.mu"]
        else:  # TD3
            layers = _layers(state, "actor.mu.")
        return cls(
            weights=tuple(state[f"{layer}.weight"].T for layer in layers),
            biases=tuple(state[f"{layer}.bias"] for layer in layers),
            squashed="action_net.weight" not in state,
        )

    def to_bytes(self) -> bytes:
        """The arrays in NumPy's npz format; equal networks give equal bytes."""
        arrays = {f"weight_{i}": weight for i, weight in enumerate(self.weights)}
        arrays |= {f"bias_{i}": bias for i, bias in enumerate(self.biases)}
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, squashed=np.array(self.squashed), **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "PolicyNetwork":
        """The network that ``to_bytes`` wrote; pickled objects are refused.

        Raises
        ------
        DataError
            The content is no such network.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                layers = range(len(arrays.files) // 2)
                weights = tuple(arrays[f"weight_{i}"] for i in layers)
                biases = tuple(arrays[f"bias_{i}"] for i in layers)
                squashed = bool(arrays["squashed"])
        except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise DataError(
                f"the network's file must hold plain arrays weight_0, bias_0, … and squashed: {error}."
            ) from error
        return cls(weights=weights, biases=biases, squashed=squashed)


def _layers(state: dict[str, Any], prefix: str) -> list[str]:
    names = (name.rpartition(".")[0] for name in state if name.startswith(prefix))
    return list(dict.fromkeys(names))
