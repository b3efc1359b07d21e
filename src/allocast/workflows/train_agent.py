"""Train the agent on the registered models' scenarios, register it."""

import numpy as np
import pandas as pd

from allocast.adapters.plots import learning_curve_plot
from allocast.adapters.registry import ModelVersion
from allocast.agents.agent import AgentPolicy
from allocast.forecast.lightgbm_model import DemandModel
from allocast.supply.supplier_model import SupplierModel
from allocast.supply.supply_model import SupplyModel
from allocast.workflows.agent_training import train_agent_on
from allocast.workflows.job import Job
from allocast.workflows.models import as_type, load_champion
from allocast.workflows.promotion import register_and_promote

__all__ = ["train_agent"]


def train_agent(
    job: Job,
    *,
    demand: DemandModel | None = None,
    supply: SupplyModel | None = None,
    actor: str,
    champion: bool = False,
) -> tuple[AgentPolicy, ModelVersion, pd.DataFrame]:
    """Train and register.

    Parameters
    ----------
    job : Job
    demand, supply : models, optional
        By default this job's champions.

    Returns
    -------
    agent : AgentPolicy
    version : ModelVersion
    curve : DataFrame
        The learning curve: cost on fixed scenarios, beside that of the critical ratio's order-up-to level.
    """
    with job.store.run(f"{job.settings.name}/agent", "train agent") as run:
        job.record(run)
        demand = demand or as_type(DemandModel, load_champion(job, "demand"))
        known = job.panel.take(job.able)
        lead_time = job.lead_times(supply or _supply(job), history=job.orders, as_of=job.today)
        result = train_agent_on(job, known, demand, lead_time)
        curve = pd.DataFrame(result.curve)
        run.metric_history({name: curve[name].tolist() for name in curve if name != "step"})
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


def _supply(job: Job) -> SupplyModel:
    return (
        job.contracts if job.settings.supply is None else as_type(SupplierModel, load_champion(job, "supply"))
    )
