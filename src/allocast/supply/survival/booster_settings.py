"""How hard boosters learn, from how much there is to learn from."""

__all__ = ["leaf_events", "learning_rate"]

# Rounds × learning rate, found on survival sets of 77 to 4,800 events.
STEPS, FEWEST_STEPS = 4.2, 2.5
LARGEST_RATE = 0.3  # above it single trees are too coarse


def learning_rate(n_events: float, rounds: int) -> float:
    """Learning rate at which so many rounds make as many steps as so many events bear.

    Noise falls with the root of the number of events, and so does what more steps would only fit.

    Examples
    --------
    >>> round(learning_rate(1000, 60), 3), round(learning_rate(4000, 60), 3), learning_rate(1e6, 60)
    (0.07, 0.14, 0.3)
    """
    steps = max(FEWEST_STEPS, STEPS * (n_events / 1000) ** 0.5)
    return float(min(steps / rounds, LARGEST_RATE))


def leaf_events(n_events: float) -> float:
    """Expected events a leaf must hold: a twentieth of all, within 10 and 40.

    Examples
    --------
    >>> leaf_events(100), leaf_events(500), leaf_events(1e6)
    (10.0, 25.0, 40.0)
    """
    return min(max(n_events / 20, 10.0), 40.0)
