"""Agents as a registry keeps them: the files say which kind each is."""

import json
from collections.abc import Mapping
from typing import ClassVar, TypeAlias

from allocast.agents.agent import AgentPolicy
from allocast.agents.service_level.policy import ServiceLevelAgent

__all__ = ["AnyAgent", "SavedAgent"]

AnyAgent: TypeAlias = AgentPolicy | ServiceLevelAgent
"""What a training gives and a registry keeps."""


class SavedAgent:
    """Reads what an agent's ``state`` wrote."""

    kind: ClassVar[str] = "agent"

    @staticmethod
    def from_state(files: Mapping[str, bytes]) -> AnyAgent:
        """The agent: one without a network if it was trained by ``service_level``.

        Raises
        ------
        DataError
            A file is missing, or it was trained on what this version has otherwise.
        """
        settings = json.loads(files.get("agent.json", b"{}")).get("settings", {})
        if settings.get("algorithm") == "service_level":
            return ServiceLevelAgent.from_state(files)
        return AgentPolicy.from_state(files)
