"""Arithmetic that does nothing where a number is a plain 0, so that what is off leaves no operation behind."""

from functools import reduce
from operator import add

from torch import Tensor

__all__ = ["Number", "is_plain", "minus", "plus", "times", "total", "valued_as"]

Number = Tensor | float


def is_plain(number: Number, value: float) -> bool:
    """Whether it is a Python number of this value; a tensor never is."""
    return not isinstance(number, Tensor) and number == value


def total(tensors: tuple[Tensor, ...]) -> Tensor:
    """The sum of one tensor or more."""
    return reduce(add, tensors)


def plus(first: Number, second: Number) -> Number:
    """A sum."""
    if is_plain(first, 0.0):
        return second
    return first if is_plain(second, 0.0) else first + second


def minus(first: Number, second: Number) -> Number:
    """A difference."""
    return first if is_plain(second, 0.0) else first - second


def times(first: Number, second: Number) -> Number:
    """A product."""
    if is_plain(first, 0.0) or is_plain(second, 0.0):
        return 0.0
    if is_plain(first, 1.0):
        return second
    return first if is_plain(second, 1.0) else first * second


def valued_as(number: Tensor, value: Tensor) -> Tensor:
    """The value of the second with the gradient of the first."""
    return number + (value - number).detach()
