"""Recommend orders with the registered models."""

from collections.abc import Collection
from dataclasses import dataclass

from allocast.adapters.assemble import stock_of
from allocast.adapters.assemble_lanes import lanes_of
from allocast.adapters.assemble_orders import approved_orders
from allocast.adapters.policy_document import PolicyDocument
from allocast.adapters.registry import LoadedModel
from allocast.agents.agent import AgentPolicy
from allocast.agents.explained_order import ExplainedOrder, row_of
from allocast.agents.explanation import ExplainedAgent, explain_decision
from allocast.agents.saved_agent import AnyAgent
from allocast.agents.service_level.explanation import explain_level
from allocast.errors import DataError, UnknownNameError
from allocast.forecast.lightgbm_model import DemandModel
from allocast.inventory.basket import Limits
from allocast.inventory.recommendation import Lineage, Recommendations
from allocast.inventory.segments.segmented_policy import SegmentedPolicy
from allocast.inventory.situation import OrderDecision, Policy, Situation
from allocast.numerics.streams import stream
from allocast.planning.plan import plan
from allocast.supply.supplier_model import SupplierModel
from allocast.supply.supply_model import SupplyModel
from allocast.workflows.explain import add_demand_reasons
from allocast.workflows.job import Job
from allocast.workflows.models import KINDS, as_agent, as_type, load_model, share_of
from allocast.workflows.rulebook import under_rulebook

__all__ = ["champions_view", "explain_order", "recommend"]

CONTRACT = "contract lead times"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Registered:
    """The models that decide; the document of the policy, or the agent, may not be needed."""

    demand: LoadedModel
    supply: LoadedModel | None
    document: LoadedModel | None
    agent: LoadedModel | None

    @property
    def policy(self) -> Policy:
        """The agent, saying of every order why; or the classical policy of the document."""
        if self.agent is not None:
            agent = as_agent(self.agent)
            return ExplainedAgent(agent=agent) if isinstance(agent, AgentPolicy) else agent
        if self.document is None:
            raise DataError("neither a policy nor an agent is registered.")
        return as_type(PolicyDocument, self.document).build()

    @property
    def suppliers(self) -> SupplierModel | None:
        """The supplier model."""
        return None if self.supply is None else as_type(SupplierModel, self.supply)


def recommend(job: Job, *, challengers: Collection[str] = (), with_basket: bool = False) -> Recommendations:
    """One row a series: what to order now, or why nothing.

    The champions of the job's demand, supply and policy models are used.

    Parameters
    ----------
    job : Job
    challengers : collection of kinds, from ``KINDS``
        Of these the challenger is used in place of the champion, on trial; an agent on trial decides whatever the
        champion policy is.
    with_basket : bool
        Whether orders are ranked by what they save for their money where the job sets no limits, too.

    Raises
    ------
    NoModelError
        One of them is not registered; the message says what to run.
    UnknownNameError
        There are no models of a kind.
    DataError
        There is no stock table, or no demand; what must be ordered does not fit the limits; or the job's calibration
        does not follow its rulebook.
    """
    models = _registered(job, challengers)
    limits = job.limits or (Limits() if with_basket else None)
    recommendations = _planned(job, models, under_rulebook(job, models.policy, models.suppliers), limits)
    return add_demand_reasons(recommendations, as_type(DemandModel, models.demand), job.panel)


def explain_order(
    job: Job, item_id: str, location_id: str, *, challengers: Collection[str] = ()
) -> tuple[ExplainedOrder, int, str]:
    """Why the agent orders what it does: the explanation, the row of the series in it, and the recommendation's reason.

    Raises
    ------
    DataError
        The policy is classical, whose reason says all; or nothing was decided for the series.
    """
    models = _registered(job, challengers)
    if models.agent is None:
        raise DataError(
            f"the champion policy {models.policy.name} is classical: its reason in the recommendations says all. "
            "An agent on trial is explained with --challenger agent."
        )
    witness = _Witness(under_rulebook(job, models.policy, models.suppliers))
    reason = _planned(job, models, witness, job.limits).of(item_id, location_id).reason
    if witness.situation is None:
        raise DataError("no series can be ordered: none has a supplier and a stock figure.")
    explained = _explained(as_agent(models.agent), witness.situation)
    return explained, row_of(explained, item_id, location_id), reason


