"""The scenarios that a config can name."""

from typing import Annotated

from pydantic import AfterValidator

from allocast.simulation.what_if import Change
from allocast.simulation.what_if.change import require_own_names

__all__ = ["ScenarioSettings"]

ScenarioSettings = Annotated[tuple[Change, ...], AfterValidator(require_own_names)]
"""Named changes, each with a name of its own."""
