"""Put a trained model into the registry, and say why it does or does not serve from now on."""

from collections.abc import Mapping

import pandas as pd

from allocast.adapters.bundles import ModelBundle
from allocast.adapters.registry import ModelVersion
from allocast.adapters.tracking import Run
from allocast.errors import NoModelError
from allocast.workflows.job import Job

__all__ = ["register_and_promote"]


def register_and_promote(
    job: Job,
    run: Run,
    bundle: ModelBundle,
    *,
    example: pd.DataFrame,
    evidence: Mapping[str, float],
    actor: str,
    champion: bool = False,
) -> ModelVersion:
    """Register a model of a job; the first of its name becomes champion, later ones challenger.

    Parameters
    ----------
    job : Job
    run : Run
        The run that made it.
    bundle : ModelBundle
    example : DataFrame
        What the model takes, for its signature.
    evidence : mapping of name to number
        Kept with the alias history.
    actor : str
    champion : bool
        Make it champion in any case: the whole job has just been judged with it.
    """
    name = job.model_name(bundle.kind)
    version = job.registry.register(
        name, bundle, run=run, signature_input=example, knows_until=str(job.as_of)
    )
    first = _has_no_champion(job, name)
    alias = "champion" if champion or first else "challenger"
    reason = f"trained as of {job.as_of}" + (", the first of its name" if first else "")
    job.registry.promote(name, version.version, alias, reason=reason, actor=actor, evidence=evidence)
    return version


def _has_no_champion(job: Job, name: str) -> bool:
    try:
        job.registry.load(name)
    except NoModelError:
        return True
    return False