def _explained(agent: AnyAgent, situation: Situation) -> ExplainedOrder:
    if isinstance(agent, AgentPolicy):
        return explain_decision(agent, situation)
    return explain_level(agent, situation)


def champions_view(job: Job) -> tuple[Policy, Situation, SupplyModel | None]:
    """The champion policy, without any rulebook, what it looks at today, and the supplier model, if there is one.

    Nothing is moved between locations, as what moves changes from day to day.

    Raises
    ------
    NoModelError
        A model is not registered.
    DataError
        No series can be ordered.
    """
    models = _registered(job, ())
    witness = _Witness(models.policy)
    _planned(job, models, witness, moves=False)
    if witness.situation is None:
        raise DataError("no series can be ordered: none has a supplier and a stock figure.")
    return models.policy, witness.situation, models.suppliers


class _Witness:
    """A policy that remembers what it was asked."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.name = policy.name
        self.situation: Situation | None = None

    def decide(self, situation: Situation) -> OrderDecision:
        self.situation = situation
        return self._policy.decide(situation)


def _registered(job: Job, challengers: Collection[str]) -> _Registered:
    if not job.has_demand:
        raise DataError("recommendations need the table demand; this job is about suppliers only.")
    for kind in challengers:
        if kind not in KINDS:
            raise UnknownNameError("kind of model", kind, KINDS)

    def load(kind: str) -> LoadedModel:
        return load_model(job, kind, alias="challenger" if kind in challengers else "champion")

    demand = load("demand")
    supply = None if job.settings.supply is None else load("supply")
    document = None if "agent" in challengers else load("policy")
    is_classical = document is not None and as_type(PolicyDocument, document).settings is not None
    agent = None if is_classical else load("agent")
    return _Registered(demand=demand, supply=supply, document=document, agent=agent)


def _planned(
    job: Job, models: _Registered, policy: Policy, limits: Limits | None = None, *, moves: bool = True
) -> Recommendations:
    suppliers = models.suppliers
    ruled = policy.label if isinstance(policy, SegmentedPolicy) else ""
    return plan(
        job.panel,
        orders=job.orders,
        stock=stock_of(job.data.tables, job.panel.series, as_of=job.today),
        sourcing=job.sourcing,
        costs=job.costs,
        forecast=as_type(DemandModel, models.demand).forecast,
        supply=suppliers or job.contracts,
        share=share_of(suppliers or job.contracts),
        approved=approved_orders(job.data.tables).known_at(job.today),
        policy=policy,
        lineage=Lineage(
            as_of=job.as_of,
            policy=policy.name,
            policy_version=" under ".join(filter(None, [_version(models.document), ruled])),
            policy_run_id=_run_id(models.document),
            agent_model=_version(models.agent),
            agent_run_id=_run_id(models.agent),
            demand_model=_version(models.demand),
            demand_run_id=_run_id(models.demand),
            supply_model=_version(models.supply) or CONTRACT,
            supply_run_id=_run_id(models.supply),
            data_digest=job.digest,
        ),
        lanes=lanes_of(job.data.tables) if moves else None,
        rules=job.settings.sourcing,
        n_paths=job.settings.paths,
        rng=stream(job.settings.seed, "recommend", str(job.as_of)),
        limits=limits,
    )


def _version(model: LoadedModel | None) -> str:
    return f"{model.name}/{model.version}" if model else ""


def _run_id(model: LoadedModel | None) -> str:
    return model.run_id if model else ""
