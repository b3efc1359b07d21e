"""Recommendations: what to order for each series, why, what is at stake, and where it all came from."""

from dataclasses import asdict, dataclass, fields
from enum import StrEnum

import numpy as np
import pandas as pd

from allocast.errors import DataError
from allocast.inventory.order_lines import OrderLines
from allocast.inventory.situation import OrderDecision, Situation
from allocast.numerics.arrays import FloatArray, IntArray, TextArray

__all__ = ["Lineage", "Recommendation", "Recommendations", "Status", "explain", "without_order"]


NOT_KNOWN = np.datetime64("NaT", "D")


class Status(StrEnum):
    """Why a series has an order, or has none."""

    ORDER = "order"
    ENOUGH = "enough"
    NO_DEMAND = "no_demand"
    BELOW_MINIMUM = "below_minimum"
    NOT_DUE = "not_due"
    NO_SUPPLIER = "no_supplier"
    NO_STOCK_FIGURE = "no_stock_figure"
    NO_HISTORY = "no_history"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Where a recommendation came from; written into every row.

    Parameters
    ----------
    as_of : day
        The last period whose demand was known.
    policy : str
        Its name with its settings; that of its stand-in where it left the series to it.
    policy_version, policy_run_id : str
        Version in the registry (``name/version``), and the run that made it; and so below.
    agent_model, agent_run_id : str
        Empty for a classical policy.
    demand_model, demand_run_id, supply_model, supply_run_id : str
    data_digest : str
        Of the tables that were read.
    """

    as_of: np.datetime64
    policy: str
    policy_version: str
    policy_run_id: str
    agent_model: str
    agent_run_id: str
    demand_model: str
    demand_run_id: str
    supply_model: str
    supply_run_id: str
    data_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation(Lineage):
    """Advice for one series and supplier, with its reasons; its fields are the columns of the table of recommendations.

    Parameters
    ----------
    item_id, location_id, supplier_id : str
    order_units : int, >= 0
        Whole units, in packs, at least the minimum order.
    status : Status
    reason : str
        One sentence with the numbers that decided.
    binding_constraint : str
        What changed the wanted units: ``minimum_order``, ``packs``, ``capacity``, a shared limit or nothing.
    on_hand, on_order, backordered, position : float, in units
    trigger, level : float, in units
        The policy orders below the trigger, to reach the level.
    next_arrival : day or NaT
        Beginning of the first period in which something on order may arrive; ``next_arrival_units`` are
        expected then.
    lead_time_p50, lead_time_p90 : float, in periods
        Of an order placed now.
    demand_p10, demand_p50, demand_p90 : float, in units
        Demand over the protection interval.
    demand_reason : str
        Why so much demand is expected, in a sentence; empty where nobody explained it.
    order_value : float, in money
    cost_at_stake : float, in money
        Expected shortage cost, in the periods this order serves, that placing it avoids.
    """

    item_id: str
    location_id: str
    supplier_id: str = ""
    order_units: int = 0
    status: str
    reason: str
    binding_constraint: str = ""
    on_hand: float = np.nan
    on_order: float = np.nan
    backordered: float = np.nan
    position: float = np.nan
    trigger: float = np.nan
    level: float = np.nan
    next_arrival: np.datetime64 = NOT_KNOWN
    next_arrival_units: float = np.nan
    lead_time_p50: float = np.nan
    lead_time_p90: float = np.nan
    demand_p10: float = np.nan
    demand_p50: float = np.nan
    demand_p90: float = np.nan
    demand_reason: str = ""
    order_value: float = 0.0
    cost_at_stake: float = 0.0


OWN_FIELDS = fields(Recommendation)[len(fields(Lineage)) :]
COLUMNS = [field.name for field in (*OWN_FIELDS, *fields(Lineage))]
KEY = ["item_id", "location_id", "supplier_id"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recommendations:
    """A row for every series and supplier that it is ordered from; or why there is no order.

    Parameters
    ----------
    table : DataFrame
        Columns as the fields of ``Recommendation``, at least one row a series.

    Raises
    ------
    DataError
        A column is missing, a series appears twice with the same supplier, or a row has no reason.
    """

    table: pd.DataFrame

    def __post_init__(self) -> None:
        if list(self.table.columns) != COLUMNS:
            different = sorted(set(COLUMNS) ^ set(self.table.columns))
            raise DataError(f"recommendations must have the columns {COLUMNS}; different are {different}.")
        twice = self.table.duplicated(KEY)
        if twice.any():
            first = self.table.loc[twice, KEY].iloc[0].tolist()
            raise DataError(
                f"a series may have one recommendation a supplier; {first} has more ({int(twice.sum())} rows too many)."
            )
        if (self.table["reason"].str.len() == 0).any():
            raise DataError(
                f"every row must say why; {int((self.table['reason'].str.len() == 0).sum())} do not."
            )

    def __len__(self) -> int:
        return len(self.table)

    @property
    def orders(self) -> pd.DataFrame:
        """The rows with something to order, what costs most to leave undone first."""
        some = self.table[self.table["order_units"] > 0]
        return some.sort_values("cost_at_stake", ascending=False, kind="stable")

    def with_demand_reasons(self, reasons: "pd.Series[str]") -> "Recommendations":
        """The same advice, with sentences on the demand that is expected.

        Parameters
        ----------
        reasons : Series of str
            By labels of ``table``'s index; rows without one stay as they are.
        """
        told = reasons.reindex(self.table.index)
        return Recommendations(
            table=self.table.assign(demand_reason=told.fillna(self.table["demand_reason"]).astype(object))
        )

    def of(self, item_id: str, location_id: str) -> Recommendation:
        """The recommendation of one series; the largest where it is ordered from several suppliers.

        Raises
        ------
        DataError
            There is no such series.
        """
        row = self.table[(self.table["item_id"] == item_id) & (self.table["location_id"] == location_id)]
        if row.empty:
            raise DataError(f"no series has item {item_id!r} at location {location_id!r}.")
        largest = row.sort_values("order_units", ascending=False, kind="stable").iloc[0]
        return Recommendation(**largest.to_dict())


def explain(
    situation: Situation, decision: OrderDecision, lines: OrderLines, lineage: Lineage
) -> pd.DataFrame:
    """The rows of one situation, one a series and supplier.

    Parameters
    ----------
    situation : Situation
    decision : OrderDecision
        What the policy wanted.
    lines : OrderLines
        What it became, and from whom.
    lineage : Lineage
    """
    of_series = _about_series(situation, decision, lines).take(lines.series)
    of_lines: dict[str, object] = {
        "supplier_id": lines.sourcing.supplier_id,
        "order_units": lines.units.astype(np.int64),
        "binding_constraint": lines.binding,
        "lead_time_p50": lines.lead_time.quantile(0.5).astype(np.float64),
        "lead_time_p90": lines.lead_time.quantile(0.9).astype(np.float64),
        "order_value": lines.units * np.nan_to_num(lines.sourcing.unit_cost),
        "cost_at_stake": _cost_at_stake(situation, lines),
    }
    return of_series.reset_index(drop=True).assign(**of_lines, **_lineage_of(decision, lines, lineage))


def _about_series(situation: Situation, decision: OrderDecision, lines: OrderLines) -> pd.DataFrame:
    """What holds for a series, whomever it is ordered from."""
    position = situation.position
    demand = situation.lead_time_demand()
    waiting, arriving = _next_arrival(position.expected_arrivals())
    ordered = lines.total(len(position.on_hand))
    status = _status(decision, ordered, demand.mean, position.units)
    columns: dict[str, object] = {
        "item_id": situation.panel.series["item_id"].to_numpy(),
        "location_id": situation.panel.series["location_id"].to_numpy(),
        "status": status,
        "reason": _with_notes(_reasons(status, situation, decision, ordered), decision.notes),
        "on_hand": position.on_hand,
        "on_order": position.on_order,
        "backordered": position.backordered,
        "position": position.units,
        "trigger": decision.trigger,
        "level": decision.level,
        "next_arrival": _date_after(situation, waiting),
        "next_arrival_units": arriving,
        "demand_p10": demand.quantile(np.full(len(status), 0.1)),
        "demand_p50": demand.quantile(np.full(len(status), 0.5)),
        "demand_p90": demand.quantile(np.full(len(status), 0.9)),
        "demand_reason": "",
    }
    return pd.DataFrame(columns)


def _lineage_of(decision: OrderDecision, lines: OrderLines, lineage: Lineage) -> dict[str, object]:
    """The lineage of each line, which names the policy that decided its series."""
    told: dict[str, object] = asdict(lineage)
    if decision.decided_by:
        told["policy"] = np.array(decision.decided_by, dtype=object)[lines.series]
    return told


def without_order(series: pd.DataFrame, status: Status, reason: str, lineage: Lineage) -> pd.DataFrame:
    """Rows for series that could not even be considered: they say why not."""
    empty = {field.name: field.default for field in OWN_FIELDS} | {"status": str(status), "reason": reason}
    own = series[["item_id", "location_id"]].reset_index(drop=True)
    return own.assign(**{name: value for name, value in empty.items() if name not in own}, **asdict(lineage))


def _with_notes(reasons: list[str], notes: tuple[str, ...]) -> list[str]:
    if not notes:
        return reasons
    return [f"{reason} {note}".rstrip() for reason, note in zip(reasons, notes, strict=True)]


def _cost_at_stake(situation: Situation, lines: OrderLines) -> FloatArray:
    """What ordering avoids, shared by a series' lines as its units are."""
    need, ordered = situation.projected_need(), lines.total(len(situation.position.on_hand))

    def expected_shortage(units: FloatArray) -> FloatArray:
        short: FloatArray = np.maximum(need - units[:, None], 0.0).mean(axis=1)
        return short

    avoided = expected_shortage(np.zeros_like(ordered)) - expected_shortage(ordered)
    stake = situation.costs.shortage_cost * avoided / np.maximum(ordered, 1.0)
    of_lines: FloatArray = stake[lines.series] * lines.units
    return of_lines


