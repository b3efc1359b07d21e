"""Training through the simulation itself: the gradient of costs along simulated paths."""

from allocast.agents.pathwise.algorithm import PathwiseGradient
from allocast.agents.pathwise.schedules import Cosine

__all__ = ["Cosine", "PathwiseGradient"]
