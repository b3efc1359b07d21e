"""Loss functions: how much demand is expected beyond a level of stock."""

import numpy as np
from scipy.special import ndtr

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.discrete import DiscreteDistribution

__all__ = [
    "discrete_losses",
    "expected_after",
    "expected_shortage",
    "level_costs",
    "normal_density",
    "normal_loss",
    "normal_loss_inverse",
    "require_costs",
]


def normal_density(z: FloatArray) -> FloatArray:
    """The density φ of a standard normal variable."""
    return np.asarray(np.exp(-np.square(z) / 2) / np.sqrt(2 * np.pi))


def normal_loss(z: FloatArray) -> FloatArray:
    """Expected excess of a standard normal variable over a level: G(z) = φ(z) − z (1 − Φ(z)).

    Parameters
    ----------
    z : array of any shape

    References
    ----------
    Snyder and Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., appendix C; also ℒ(z), or the unit loss.

    Examples
    --------
    >>> normal_loss(np.array([0.0, 1.0])).round(4)
    array([0.3989, 0.0833])
    """
    return np.asarray(normal_density(z) - z * ndtr(-np.asarray(z)))


def normal_loss_inverse(loss: FloatArray) -> FloatArray:
    """The level over which a standard normal variable is expected to exceed by so much: G⁻¹.

    Parameters
    ----------
    loss : array of any shape, > 0

    Raises
    ------
    DataError
        A loss is not above 0.

    Examples
    --------
    >>> normal_loss_inverse(np.array([0.3989, 0.0833])).round(2)
    array([0., 1.])
    """
    loss = np.asarray(loss, dtype=np.float64)
    if not (loss > 0).all():
        raise DataError(f"a loss must be > 0; the smallest is {np.min(loss)}.")
    low, high = -loss - 1.0, np.full_like(loss, 40.0)  # G(z) > -z, and G(40) is less than any number there is
    for _ in range(80):  # the loss falls with the level: halve until nothing is left to halve
        middle = (low + high) / 2
        above = normal_loss(middle) > loss
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return (low + high) / 2


def discrete_losses(demand: DiscreteDistribution) -> FloatArray:
    """Expected demand beyond 0, 1, …, K units, shape (n, K + 1).

    Examples
    --------
    >>> discrete_losses(DiscreteDistribution(probability=np.full((1, 3), 1 / 3))).round(4)
    array([[1.    , 0.3333, 0.    ]])
    """
    beyond = 1 - demand.cumulative  # P(D > k); E(D - k)+ is the sum of it over k, k + 1, …
    return np.asarray(np.cumsum(beyond[:, ::-1], axis=1)[:, ::-1])


def expected_shortage(demand: DiscreteDistribution, level: IntArray) -> FloatArray:
    """Expected demand beyond a level of each row, E(D − y)⁺, in units.

    Parameters
    ----------
    demand : DiscreteDistribution of n rows
    level : array of int, shape (n,) or (n, m)
        May be negative: then everything is short, and what is owed already.

    Returns
    -------
    shortage : array of the shape of ``level``

    Examples
    --------
    >>> die = DiscreteDistribution(probability=np.array([[0, 1/6, 1/6, 1/6, 1/6, 1/6, 1/6]]))
    >>> expected_shortage(die, np.array([[-1, 0, 4, 6, 9]])).round(4)
    array([[4.5, 3.5, 0.5, 0. , 0. ]])
    """
    table = discrete_losses(demand)
    at = np.asarray(level)
    columns = np.clip(at, 0, table.shape[1] - 1).reshape(len(table), -1)
    within = np.take_along_axis(table, columns, axis=1).reshape(at.shape)
    return np.asarray(within + np.maximum(-at, 0))


def level_costs(
    demand: DiscreteDistribution, level: IntArray, *, holding_cost: FloatArray, shortage_cost: FloatArray
) -> FloatArray:
    """Expected cost of a level, h E(y − D)⁺ + p E(D − y)⁺, of the shape of ``level``.

    Parameters
    ----------
    demand : DiscreteDistribution of n rows
    level : array of int, shape (n,) or (n, m)
    holding_cost, shortage_cost : arrays of shape (n,), money per unit

    References
    ----------
    Snyder and Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., equation (4.6).
    """
    axes = (-1,) + (1,) * (np.ndim(level) - 1)
    holding, shortage, mean = (
        np.asarray(x, dtype=np.float64).reshape(axes) for x in (holding_cost, shortage_cost, demand.mean)
    )
    return np.asarray(holding * (level - mean) + (holding + shortage) * expected_shortage(demand, level))


def expected_after(value: FloatArray, probability: FloatArray) -> FloatArray:
    """What a value of the stock is expected to be after demand: E v(x − D) for each level x.

    Parameters
    ----------
    value : array of shape (n_levels,)
        At levels that follow each other. Below the lowest it is taken to go on in a straight line.
    probability : array of shape (K + 1,)
        Of a demand of 0, 1, …, K.

    Examples
    --------
    >>> expected_after(np.array([4.0, 2.0, 0.0, 1.0]), np.array([0.5, 0.5]))
    array([5. , 3. , 1. , 0.5])
    """
    further = np.arange(len(probability) - 1, 0, -1)
    longer = np.concatenate([value[0] + (value[0] - value[1]) * further, value])
    return np.convolve(longer, probability, mode="valid")


def require_costs(n: int, **costs: FloatArray) -> None:
    """Refuse cost rates that are not ``n`` finite numbers above 0.

    Raises
    ------
    DataError
        The message names the first that is not.

    Examples
    --------
    >>> require_costs(1, holding_cost=np.array([0.0]))
    Traceback (most recent call last):
    allocast.errors.DataError: holding_cost must be 1 finite numbers > 0; it is [0.0].
    """
    for name, values in costs.items():
        rates = np.asarray(values, dtype=np.float64)
        if rates.shape != (n,) or not (np.isfinite(rates) & (rates > 0)).all():
            raise DataError(f"{name} must be {n} finite numbers > 0; it is {rates.tolist()}.")
