"""How hard boosters learn, from how much there is to learn from."""

__all__ = ["feature_share", "leaf_events", "learning_rate", "leaves", "members"]

# Found on survival sets of 77 to 4,800 events and on generated orders.
STEPS_OF_FEW, STEPS_OF_MANY = 6.0, 4.2  # rounds × learning rate at 1,000 events
LARGEST_RATE = 0.3  # above it single trees are too coarse
FEWEST_LEAVES, MOST_LEAVES = 6, 15
MANY = 50_000  # events of which one booster learns more by itself than several from parts


def learning_rate(n_events: float, rounds: int) -> float:
    """Learning rate at which so many rounds make as many steps as so many events bear.

    With many events noise falls with their root, and so does what more steps would only fit; with few, trees are kept
    small instead (see `leaves`), and steps fall slowly.

    Examples
    --------
    >>> round(learning_rate(1000, 60), 3), round(learning_rate(16000, 60), 3), learning_rate(1e6, 60)
    (0.1, 0.28, 0.3)
    """
    thousands = n_events / 1000
    steps = max(STEPS_OF_FEW * thousands**0.2, STEPS_OF_MANY * thousands**0.5)
    return float(min(steps / rounds, LARGEST_RATE))


def leaves(n_events: float) -> int:
    """Leaves per tree: a fifth of the root of the number of events, within 6 and 15.

    Examples
    --------
    >>> leaves(100), leaves(2500), leaves(1e6)
    (6, 10, 15)
    """
    return int(min(max(n_events**0.5 / 5, FEWEST_LEAVES), MOST_LEAVES))


def leaf_events(n_events: float) -> float:
    """Expected events a leaf must hold: a twentieth of all, within 10 and 40.

    Examples
    --------
    >>> leaf_events(100), leaf_events(500), leaf_events(1e6)
    (10.0, 25.0, 40.0)
    """
    return float(min(max(n_events / 20, 10.0), 40.0))


def members(n_events: float) -> int:
    """Boosters to average: 4, whose noise cancels out; 1 where events are so many that there is little of it.

    Examples
    --------
    >>> members(1000), members(100_000)
    (4, 1)
    """
    return 4 if n_events < MANY else 1


def feature_share(n_events: float) -> float:
    """Share of the features that a split may choose from: a half, so that members differ; all where there is one.

    Examples
    --------
    >>> feature_share(1000), feature_share(100_000)
    (0.5, 1.0)
    """
    return 0.5 if n_events < MANY else 1.0
