"""The settings of a job: what one YAML file may say."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge, MinLen
from pydantic import Field

from allocast.adapters.limit_settings import LimitSettings
from allocast.adapters.policy_settings import (
    MovingAverageCoverSettings,
    OrderUpToSettings,
    PolicySettings,
    ProjectedNeedSettings,
)
from allocast.adapters.quality import RepairRules
from allocast.adapters.scenario_settings import ScenarioSettings
from allocast.adapters.settings import Settings
from allocast.adapters.tuning_settings import TuningSettings
from allocast.agents.agent_settings import (
    OffPolicySettings,
    OnPolicySettings,
    PathwiseSettings,
    ServiceLevelSettings,
)
from allocast.demand.calendar import Frequency
from allocast.forecast.demand_settings import DemandModelSettings
from allocast.inventory.excess import StockRules, WaysOut
from allocast.inventory.offers import SourcingRules
from allocast.simulation.demo_settings import DemoWorldSettings
from allocast.simulation.windows import WindowSettings
from allocast.supply.supplier_model import SupplierModelSettings

__all__ = [
    "BacktestSettings",
    "CostSettings",
    "DataSettings",
    "DemoData",
    "JobSettings",
    "MovingAverageCoverSettings",
    "OrderUpToSettings",
    "PolicySettings",
    "ProjectedNeedSettings",
    "ScmsData",
    "StockSettings",
    "TablesData",
    "Vn2Data",
]

Rate = Annotated[float, Ge(0)]


class TablesData(Settings):
    """Tables of your own, CSV or Parquet, in Allocast's layout or renamed to it."""

    kind: Literal["tables"]
    root: Path
    """Folder of the tables."""
    frequency: Frequency = Frequency.WEEKLY
    """How long a period of demand is."""
    files: dict[str, str] = Field(default_factory=dict)
    """File of each table below the root; by default every table found under its own name."""
    rename: dict[str, dict[str, str]] = Field(default_factory=dict)
    """For each table, its own column names to ours."""
    repair: RepairRules = Field(default_factory=RepairRules)
    """What is done about each kind of fault."""
    orders_from: date | None = None
    """First day of which receipts and cancellations of purchase orders are recorded; by default it is found."""


class DemoData(Settings):
    """The generated demo world: written as tables once, then read like anybody's."""

    kind: Literal["demo"]
    root: Path = Path("out/demo/tables")
    """Where the tables are written."""
    world: DemoWorldSettings = Field(default_factory=DemoWorldSettings)


class Vn2Data(Settings):
    """The VN2 Inventory Planning Challenge in its publisher's layout."""

    kind: Literal["vn2"]
    root: Path
    """Folder with sales.csv, in_stock.csv, master.csv and initial_state.csv."""


class ScmsData(Settings):
    """The USAID SCMS delivery history in its publisher's layout."""

    kind: Literal["scms"]
    root: Path
    """The CSV file."""


DataSettings = Annotated[TablesData | DemoData | Vn2Data | ScmsData, Field(discriminator="kind")]


class FlatCosts(Settings):
    """The same cost rates for every series."""

    kind: Literal["flat"]
    holding_cost: Rate
    """Money per unit left at the end of a period."""
    shortage_cost: Rate
    """Money per unit of demand missed."""
    order_cost: Rate = 0.0
    """Money per order."""


class ShareCosts(Settings):
    """Cost rates from each item's own unit cost and price; order cost from its sourcing line."""

    kind: Literal["shares"]
    holding_share_per_year: Rate = 0.25
    """Holding a unit for a year, as a share of its unit cost."""
    margin_share_lost: Rate = 1.0
    """A unit of demand missed, as a share of price less unit cost."""


CostSettings = Annotated[FlatCosts | ShareCosts, Field(discriminator="kind")]


class BacktestSettings(Settings):
    """Replay of past windows, by which the policy is chosen: always by its past, never by the future it serves."""

    windows: Annotated[int, Ge(1)] = 6
    """How many past windows, side by side."""
    shape: WindowSettings = Field(default_factory=WindowSettings)
    policies: Annotated[tuple[PolicySettings, ...], MinLen(1)] = (
        OrderUpToSettings(kind="order_up_to"),
        ProjectedNeedSettings(kind="projected_need"),
    )
    """Candidates; the first is the baseline that the others are compared with."""


AgentSection = Annotated[
    OnPolicySettings | OffPolicySettings | PathwiseSettings | ServiceLevelSettings,
    Field(discriminator="algorithm"),
]
"""The algorithm says which other keys there are."""


class StockSettings(Settings):
    """How stock is reviewed."""

    rules: StockRules = Field(default_factory=StockRules)
    """When it is too little, too much, slow or dead."""
    ways_out: WaysOut = Field(default_factory=WaysOut)
    """What each way out of too much brings and costs."""


class JobSettings(Settings):
    """One job: from tables to recommendations."""

    name: str
    """Names the experiments and the registered models."""
    seed: Annotated[int, Ge(0)] = 1
    data: DataSettings
    costs: CostSettings = FlatCosts(kind="flat", holding_cost=1.0, shortage_cost=5.0)
    demand: DemandModelSettings = Field(default_factory=DemandModelSettings)
    supply: SupplierModelSettings | None = None
    """How the supplier model is trained; without it, lead times are the contracts'."""
    sourcing: SourcingRules = Field(default_factory=SourcingRules)
    """What is wanted where several suppliers can deliver a series."""
    agent: AgentSection | None = None
    """How the agent is trained; without it, there is none."""
    backtest: BacktestSettings = Field(default_factory=BacktestSettings)
    tuning: TuningSettings = Field(default_factory=TuningSettings)
    """How ``tune demand`` searches for better settings of the demand model."""
    rulebook: Path | None = None
    """Rulebook, or folder of its versions: service targets and policies by segment, laid over the champion policy."""
    calibration: Path | None = None
    """Table of ``policy recalibrate``: the rulebook's values at work; without it they are found anew each time."""
    limits: LimitSettings | None = None
    """Money, room and capacity that recommendations share; without it, each series is ordered by itself."""
    stock: StockSettings = Field(default_factory=StockSettings)
    """When stock is too little, too much, slow or dead, and which ways out there are."""
    scenarios: ScenarioSettings = ()
    """Named changes of demand, lead times, suppliers, budget or service target, for ``allocast scenarios``."""
    paths: Annotated[int, Ge(20)] = 200
    """Scenarios a series."""
    tracking: Path = Path("mlruns")
    """Folder of the MLflow store."""
