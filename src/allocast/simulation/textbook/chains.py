"""Markov chains of whole-number states: what can be reached from a start, and how often in the long run."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray

__all__ = ["Chain", "explore"]

BITS = 12  # a state is numbered with so many bits an entry
MOST_STEPS = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A finite Markov chain driven by independent, identically distributed outcomes.

    Parameters
    ----------
    states : array of int, shape (n_states, n_entries)
        The first is the start.
    following : array of int, shape (n_states, n_outcomes)
        Number of the state that follows each outcome.
    probability : array of shape (n_outcomes,)
    """

    states: IntArray
    following: IntArray
    probability: FloatArray

    def transitions(self) -> csr_array:
        """Matrix of the probabilities of one step, shape (n_states, n_states)."""
        n, outcomes = self.following.shape
        parts = (np.tile(self.probability, n), (np.repeat(np.arange(n), outcomes), self.following.ravel()))
        return csr_array(parts, shape=(n, n))

    def long_run(self, *, tolerance: float = 1e-13) -> FloatArray:
        """Share of time spent in each state in the long run after the start, shape (n_states,).

        Every step is taken with probability 1/2 only, which changes no share and lets cycles die out. Where the
        start can lead into one of several classes, each counts with its probability.

        Parameters
        ----------
        tolerance : float
            The shares change by less in a step, summed over the states.

        Raises
        ------
        DataError
            The shares have not settled after 200,000 steps.
        """
        steps = self.transitions().T.tocsr()
        share: FloatArray = np.zeros(len(self.states))
        share[0] = 1.0
        for _ in range(MOST_STEPS):
            new = 0.5 * share + 0.5 * (steps @ share)
            change = float(np.abs(new - share).sum())
            share = np.asarray(new / new.sum())
            if change < tolerance:
                return share
        raise DataError(f"the chain of {len(share)} states has not settled after {MOST_STEPS} steps.")


def explore(start: IntArray, step: Callable[[IntArray], IntArray], probability: FloatArray) -> Chain:
    """The chain of all states that can be reached from a start.

    Parameters
    ----------
    start : array of int, shape (n_entries,)
    step : function of states of shape (n, n_entries)
        The states that follow each of them, shape (n, n_outcomes, n_entries); entries from -2048 to 2047.
    probability : array of shape (n_outcomes,)

    Raises
    ------
    DataError
        An entry leaves its range: something grows without bound.

    Examples
    --------
    A coin makes a counter begin anew or rise by one, up to two.

    >>> chain = explore(np.array([0]), lambda s: np.stack([0 * s, np.minimum(s + 1, 2)], axis=1), np.full(2, 0.5))
    >>> chain.states.ravel(), chain.long_run().round(6)
    (array([0, 1, 2]), array([0.5 , 0.25, 0.25]))
    """
    states = np.asarray(start, dtype=np.int64)[None]
    numbers = {int(_keys(states)[0]): 0}
    found, following, frontier = [states], [], states
    while len(frontier) > 0:
        after = np.asarray(step(frontier), dtype=np.int64)
        flat = after.reshape(-1, after.shape[-1])
        distinct, first, place = np.unique(_keys(flat), return_index=True, return_inverse=True)
        new = [k for k, key in enumerate(distinct.tolist()) if key not in numbers]
        numbers |= {int(distinct[k]): len(numbers) + j for j, k in enumerate(new)}
        following.append(
            np.array([numbers[key] for key in distinct.tolist()])[place].reshape(after.shape[:2])
        )
        frontier = flat[first[new]]
        found.append(frontier)
    return Chain(
        states=np.concatenate(found), following=np.concatenate(following), probability=np.asarray(probability)
    )


def _keys(states: IntArray) -> IntArray:
    half = 1 << (BITS - 1)
    if (states < -half).any() or (states >= half).any():
        raise DataError(
            f"entries of a state must lie in [{-half}, {half - 1}]; one is {np.abs(states).max()}."
        )
    return np.asarray((states + half) @ (1 << (BITS * np.arange(states.shape[1], dtype=np.int64))))