def _status(
    decision: OrderDecision, order_units: FloatArray, mean: FloatArray, position: FloatArray
) -> TextArray:
    late = (position < decision.trigger) & (decision.next_review > 0)
    return np.select(
        [order_units > 0, decision.wanted_units > 0, late, mean < 0.01],
        [str(Status.ORDER), str(Status.BELOW_MINIMUM), str(Status.NOT_DUE), str(Status.NO_DEMAND)],
        str(Status.ENOUGH),
    ).astype(object)


def _next_arrival(expected: FloatArray) -> tuple[IntArray, FloatArray]:
    """The first coming period with an expected arrival (−1 if none), and the units expected there."""
    some = expected > 0
    first = np.where(some.any(axis=1), some.argmax(axis=1), -1)
    return first, np.where(first >= 0, expected[np.arange(len(expected)), first], 0.0)


def _date_after(situation: Situation, periods: IntArray) -> pd.Series:
    panel = situation.panel
    return pd.Series(panel.frequency.shifted(panel.as_of, periods + 1)).where(periods >= 0)


def _reasons(
    status: TextArray, situation: Situation, decision: OrderDecision, order_units: FloatArray
) -> list[str]:
    """One sentence a series with the numbers that decided."""
    position, protection = situation.position, situation.lead_time.mean + situation.review_periods
    unit = situation.panel.frequency.unit
    sentences = {
        Status.ORDER: (
            "Order {order:.0f}: the position of {position:.0f} ({on_hand:.0f} on hand, {on_order:.0f} on order) "
            "is below {trigger:.0f}, for the {protection:.1f} {unit}s until the next order can be there; "
            "up to {level:.0f}."
        ),
        Status.ENOUGH: (
            "Nothing to order: the position of {position:.0f} ({on_hand:.0f} on hand, {on_order:.0f} on order) "
            "covers the {trigger:.0f} that {protection:.1f} {unit}s may ask for."
        ),
        Status.NOT_DUE: (
            "Nothing ordered yet: the position of {position:.0f} ({on_hand:.0f} on hand, {on_order:.0f} on order) is "
            "below {trigger:.0f}, but no order is due."
        ),
        Status.NO_DEMAND: "Nothing to order: no demand is expected within {protection:.1f} {unit}s.",
        Status.BELOW_MINIMUM: (
            "Cannot order: {wanted:.0f} are wanted, but the supplier's capacity is below a minimum order or a pack."
        ),
    }
    rows = zip(
        status, order_units, position.units, position.on_hand, position.on_order,
        decision.trigger, decision.level, decision.wanted_units, protection,
        strict=True,
    )  # fmt: skip
    return [
        sentences[s].format(
            order=order, position=at, on_hand=hand, on_order=coming, trigger=trigger, level=level, wanted=wanted,
            protection=interval, unit=unit,
        )
        for s, order, at, hand, coming, trigger, level, wanted, interval in rows
    ]  # fmt: skip
