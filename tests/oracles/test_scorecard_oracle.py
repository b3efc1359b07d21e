"""Scorecards and other systems' figures, recomputed line by line as their rules are written."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.orders.receipts import Receipts
from allocast.supply.suppliers.erp_scores import SapScoring, erpnext_scores, odoo_on_time_rate, sap_scores
from allocast.supply.suppliers.line_verdicts import ScorecardRules
from allocast.supply.suppliers.scorecard import scorecard

AS_OF = np.datetime64("2024-06-30")
N = 300


def text(values):
    return np.array([str(value) for value in values], dtype=object)


@pytest.fixture(scope="module")
def orders():
    """Lines of four suppliers: in one or two receipts, short, over, cancelled or open, some promises moved."""
    rng = np.random.default_rng(9)
    ordered_on = np.datetime64("2023-01-01") + np.sort(rng.integers(0, 500, N))
    promised = ordered_on + rng.integers(5, 30, N)
    done, parts = ordered_on + rng.integers(3, 60, N), rng.integers(1, 3, N)
    units = rng.integers(1, 20, N) * 2.0
    came = units * rng.choice([0.5, 1, 1, 1, 1.5], N)
    fate = rng.choice(["closed", "closed", "closed", "open", "cancelled"], N)
    listed = [
        (line, done[line] - 2 * part, came[line] / parts[line])
        for line in range(N)
        for part in range(parts[line])
        if fate[line] == "closed" or (part and fate[line] == "open")
    ]
    line, day, amount = (np.array(values) for values in zip(*listed, strict=True))
    receipts = Receipts(
        line=line, received_on=np.maximum(day.astype("M8[D]"), ordered_on[line]), units=amount
    )
    never = np.full(N, np.datetime64("NaT"))
    return PurchaseOrders(
        order_line_id=text(range(N)), supplier_id=text(rng.integers(0, 4, N)), item_id=text(rng.integers(0, 5, N)),
        location_id=text(["l"] * N), ordered_on=ordered_on, promised_on=promised,
        received_on=np.where(fate == "closed", done, never), units_ordered=units,
        units_received=receipts.units_of(N), shipment_id=text(range(N)), attributes=pd.DataFrame(index=range(N)),
        latest_promised_on=promised + rng.choice([0, 0, 10], N),
        cancelled_on=np.where(fate == "cancelled", done, never), receipts=receipts,
    )  # fmt: skip


def lines_of(orders):
    """What was known at the day of looking, a line at a time, as plain Python."""
    known = orders.known_at(AS_OF)
    for place in range(len(known)):
        own = known.receipts.line == place
        yield {
            "supplier": known.supplier_id[place],
            "item": known.item_id[place],
            "ordered": known.ordered_on[place].item(),
            "first": known.promised_on[place].item(),
            "latest": known.latest_promised_on[place].item(),
            "closed": known.received_on[place].item(),
            "cancelled": known.cancelled_on[place].item(),
            "units": known.units_ordered[place],
            "came": [(day.item(), units) for day, units in zip(
                known.receipts.received_on[own], known.receipts.units[own], strict=True)],
        }  # fmt: skip


def test_on_time_and_otif_are_those_counted_line_by_line(orders) -> None:
    rules = ScorecardRules(late_days=2, early_days=10, promise="latest", window_days=300)
    today, counted = AS_OF.item(), {}
    for line in lines_of(orders):
        until = line["latest"] + timedelta(days=2)
        recent = line["ordered"] > today - timedelta(days=300)
        void = line["cancelled"] is not None and line["cancelled"] <= until
        if not recent or until > today or void:
            continue
        soon = any(day < line["latest"] - timedelta(days=10) for day, _ in line["came"])
        on_time = line["closed"] is not None and line["closed"] <= until and not soon
        full = sum(units for _, units in line["came"]) >= line["units"]
        score = counted.setdefault(line["supplier"], [0, 0, 0])
        for place, yes in enumerate((True, on_time, on_time and full)):
            score[place] += yes
    table = scorecard(orders, as_of=AS_OF, rules=rules).set_index("supplier_id")
    for supplier, (due, on_time, otif) in counted.items():
        assert table.loc[supplier, "due_orders"] == due
        assert table.loc[supplier, "on_time_rate"] == pytest.approx(on_time / due)
        assert table.loc[supplier, "on_time_in_full_rate"] == pytest.approx(otif / due)


def test_odoo_and_erpnext_are_those_counted_line_by_line(orders) -> None:
    today, odoo, erpnext = AS_OF.item(), {}, {}
    for line in lines_of(orders):
        year = today - timedelta(days=365)
        if line["ordered"] > year and sum(units for _, units in line["came"]):
            sums = odoo.setdefault(line["supplier"], [0.0, 0.0])
            sums[0] += sum(units for day, units in line["came"] if day <= line["latest"])
            sums[1] += line["units"]
        if year < line["latest"] <= today and line["cancelled"] is None:
            sums = erpnext.setdefault(line["supplier"], [0, 0])
            sums[0] += any(day <= line["latest"] and units == line["units"] for day, units in line["came"])
            sums[1] += 1
    rates = odoo_on_time_rate(orders, as_of=AS_OF)
    assert rates.to_dict() == pytest.approx({who: part / whole for who, (part, whole) in odoo.items()})
    table = erpnext_scores(orders, as_of=AS_OF)
    for who, (part, whole) in erpnext.items():
        assert table.loc[who, "erpnext_shipments"] == whole
        assert table.loc[who, "erpnext_on_time_rate"] == pytest.approx(part / whole)


def test_sap_is_that_smoothed_receipt_by_receipt(orders) -> None:
    scoring, today, running = SapScoring(smoothing=0.3), AS_OF.item(), {}
    events = []
    for place, line in enumerate(lines_of(orders)):
        planned = max((line["first"] - line["ordered"]).days, 1)
        for day, _ in line["came"]:
            percent = 100 * max((day - line["first"]).days, 0) / planned
            events.append((day, place, (line["supplier"], line["item"]), percent))
    for day, _, material, percent in sorted(events):
        if day > today - timedelta(days=365):
            points = next((p for limit, p in scoring.points if percent <= limit), scoring.points[-1][1])
            before = running.get(material, points)
            running[material] = 0.7 * before + 0.3 * points
    table = sap_scores(orders, as_of=AS_OF, scoring=scoring)["sap_on_time_points"]
    for who in table.index:
        own = [score for (supplier, _), score in running.items() if supplier == who]
        assert table[who] == pytest.approx(np.mean(own))
