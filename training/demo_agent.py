"""Training the agent of the demo config: how long it takes, and that one seed gives one agent.

The models are trained beforehand and not timed; the agent is trained twice, one after the other, in this process.
"""

import time
from pathlib import Path

import numpy as np

from allocast.agents.saved_agent import AnyAgent
from allocast.forecast.lightgbm_model import DemandModel
from allocast.supply.arrivals import ShareReceived
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.supplier_model import SupplierModel, SupplierModelSettings
from allocast.workflows.agent_training import train_agent_on
from allocast.workflows.job import Job, open_job
from training.figures import Measured, Reference, Target

__all__ = ["measure"]

SEED = 1
LONGEST_SECONDS = 180.0
CONFIG = Path("configs/demo.yaml")


def measure() -> Measured:
    """Seconds of the slower training, and how far the two agents are apart."""
    job = open_job(
        CONFIG, [f"seed={SEED}", "data.root=out/figures/demo-agent", "tracking=out/figures/mlruns"]
    )
    demand = DemandModel.train(job.panel, job.demand_settings, seed=SEED)
    supply = SupplierModel.train(
        job.orders, as_of=job.today, settings=job.settings.supply or SupplierModelSettings(), seed=SEED
    )
    lead_time = job.lead_times(supply, history=job.orders, as_of=job.today)
    trainings = [_trained(job, demand, lead_time, supply.yields) for _ in range(2)]
    (first, _, curve), (second, _, _) = trainings
    slower = max(seconds for _, seconds, _ in trainings)
    return Measured(
        targets=(
            Target(name="training_seconds", value=slower, op="<=", target=LONGEST_SECONDS),
            Target(name="differing_files", value=float(_differing(first, second)), op="<=", target=0.0),
        ),
        references=(
            Reference(name="cost.agent_on_its_scenarios", value=min(point["cost"] for point in curve)),
            Reference(name="cost.order_up_to_on_its_scenarios", value=curve[-1]["order_up_to_cost"]),
        ),
        seeds=(SEED,),
    )


def _trained(
    job: Job, demand: DemandModel, lead_time: LeadTimeDistribution, share: ShareReceived
) -> tuple[AnyAgent, float, tuple[dict[str, float], ...]]:
    begun = time.perf_counter()
    result = train_agent_on(job, job.panel.take(job.able), demand, lead_time, share=share)
    return result.agent, time.perf_counter() - begun, result.curve


def _differing(first: AnyAgent, second: AnyAgent) -> int:
    """Files of two saved agents that differ, and one more if they would decide differently somewhere."""
    ours, theirs = first.state(), second.state()
    differing = sum(ours[name] != theirs[name] for name in ours)
    table = first.example_observations
    apart = np.abs(first.predict_table(table).to_numpy() - second.predict_table(table).to_numpy()).max()
    return differing + int(apart > 0)
