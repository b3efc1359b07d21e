"""What a trainer needs of a world to follow the gradient of its costs: n paths side by side, in torch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Protocol, TypeVar

from torch import Generator, Tensor

__all__ = ["Differentiable", "map_tensors", "named_tensors", "with_tensors"]

State = TypeVar("State")


class Differentiable(Protocol[State]):
    """A world whose costs have a gradient with respect to the actions taken in it.

    A state holds n paths, each just before a decision: a tensor, or tuples and dataclasses of tensors. What chance
    brings is drawn beforehand (``futures``), so that ``step`` draws nothing.
    """

    @property
    def observation_size(self) -> int:
        """Numbers of an observation."""
        ...

    @property
    def action_size(self) -> int:
        """Numbers of an action, each in [-1, 1]; the world itself cuts off what is outside."""
        ...

    def begin(self, n: int, generator: Generator) -> State:
        """New paths."""
        ...

    def futures(self, n: int, n_steps: int, generator: Generator) -> Sequence[Any]:
        """What the coming steps bring the n paths, one entry a step."""
        ...

    def observe(self, state: State) -> Tensor:
        """What the agent sees, shape (n, observation_size)."""
        ...

    def step(self, state: State, action: Tensor, future: Any) -> tuple[State, Tensor]:
        """Act, let time pass until the next decision, and pay: costs of shape (n,)."""
        ...


def map_tensors(state: Any, function: Callable[[Tensor], Tensor]) -> Any:
    """The same state with every tensor replaced, always in the same order.

    Examples
    --------
    >>> import torch
    >>> map_tensors((torch.ones(2), (torch.zeros(1),)), lambda tensor: tensor + 1)
    (tensor([2., 2.]), (tensor([1.]),))
    """
    if isinstance(state, Tensor):
        return function(state)
    if is_dataclass(state) and not isinstance(state, type):
        parts = {part.name: map_tensors(getattr(state, part.name), function) for part in fields(state)}
        return type(state)(**parts)
    if isinstance(state, tuple):
        return tuple(map_tensors(part, function) for part in state)
    return state


def named_tensors(state: Any, name: str = "paths") -> dict[str, Tensor]:
    """Every tensor of a state, by where it stands in it.

    Examples
    --------
    >>> import torch
    >>> list(named_tensors((torch.ones(2), (torch.zeros(1),))))
    ['paths.0', 'paths.1.0']
    """
    if isinstance(state, Tensor):
        return {name: state}
    parts: dict[str, Any] = {}
    if is_dataclass(state) and not isinstance(state, type):
        parts = {part.name: getattr(state, part.name) for part in fields(state)}
    elif isinstance(state, tuple):
        parts = {str(place): part for place, part in enumerate(state)}
    return {
        key: tensor
        for own, part in parts.items()
        for key, tensor in named_tensors(part, f"{name}.{own}").items()
    }


def with_tensors(state: Any, tensors: Mapping[str, Tensor], name: str = "paths") -> Any:
    """A state like another, made of named tensors; its tuples are as long as the names say.

    Examples
    --------
    >>> import torch
    >>> later = (torch.ones(2), (torch.zeros(1), torch.ones(1)))
    >>> with_tensors((torch.zeros(2), ()), named_tensors(later))
    (tensor([1., 1.]), (tensor([0.]), tensor([1.])))
    """
    if name in tensors:
        return tensors[name]
    if is_dataclass(state) and not isinstance(state, type):
        parts = {
            part.name: with_tensors(getattr(state, part.name), tensors, f"{name}.{part.name}")
            for part in fields(state)
        }
        return type(state)(**parts)
    if isinstance(state, tuple):
        beneath = (key.removeprefix(f"{name}.") for key in tensors if key.startswith(f"{name}."))
        length = len({key.split(".")[0] for key in beneath})
        like = (*state, *[None] * length)[:length]
        return tuple(with_tensors(part, tensors, f"{name}.{place}") for place, part in enumerate(like))
    return state
