"""Uniform numbers that belong to a name: the same name gets the same ones, whoever else is there."""

import numpy as np
import pandas as pd

from allocast.numerics.arrays import FloatArray, TextArray

__all__ = ["keyed_uniforms"]

_STEP = np.uint64(0x9E3779B97F4A7C15)


def keyed_uniforms(keys: TextArray, count: int, seed: int) -> FloatArray:
    """Independent uniforms in [0, 1), one row a key: common random numbers that survive a change of the list.

    A row depends on its key and the seed only. So an order keeps its scenarios when others arrive or are placed,
    when orders are sorted otherwise, and when they are divided into shards; equal keys share one row.

    Parameters
    ----------
    keys : array of text, shape (n,)
    count : int, >= 0
    seed : int, >= 0

    Returns
    -------
    uniforms : array of shape (n, count)

    References
    ----------
    Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators, OOPSLA: SplitMix64.

    Examples
    --------
    >>> both = keyed_uniforms(np.array(["a", "b", "a"], dtype=object), 2, seed=1)
    >>> bool((both[0] == both[2]).all()), bool((both[0] == both[1]).any())
    (True, False)
    """
    names = pd.util.hash_array(np.asarray(keys, dtype=object), categorize=True)
    with np.errstate(over="ignore"):  # arithmetic modulo 2**64 is meant
        start = _mixed(names ^ _mixed(np.array([seed], dtype=np.uint64) + _STEP))
        steps = _STEP * np.arange(1, count + 1, dtype=np.uint64)
        bits = _mixed(start[:, None] + steps)
    uniforms: FloatArray = (bits >> np.uint64(11)) * 2.0**-53
    return uniforms


def _mixed(bits: np.ndarray) -> np.ndarray:
    """SplitMix64's mixing of 64 bits; every bit of the result depends on every one before."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: np.ndarray = bits ^ (bits >> np.uint64(31))
    return mixed
