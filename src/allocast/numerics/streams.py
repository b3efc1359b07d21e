"""Named random streams, all from one seed."""

import zlib

import numpy as np

__all__ = ["integer_seed", "stream"]


def _sequence(seed: int, names: tuple[str, ...]) -> np.random.SeedSequence:
    return np.random.SeedSequence(seed, spawn_key=tuple(zlib.crc32(name.encode()) for name in names))


def stream(seed: int, *names: str) -> np.random.Generator:
    """The random stream of this name: the same seed and name give the same draws, other names independent ones.

    Parameters
    ----------
    seed : int, >= 0
        The one seed of the run.
    names : str
        What the draws are for, from the general to the particular: ``"demand", "paths"``.

    Examples
    --------
    >>> bool(stream(1, "demand").random() == stream(1, "demand").random())
    True
    >>> bool(stream(1, "demand").random() == stream(1, "lead_time").random())
    False
    """
    return np.random.default_rng(_sequence(seed, names))


def integer_seed(seed: int, *names: str) -> int:
    """A seed below 2**31 for libraries that take an integer, drawn from the stream of this name."""
    return int(_sequence(seed, names).generate_state(1)[0] >> 1)
