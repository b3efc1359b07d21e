"""Futures put together from blocks of the past, taken over all series at once."""

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray

__all__ = ["block_bootstrap", "block_places"]


def block_bootstrap(
    history: FloatArray,
    *,
    n_paths: int,
    n_periods: int,
    block_periods: int,
    season_periods: int = 1,
    rng: np.random.Generator,
) -> FloatArray:
    """Demand paths made of blocks of consecutive periods of the past.

    A path takes the same blocks for every series, so that series that rise and fall together still do, and what follows
    from week to week within a block still follows. Nothing else is assumed about demand.

    Parameters
    ----------
    history : array of shape (n_series, n_known), in units
        The last column is the period before the first coming one.
    n_paths, n_periods : int, >= 1
    block_periods : int, in 1 … n_known
        Long enough to hold what belongs together, short enough that there are many: some lead times.
    season_periods : int, >= 1
        A block for a coming period begins a whole number of seasons earlier; 1 for any place.
    rng : Generator

    Returns
    -------
    units : array of shape (n_series, n_paths, n_periods)

    Raises
    ------
    DataError
        A number is out of its range, history is not known throughout, or holds no block of the right season.

    References
    ----------
    Künsch (1989), The jackknife and the bootstrap for general stationary observations, Annals of Statistics 17(3).

    Examples
    --------
    >>> history = np.array([[1.0, 2.0, 3.0, 4.0], [10.0, 20.0, 30.0, 40.0]])
    >>> paths = block_bootstrap(history, n_paths=2, n_periods=4, block_periods=2, season_periods=2,
    ...                         rng=np.random.default_rng(1))
    >>> paths[0].tolist(), bool((paths[1] == 10 * paths[0]).all())
    ([[1.0, 2.0, 3.0, 4.0], [3.0, 4.0, 3.0, 4.0]], True)
    """
    if np.isnan(history).any():
        row = int(np.argmax(np.isnan(history).any(axis=1)))
        raise DataError(
            f"blocks can only be taken from periods in which all demand is known; series {row} has gaps. Fill them, "
            "or take fewer series or periods."
        )
    places = block_places(
        history.shape[1], n_paths=n_paths, n_periods=n_periods, block_periods=block_periods,
        season_periods=season_periods, rng=rng,
    )  # fmt: skip
    return np.asarray(history[:, places])


def block_places(
    n_known: int,
    *,
    n_paths: int,
    n_periods: int,
    block_periods: int,
    season_periods: int,
    rng: np.random.Generator,
) -> IntArray:
    """Which period of the past stands for each coming one, shape (n_paths, n_periods); see `block_bootstrap`."""
    _require_range("n_paths", n_paths, 1)
    _require_range("n_periods", n_periods, 1)
    _require_range("season_periods", season_periods, 1)
    _require_range("block_periods", block_periods, 1, n_known)
    starts = np.arange(n_known - block_periods + 1)
    blocks = []
    for coming in range(0, n_periods, block_periods):
        fitting = starts[(starts - n_known - coming) % season_periods == 0]
        if not len(fitting):
            raise DataError(
                f"{n_known} known periods hold no block of {block_periods} for coming period {coming} in a season of "
                f"{season_periods}. Take shorter blocks, or a longer history."
            )
        begin = rng.choice(fitting, size=n_paths)
        blocks.append(begin[:, None] + np.arange(block_periods))
    return np.concatenate(blocks, axis=1)[:, :n_periods]


def _require_range(name: str, value: int, least: int, most: float = np.inf) -> None:
    if not least <= value <= most:
        limit = f">= {least}" if most == np.inf else f"in {least} … {most}"
        raise DataError(f"{name} must be {limit}; it is {value}.")
