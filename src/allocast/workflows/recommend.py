"""Recommend orders with the registered models."""

from allocast.adapters.assemble import stock_of
from allocast.adapters.policy_document import PolicyDocument
from allocast.adapters.registry import LoadedModel
from allocast.agents.agent import AgentPolicy
from allocast.errors import DataError
from allocast.forecast.lightgbm_model import DemandModel
from allocast.inventory.recommendation import Lineage, Recommendations
from allocast.numerics.streams import stream
from allocast.planning.plan import plan
from allocast.supply.supplier_model import SupplierModel
from allocast.workflows.explain import add_demand_reasons
from allocast.workflows.job import Job
from allocast.workflows.models import as_type, load_champion

__all__ = ["recommend"]

CONTRACT = "contract lead times"


def recommend(job: Job) -> Recommendations:
    """One row a series: what to order now, or why nothing.

    The champions of the job's demand, supply and policy models are used.

    Raises
    ------
    NoModelError
        One of them is not registered; the message says what to run.
    DataError
        There is no stock table, or no demand.
    """
    if not job.has_demand:
        raise DataError("recommendations need the table demand; this job is about suppliers only.")
    demand = load_champion(job, "demand")
    supply = None if job.settings.supply is None else load_champion(job, "supply")
    document = load_champion(job, "policy")
    chosen = as_type(PolicyDocument, document)
    agent = load_champion(job, "agent") if chosen.settings is None else None
    policy = as_type(AgentPolicy, agent) if agent else chosen.build()
    model = as_type(DemandModel, demand)
    suppliers = None if supply is None else as_type(SupplierModel, supply)
    recommendations = plan(
        job.panel,
        orders=job.orders,
        stock=stock_of(job.data.tables, job.panel.series, as_of=job.today),
        sourcing=job.sourcing,
        costs=job.costs,
        forecast=model.forecast,
        supply=suppliers or job.contracts,
        share=None if suppliers is None else suppliers.yields,
        policy=policy,
        lineage=Lineage(
            as_of=job.as_of,
            policy=policy.name,
            policy_version=_version(document),
            policy_run_id=_run_id(document),
            agent_model=_version(agent),
            agent_run_id=_run_id(agent),
            demand_model=_version(demand),
            demand_run_id=_run_id(demand),
            supply_model=_version(supply) or CONTRACT,
            supply_run_id=_run_id(supply),
            data_digest=job.digest,
        ),
        n_paths=job.settings.paths,
        rng=stream(job.settings.seed, "recommend", str(job.as_of)),
    )
    return add_demand_reasons(recommendations, model, job.panel)


def _version(model: LoadedModel | None) -> str:
    return f"{model.name}/{model.version}" if model else ""


def _run_id(model: LoadedModel | None) -> str:
    return model.run_id if model else ""
