"""The registered models of a job, each as the type it is."""

from typing import TypeVar

from allocast.adapters.registry import LoadedModel, ModelBundle
from allocast.errors import RegistryError
from allocast.workflows.job import Job

__all__ = ["as_type", "load_champion"]

B = TypeVar("B", bound=ModelBundle)


def load_champion(job: Job, kind: str) -> LoadedModel:
    """The champion of this job's models of a kind, with its version.

    Raises
    ------
    NoModelError
        None is registered; the message says what to run.
    """
    return job.registry.load(job.model_name(kind), kind=kind)


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
