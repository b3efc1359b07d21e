"""The registered models of a job, each as the type it is."""

from dataclasses import replace
from typing import TypeVar

from allocast.adapters.bundles import ModelBundle
from allocast.adapters.policy_document import PolicyDocument
from allocast.adapters.registry import LoadedModel
from allocast.agents.agent import AgentPolicy
from allocast.agents.agent_settings import AgentSettings
from allocast.agents.saved_agent import AnyAgent
from allocast.agents.service_level.policy import ServiceLevelAgent
from allocast.errors import DataError, NoModelError, RegistryError
from allocast.forecast.lightgbm_model import DemandModel
from allocast.supply.arrivals import ShareReceived
from allocast.supply.supplier_model import SupplierModel
from allocast.supply.supply_model import SupplyModel
from allocast.workflows.job import Job

__all__ = [
    "KINDS",
    "as_agent",
    "as_type",
    "champion_agent_settings",
    "champion_policy",
    "demand_model",
    "load_champion",
    "load_model",
    "share_of",
]

KINDS = ("demand", "supply", "policy", "agent")
"""The kinds of models of a job."""

B = TypeVar("B", bound=ModelBundle)


def load_champion(job: Job, kind: str) -> LoadedModel:
    """The champion of this job's models of a kind, with its version; raises as ``load_model``."""
    return load_model(job, kind)


def load_model(job: Job, kind: str, *, alias: str = "champion") -> LoadedModel:
    """The model of a kind that an alias of this job points at, with its version.

    Raises
    ------
    NoModelError
        There is none; the message says what to run.
    RegistryError
        It has learned from what came after the job's ``as_of``.
    """
    loaded = job.registry.load(job.model_name(kind), alias=alias, kind=kind)
    if loaded.knows_until > str(job.as_of):  # ISO dates compare as text
        raise RegistryError(
            f"{loaded.name}/{loaded.version} has learned from demand until {loaded.knows_until}, later than the "
            f"decision as of {job.as_of}. Train as of that day, or promote an earlier version."
        )
    return loaded


def champion_policy(job: Job) -> PolicyDocument | None:
    """The policy that recommends today; None before the first is registered."""
    try:
        loaded = job.registry.load(job.model_name("policy"), kind="policy")
    except NoModelError:
        return None
    return as_type(PolicyDocument, loaded)


def champion_agent_settings(job: Job) -> AgentSettings | None:
    """How the agent that recommends today was trained.

    None where a classical policy recommends, or nothing yet, or an agent that this version can no longer read.
    """
    document = champion_policy(job)
    if document is None or document.settings is not None:
        return None
    try:
        return as_agent(job.registry.load(job.model_name("agent"), kind="agent")).settings
    except (DataError, RegistryError):
        return None


def share_of(supply: SupplyModel) -> ShareReceived | None:
    """Which share of an order is delivered, as a supplier model has learned it; None, all of it, by contract."""
    return supply.yields if isinstance(supply, SupplierModel) else None


def as_agent(loaded: LoadedModel) -> AnyAgent:
    """A loaded model as the agent that it must be; raises as ``as_type``."""
    if isinstance(loaded.bundle, ServiceLevelAgent):
        return loaded.bundle
    return as_type(AgentPolicy, loaded)


def as_type(expected: type[B], loaded: LoadedModel) -> B:
    """A loaded model as the type it must be.

    Raises
    ------
    RegistryError
        It is something else.
    """
    if not isinstance(loaded.bundle, expected):
        raise RegistryError(
            f"{loaded.name} must be a {expected.__name__}; it is a {type(loaded.bundle).__name__}."
        )
    return loaded.bundle


def demand_model(loaded: LoadedModel, *, workers: int) -> DemandModel:
    """The demand model as each of so many processes computes with it: with one thread where they are several.

    A process alone uses as many threads as the model was trained to use; forecasts are the same for any number.

    Raises
    ------
    RegistryError
        The loaded model is something else.
    """
    model = as_type(DemandModel, loaded)
    return model if workers == 1 else replace(model, settings=replace(model.settings, threads=1))
