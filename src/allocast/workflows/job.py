"""A job opened: settings resolved, tables read and checked, everything as it was known on one day."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np

from allocast.adapters.assemble import costs_of, demand_panel, sourcing_lines
from allocast.adapters.assemble_limits import limits_of
from allocast.adapters.assemble_orders import purchase_orders
from allocast.adapters.data import Data, read_data
from allocast.adapters.engine import cpu_quota
from allocast.adapters.environment import environment
from allocast.adapters.job_settings import JobSettings, TablesData
from allocast.adapters.registry import ModelRegistry
from allocast.adapters.settings import Resolved, load_settings
from allocast.adapters.tracking import Run, TrackingStore
from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.forecast.demand_settings import DemandModelSettings
from allocast.inventory.basket import Limits
from allocast.inventory.costs import Costs
from allocast.numerics.arrays import IntArray
from allocast.planning.lead_times import lead_times_within
from allocast.planning.situate import preferred_lines
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.sourcing import Sourcing
from allocast.supply.supply_model import ContractLeadTimes, SupplyModel

__all__ = ["Job", "open_job", "resolve"]


@dataclass(frozen=True)
class Job:
    """One job, and what is known at the end of its ``as_of``; the nouns are made when first asked for.

    Parameters
    ----------
    resolved : Resolved
        The settings and where each came from.
    data : Data
        Tables that were checked; nothing refused is left in them.
    as_of : date, optional
        The last known period; by default the last of the data.
    """

    resolved: Resolved[JobSettings]
    data: Data
    asked_as_of: date | None

    @property
    def settings(self) -> JobSettings:
        """The resolved settings."""
        return self.resolved.settings

    @cached_property
    def demand_settings(self) -> DemandModelSettings:
        """Settings of the demand model; 0 threads become as many as this process may really use."""
        settings = self.settings.demand
        return replace(settings, threads=settings.threads or cpu_quota())

    @property
    def frequency(self) -> Frequency:
        """How long a period is."""
        return self.data.frequency

    @property
    def has_demand(self) -> bool:
        """Whether there is demand to forecast; without, a job is about suppliers only."""
        return self.data.tables.demand is not None

    @cached_property
    def as_of(self) -> np.datetime64:
        """Beginning of the last known period."""
        known = self.asked_as_of or self.data.as_of
        if known is not None:
            return np.datetime64(known, "D")
        demand = self.data.tables.require("demand")
        known = demand.loc[demand["units"].notna(), "date"].to_numpy("datetime64[D]")
        if not len(known):
            raise DataError("the table demand has no row with units; there is nothing to learn from.")
        last: np.datetime64 = known.max()
        return last

    @property
    def today(self) -> np.datetime64:
        """The last day of the last known period: the day of the decision."""
        return self.frequency.end_of(self.as_of)

    @cached_property
    def panel(self) -> DemandPanel:
        """Demand until ``as_of``."""
        return demand_panel(
            self.data.tables,
            as_of=self.as_of,
            frequency=self.frequency,
            known_ahead=self.settings.demand.features.known_ahead,
            past_only=self.settings.demand.features.past_only,
        )

    @cached_property
    def orders(self) -> PurchaseOrders:
        """Purchase orders as known at the end of ``as_of``."""
        whole = purchase_orders(self.data.tables)
        return replace(whole, data_from=self.orders_from).known_at(self.today)

    @property
    def orders_from(self) -> np.datetime64:
        """The first day of which receipts are recorded, where the settings say so; NaT where it has to be found."""
        said = self.settings.data.orders_from if isinstance(self.settings.data, TablesData) else None
        return np.datetime64("NaT" if said is None else said, "D")

    @cached_property
    def sourcing(self) -> Sourcing:
        """All sourcing lines."""
        return sourcing_lines(self.data.tables)

    @cached_property
    def costs(self) -> Costs:
        """Cost rates of each series of the panel."""
        return costs_of(self.settings.costs, self.panel.series, self.sourcing, self.frequency)

    @cached_property
    def limits(self) -> Limits | None:
        """What all recommendations share; None where the job sets no limits."""
        return None if self.settings.limits is None else limits_of(self.settings.limits, self.data.tables)

    @cached_property
    def able(self) -> IntArray:
        """Places of the series that somebody can deliver."""
        return np.flatnonzero(preferred_lines(self.panel.series, self.sourcing) >= 0)

    @cached_property
    def lines(self) -> Sourcing:
        """The preferred line of each series that somebody can deliver."""
        return self.sourcing.take(preferred_lines(self.panel.series, self.sourcing)[self.able])

    @cached_property
    def contracts(self) -> SupplyModel:
        """Lead times as the contracts say: what is used where no supplier model is trained."""
        return ContractLeadTimes(sourcing=self.sourcing)

    def lead_times(
        self, supply: SupplyModel, *, history: PurchaseOrders, as_of: np.datetime64
    ) -> LeadTimeDistribution:
        """Lead times of the preferred lines as a model sees them at the end of a day."""
        return lead_times_within(
            self.settings.demand.horizon,
            supply,
            self.lines,
            history=history,
            as_of=as_of,
            period_days=self.frequency.days_ahead(as_of, self.settings.demand.horizon),
        )

    @cached_property
    def digest(self) -> str:
        """Fingerprint of all tables."""
        return "-".join(digest[:12] for _, digest in sorted(self.data.tables.digests.items()))

    @cached_property
    def store(self) -> TrackingStore:
        """Where runs are kept."""
        return TrackingStore(self.settings.tracking)

    @cached_property
    def registry(self) -> ModelRegistry:
        """Where models are kept."""
        return ModelRegistry(self.store)

    def model_name(self, kind: str) -> str:
        """Name in the registry of this job's model of a kind."""
        return f"{self.settings.name}-{kind}"

    def record(self, run: Run) -> None:
        """Write into a run what it takes to repeat it: settings, day, data digests, versions, commit."""
        run.params(self.settings.model_dump(mode="json") | {"as_of": str(self.as_of)})
        run.text(self.resolved.to_yaml(), "settings.yaml")
        run.text(json.dumps(environment(), indent=1), "environment.json")
        for name, table in self.data.tables.present.items():
            run.dataset(table, name, "input", self.data.tables.digests[name])


def resolve(config: Path, overrides: Sequence[str]) -> Resolved[JobSettings]:
    """The settings of a job, checked.

    Raises
    ------
    SettingsError
        One line a mistake.
    """
    return load_settings(config, JobSettings, overrides)


def open_job(config: Path, overrides: Sequence[str] = (), *, as_of: date | None = None) -> Job:
    """Resolve the settings, read and check the tables.

    Parameters
    ----------
    config : Path
        YAML file of the job.
    overrides : sequence of ``key=value``
    as_of : date, optional
        Beginning of the last period whose demand is known; by default the last of the data.

    Raises
    ------
    SettingsError
        The settings are wrong.
    DataError
        Tables cannot be used; the message lists all that is refused.
    """
    resolved = resolve(config, overrides)
    data = read_data(resolved.settings.data, as_of=as_of, seed=resolved.settings.seed)
    data.report.raise_if_refused()
    if not len(data.tables.present):
        raise DataError(f"{config} brings no tables.")
    return Job(resolved=resolved, data=data, asked_as_of=as_of)
