"""The optimiser SOAP: Adam in the directions in which a layer's gradients vary most."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

__all__ = ["SOAP"]


class SOAP(torch.optim.Optimizer):
    """Shampoo with Adam in the preconditioner's eigenbasis, for small dense layers.

    The small networks of this package do not suffer from noise, as their gradients come from many thousands of
    simulated periods; they suffer from slow directions. SOAP removes most of these at little cost: a layer of n × m
    weights needs the eigenvectors of one n × n and one m × m matrix, refreshed by one QR step now and then.

    Parameters
    ----------
    params : iterable of tensors of one or two dimensions
    lr : float, > 0
    betas : two floats in [0, 1)
        How much of the mean of gradients, and of squares in the basis, is kept from update to update.
    matrix_beta : float in [0, 1)
        The same for the matrices whose eigenvectors are the basis.
    refresh : int, >= 1
        Updates between two refreshments of the basis.

    References
    ----------
    Vyas et al. (2024), SOAP: improving and stabilizing Shampoo using Adam, arXiv 2409.11321, algorithm 3.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-2,
        betas: tuple[float, float] = (0.95, 0.95),
        matrix_beta: float = 0.95,
        eps: float = 1e-8,
        refresh: int = 10,
    ) -> None:
        settings = {"lr": lr, "betas": betas, "matrix_beta": matrix_beta, "eps": eps, "refresh": refresh}
        super().__init__(params, settings)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One update of every parameter that has a gradient."""
        if closure is not None:
            raise NotImplementedError("SOAP takes no closure: compute the gradient before the step.")
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, group)

    def _update(self, parameter: Tensor, group: dict[str, Any]) -> None:
        assert parameter.grad is not None
        gradient = parameter.grad if parameter.ndim == 2 else parameter.grad[:, None]
        state = self.state[parameter]
        if not state:
            state.update(_first_state(gradient))
        state["step"] += 1
        turned = state["left_basis"].T @ gradient @ state["right_basis"]
        state["mean"].lerp_(gradient, 1 - group["betas"][0])
        state["square"].lerp_(turned.square(), 1 - group["betas"][1])
        parameter.sub_(group["lr"] * _direction(state, group).reshape(parameter.shape))
        state["left"].lerp_(gradient @ gradient.T, 1 - group["matrix_beta"])
        state["right"].lerp_(gradient.T @ gradient, 1 - group["matrix_beta"])
        if int(state["step"]) % group["refresh"] == 0:
            for side in ("left", "right"):  # one step of the power method, made orthogonal again
                state[f"{side}_basis"] = torch.linalg.qr(state[side] @ state[f"{side}_basis"])[0]


def _first_state(gradient: Tensor) -> dict[str, Tensor]:
    left, right = gradient @ gradient.T, gradient.T @ gradient
    return {
        "step": torch.zeros((), dtype=torch.int64),
        "mean": torch.zeros_like(gradient),
        "square": torch.zeros_like(gradient),
        "left": left,
        "right": right,
        "left_basis": torch.linalg.eigh(left)[1],
        "right_basis": torch.linalg.eigh(right)[1],
    }


def _direction(state: dict[str, Tensor], group: dict[str, Any]) -> Tensor:
    """Adam's direction in the basis, turned back."""
    left, right, step = state["left_basis"], state["right_basis"], int(state["step"])
    mean, square = (1 - beta**step for beta in group["betas"])
    turned = left.T @ (state["mean"] / mean) @ right
    direction: Tensor = left @ (turned / ((state["square"] / square).sqrt() + group["eps"])) @ right.T
    return direction
