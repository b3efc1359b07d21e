"""Scenarios of a job: named changes played side by side with the registered models."""

import math

from allocast.adapters.scenario_plots import scenarios_plot
from allocast.errors import DataError, UnknownNameError
from allocast.numerics.streams import integer_seed, stream
from allocast.planning.fallback import Fallback
from allocast.simulation.what_if import SideBySide, what_if
from allocast.workflows.job import Job
from allocast.workflows.models import share_of
from allocast.workflows.recommend import champions_view
from allocast.workflows.rulebook import under_rulebook

__all__ = ["scenarios"]


def scenarios(job: Job, *, periods: int | None = None, workers: int = 1) -> SideBySide:
    """The unchanged plan and each scenario of the config, as `what_if` plays them; recorded as a run.

    Each series is ordered from its main supplier, or from the next best where that is lost. Today's orders of the
    unchanged plan are therefore those that ``recommend`` gives without transfers, early units from others, and limits.

    Parameters
    ----------
    job : Job
    periods : int, >= 1, optional
        Coming periods to play; by default all that are forecast.
    workers : int, >= 1
        Threads.

    Raises
    ------
    DataError
        The config has no scenarios, or one of them cannot be played.
    NoModelError
        The demand model or the policy is not registered.
    UnknownNameError
        A scenario loses a supplier that there is not.
    """
    changes = job.settings.scenarios
    if not changes:
        raise DataError(
            "the config names no scenarios; add some, for example "
            "scenarios: [{name: a fifth more demand, demand_factor: 1.2}]"
        )
    _require_suppliers(job)
    champion, situation, supply = champions_view(job)
    with job.store.run(f"{job.settings.name}/scenarios", "scenarios") as run:
        job.record(run)
        result = what_if(
            situation,
            under_rulebook(job, champion, supply),
            changes,
            n_periods=periods or situation.scenarios.demand.shape[2],
            rng=stream(job.settings.seed, "scenarios", str(job.as_of)),
            without=Fallback(
                sourcing=job.sourcing,
                orders=job.orders,
                supply=supply or job.contracts,
                share=share_of(supply or job.contracts),
                rules=job.settings.sourcing,
                seed=integer_seed(job.settings.seed, "fallback"),
            ).without,
            workers=workers,
        )
        table = result.table()
        for outcome in result.outcomes:
            with run.child(outcome.change.name) as own:
                own.metrics({k: v for k, v in outcome.summary().items() if not math.isnan(v)})
        run.table(table, "scenarios.csv")
        run.table(result.by_period(), "scenarios_by_period.csv")
        run.figure(scenarios_plot(table), "scenarios.png")
    return result


def _require_suppliers(job: Job) -> None:
    """Refuse names that nobody has before anything is computed."""
    known = sorted(set(job.sourcing.supplier_id))
    for change in job.settings.scenarios:
        for name in change.lost_suppliers:
            if name not in known:
                raise UnknownNameError(f"supplier in scenario {change.name!r}:", name, known)
