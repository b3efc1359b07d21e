"""Train the agent on the registered models' scenarios, register it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from allocast.adapters.plots import learning_curve_plot
from allocast.adapters.progress import progress_bar
from allocast.adapters.registry import ModelVersion
from allocast.adapters.tracking import Run
from allocast.agents.agent_settings import AgentSettings
from allocast.agents.saved_agent import AnyAgent
from allocast.forecast.lightgbm_model import DemandModel
from allocast.supply.supplier_model import SupplierModel
from allocast.supply.supply_model import SupplyModel
from allocast.workflows.agent_training import train_agent_on
from allocast.workflows.job import Job
from allocast.workflows.models import as_type, load_champion, share_of
from allocast.workflows.promotion import register_and_promote

if TYPE_CHECKING:
    from allocast.agents.service_level.learning import LearnedLevels
    from allocast.agents.training_loop import TrainingResult

__all__ = ["train_agent"]

Progress = Callable[[Mapping[str, float]], None]


def train_agent(
    job: Job,
    *,
    demand: DemandModel | None = None,
    supply: SupplyModel | None = None,
    actor: str,
    champion: bool = False,
    settings: AgentSettings | None = None,
) -> tuple[AnyAgent, ModelVersion, pd.DataFrame]:
    """Train and register.

    Parameters
    ----------
    job : Job
    demand, supply : models, optional
        By default this job's champions.
    settings : AgentSettings, optional
        The config's by default.

    Returns
    -------
    agent : AnyAgent
    version : ModelVersion
    curve : DataFrame
        The learning curve: cost on fixed scenarios, beside that of the critical ratio's order-up-to level.
    """
    with job.store.run(f"{job.settings.name}/agent", "train agent") as run:
        job.record(run)
        demand = demand or as_type(DemandModel, load_champion(job, "demand"))
        known = job.panel.take(job.able)
        supply = supply or _supply(job)
        lead_time, share = job.lead_times(supply, history=job.orders, as_of=job.today), share_of(supply)
        settings = settings or job.settings.agent
        result = _train(
            run,
            settings,
            lambda told: train_agent_on(job, known, demand, lead_time, told, settings, share=share),
        )
        curve = pd.DataFrame(result.curve)
        run.figure(learning_curve_plot(curve), "learning_curve.png")
        last = curve.loc[curve["cost"].idxmin()]
        evidence = {
            name: float(last[name]) for name in ("cost", "order_up_to_cost") if np.isfinite(last[name])
        }
        version = register_and_promote(
            job, run, result.agent, example=result.agent.example_observations, evidence=evidence, actor=actor,
            champion=champion,
        )  # fmt: skip
    return result.agent, version, curve


def _train(
    run: Run, settings: AgentSettings | None, train: Callable[[Progress], "TrainingResult | LearnedLevels"]
) -> "TrainingResult | LearnedLevels":
    """Train, each point of the learning curve going to MLflow in one call, and to a bar for people."""
    with progress_bar("Training the agent", settings.total_steps if settings else 0) as show:

        def told(point: Mapping[str, float]) -> None:
            step = int(point["step"])
            run.metrics({name: value for name, value in point.items() if name != "step"}, step=step)
            show(step)

        return train(told)


def _supply(job: Job) -> SupplyModel:
    return (
        job.contracts if job.settings.supply is None else as_type(SupplierModel, load_champion(job, "supply"))
    )
