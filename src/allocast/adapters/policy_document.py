"""A policy as a versioned document: what the registry keeps, and recommendations name."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from allocast.adapters.job_settings import PolicySettings
from allocast.errors import RegistryError
from allocast.inventory.situation import Policy

__all__ = ["AGENT", "PolicyDocument"]

AGENT = "agent"
"""The policy that is a trained agent, kept beside the document as a model of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDocument:
    """A chosen policy: a classical one with its settings, or the agent (``None``).

    Parameters
    ----------
    name : str
        As in tables of results.
    settings : PolicySettings, optional
        ``None`` for the agent.
    """

    kind: ClassVar[str] = "policy"

    name: str
    settings: PolicySettings | None

    def build(self) -> Policy:
        """The classical policy.

        Raises
        ------
        RegistryError
            The document names the agent, which is a model of its own.
        """
        if self.settings is None:
            raise RegistryError(f"the policy {self.name!r} is a model of its own; load it from the registry.")
        return self.settings.build()

    def state(self) -> dict[str, bytes]:
        """One JSON file."""
        settings = None if self.settings is None else self.settings.model_dump(mode="json")
        return {"policy.json": json.dumps({"name": self.name, "settings": settings}, indent=1).encode()}

    @classmethod
    def from_state(cls, files: Mapping[str, bytes]) -> Self:
        """The document that ``state`` wrote."""
        document = json.loads(files["policy.json"])
        adapter: TypeAdapter[PolicySettings | None] = TypeAdapter(PolicySettings | None)
        return cls(name=document["name"], settings=adapter.validate_python(document["settings"]))

    def predict_table(self, frame: pd.DataFrame) -> pd.DataFrame:
        """What every policy of this kind does in the end: order up to a level below a trigger.

        Parameters
        ----------
        frame : DataFrame with ``position``, ``trigger`` and ``level``, in units
        """
        wanted = np.maximum(frame["level"] - frame["position"], 0.0)
        return pd.DataFrame({"wanted_units": np.where(frame["position"] < frame["trigger"], wanted, 0.0)})
