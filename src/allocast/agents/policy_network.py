"""The agent's network as plain arrays: no torch to decide, no pickle to load."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, freeze

__all__ = ["PolicyNetwork"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyNetwork:
    """A multilayer perceptron with tanh between its layers and one output, clipped to [-1, 1].

    Parameters
    ----------
    weights : tuple of arrays of shape (n_in, n_out)
        One a layer, each taking what the one before gives; the last gives 1.
    biases : tuple of arrays of shape (n_out,)

    Raises
    ------
    DataError
        The layers do not fit each other.

    Examples
    --------
    >>> network = PolicyNetwork(weights=(np.array([[2.0], [1.0]]),), biases=(np.array([-0.5]),))
    >>> network.action(np.array([[0.25, 0.5], [3.0, 0.0]]))
    array([0.5, 1. ])
    """

    weights: tuple[FloatArray, ...]
    biases: tuple[FloatArray, ...]

    def __post_init__(self) -> None:
        for name in ("weights", "biases"):
            arrays = (freeze(np.asarray(array, dtype=np.float64)) for array in getattr(self, name))
            object.__setattr__(self, name, tuple(arrays))
        given = [weight.shape[1:] for weight in self.weights]
        taken = [weight.shape[:1] for weight in self.weights[1:]] + [(1,)]
        if not given or given != taken or given != [bias.shape for bias in self.biases]:
            shapes = ", ".join(
                f"{w.shape} + {b.shape}" for w, b in zip(self.weights, self.biases, strict=False)
            )
            raise DataError(f"layers must fit each other and end in one output; they are {shapes or 'none'}.")

    def action(self, observation: FloatArray) -> FloatArray:
        """The action for each observation, (n, n_in) to (n,), in [-1, 1]."""
        signal = observation
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            signal = np.tanh(signal @ weight + bias)
        action: FloatArray = np.clip(signal @ self.weights[-1] + self.biases[-1], -1.0, 1.0)[:, 0]
        return action

    @classmethod
    def from_sb3(cls, policy: Any) -> "PolicyNetwork":
        """The deterministic part of an SB3 ``ActorCriticPolicy`` with tanh layers: the mean of its action."""
        state = {name: tensor.detach().cpu().numpy() for name, tensor in policy.state_dict().items()}
        hidden = [name for name in state if name.startswith("mlp_extractor.policy_net.")]
        layers = [*dict.fromkeys(name.rpartition(".")[0] for name in hidden), "action_net"]
        return cls(
            weights=tuple(state[f"{layer}.weight"].T for layer in layers),
            biases=tuple(state[f"{layer}.bias"] for layer in layers),
        )

    def to_bytes(self) -> bytes:
        """The arrays in NumPy's npz format; equal networks give equal bytes."""
        arrays = {f"weight_{i}": weight for i, weight in enumerate(self.weights)}
        arrays |= {f"bias_{i}": bias for i, bias in enumerate(self.biases)}
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays)
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
        except (ValueError, KeyError, OSError, EOFError) as error:
            raise DataError(
                f"the network's file must hold plain arrays weight_0, bias_0, …: {error}."
            ) from error
        return cls(weights=weights, biases=biases)
