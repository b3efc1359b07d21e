"""What if: named changes played through side by side, from today's stock, on the same random numbers."""

from allocast.simulation.what_if.change import BASELINE, Change
from allocast.simulation.what_if.outcome import Outcome
from allocast.simulation.what_if.play import what_if
from allocast.simulation.what_if.side_by_side import SideBySide

__all__ = ["BASELINE", "Change", "Outcome", "SideBySide", "what_if"]
