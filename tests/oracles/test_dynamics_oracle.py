"""The compiled dynamics against one period of one series, written out in plain loops over single units."""

import math
from dataclasses import dataclass, field

import numpy as np
import pytest

from allocast.simulation.dynamics import Delivery, Rates, Rules, Stock, Terms, advance, place, run

LONGEST, N_PERIODS, N_SERIES = 9, 24, 6
SETTINGS = {
    "lost sales": {},
    "backorders": {"waiting_share": 1.0},
    "part of the demand waits": {"waiting_share": 0.4},
    "orders may not cross": {"crossover": False},
    "three suppliers": {"suppliers": 3},
    "oldest first": {"shelf_life": 3},
    "youngest first": {"shelf_life": 3, "issuing": "lifo"},
    "spoils after the period": {"shelf_life": 1},
    "reviews": {"review_periods": 3},
    "seasons": {"season_periods": 5},
}
ALL = {
    "waiting_share": 0.4, "crossover": False, "suppliers": 3, "shelf_life": 3, "issuing": "lifo",
    "review_periods": 2, "season_periods": 5,
}  # fmt: skip


@dataclass
class OneSeries:
    """A shelf of units, each with the periods it has left; debts; and parcels, each with the day it is due."""

    rules: Rules
    shelf: list[int] = field(default_factory=list)
    owed: int = 0
    parcels: list[tuple[int, int]] = field(default_factory=list)  # due period, units
    last_due: dict[int, int] = field(default_factory=dict)
    money: float = 0.0

    def order(self, now: int, supplier: int, wanted: int, lead_time: int, terms: dict, fate: dict) -> int:
        """What one supplier accepts of an order, and when its parts will come."""
        if now % self.rules.review_periods != 0 or wanted == 0:
            return 0
        possible = [
            packs * terms["pack_units"]
            for packs in range(200)
            if terms["minimum_order_units"] <= packs * terms["pack_units"] <= terms["capacity_units"]
        ]
        if not possible:
            return 0
        units = next((each for each in possible if each >= wanted), possible[-1])
        sent = math.ceil(units * fate["share"] - 1e-9)
        first = min(math.ceil(sent * fate["first_share"] - 1e-9), sent)
        due = now + lead_time
        if not self.rules.crossover:
            due = max(due, self.last_due.get(supplier, 0))
        self.parcels += [(due, first), (due + fate["rest_later"], sent - first)]
        if sent > 0:
            self.last_due[supplier] = due + fate["rest_later"]
        self.money += terms["order_cost"] + terms["unit_cost"] * sent
        return units

    def live(self, now: int, demand: int, rates: dict) -> dict[str, float]:
        """One period: arrivals, demand unit by unit, waste, costs, end of a season."""
        life = self.rules.shelf_life or 10**6
        arrived = sum(units for due, units in self.parcels if due == now)
        self.shelf = sorted(self.shelf + [life] * arrived)
        sold = 0
        while self.shelf and sold < self.owed + demand:
            self.shelf.pop(-1 if self.rules.issuing == "lifo" else 0)
            sold += 1
        old_debt = max(self.owed - sold, 0)
        new_misses = demand - max(sold - self.owed, 0)
        waits = math.floor(new_misses * self.rules.waiting_share + 0.5)
        self.owed, lost = old_debt + waits, new_misses - waits
        self.shelf = [left - 1 for left in self.shelf]
        wasted = self.shelf.count(0)
        self.shelf = [left for left in self.shelf if left > 0]
        on_hand = len(self.shelf)
        cost = rates["holding_cost"] * on_hand + rates["shortage_cost"] * (self.owed + lost)
        cost += rates["lost_cost"] * lost + rates["waste_cost"] * wasted
        salvaged = 0
        if self.rules.season_periods and (now + 1) % self.rules.season_periods == 0:
            salvaged, self.shelf = on_hand, []
            cost -= rates["salvage_value"] * salvaged
        return {
            "arrived": arrived, "sold": sold, "missed": self.owed + lost, "lost": lost, "wasted": wasted,
            "salvaged": salvaged, "on_hand": on_hand, "cost": cost,
        }  # fmt: skip


def random_run(rules: Rules, rng: np.random.Generator) -> dict:
    """Numbers of a run: demand of (n_series, n_periods), orders and fates with an axis for suppliers after that."""
    shape, each = (N_SERIES, N_PERIODS, rules.suppliers), (rules.suppliers,)
    return {
        "demand": rng.integers(0, 12, shape[:2]),
        "wanted": rng.integers(0, 12, shape) * (rng.random(shape) < 0.7),
        "lead_time": rng.integers(0, 5, shape),
        "rates": dict(zip(("holding_cost", "shortage_cost", "lost_cost", "waste_cost", "salvage_value"),
                          rng.random(5), strict=True)),
        "terms": {"order_cost": rng.random(each), "unit_cost": rng.random(each),
                  "minimum_order_units": rng.integers(0, 7, each), "pack_units": rng.integers(1, 5, each),
                  "capacity_units": rng.integers(5, 12, each)},
        "fate": {"share": rng.choice([0.0, 0.5, 0.9, 1.0, 1.1], shape), "first_share": rng.random(shape),
                 "rest_later": rng.integers(0, 2, shape)},
    }  # fmt: skip


def one_by_one(rules: Rules, given: dict) -> list[dict]:
    """Every series lived by itself: totals, and the series as it ends."""
    found = []
    for i in range(N_SERIES):
        series, total, accepted = OneSeries(rules), {}, 0
        for t in range(N_PERIODS):
            for j in range(rules.suppliers):
                terms = {name: values[j] for name, values in given["terms"].items()}
                fate = {name: values[i, t, j] for name, values in given["fate"].items()}
                accepted += series.order(
                    t, j, given["wanted"][i, t, j], given["lead_time"][i, t, j], terms, fate
                )
            book = series.live(t, given["demand"][i, t], given["rates"])
            total = {name: total.get(name, 0) + value for name, value in book.items()}
        total |= {
            "on_hand": book["on_hand"],
            "accepted": accepted,
            "money": series.money,
            "owed": series.owed,
        }
        due = [sum(units for when, units in series.parcels if when == N_PERIODS + k) for k in range(LONGEST)]
        found.append(total | {"pipeline": due})
    return found


def compiled_run(rules: Rules, given: dict) -> tuple:
    pick = (lambda values: values[..., 0]) if rules.suppliers == 1 else (lambda values: values)
    return run(
        rules,
        Stock.empty(rules, (N_SERIES,), longest_lead_time=LONGEST - 1),
        given["demand"],
        Rates(**given["rates"]),
        pick(given["lead_time"]),
        order_units=pick(given["wanted"]),
        terms=Terms(**{name: pick(values) for name, values in given["terms"].items()}),
        delivery=Delivery(**{name: pick(values) for name, values in given["fate"].items()}),
    )


@pytest.mark.parametrize("setting", [*SETTINGS, "all together"])
def test_a_run_is_every_series_lived_unit_by_unit(setting: str) -> None:
    rules = Rules(**(ALL if setting == "all together" else SETTINGS[setting]))
    for seed in range(4):
        given = random_run(rules, np.random.default_rng(seed))
        stock, ledger, placed = compiled_run(rules, given)
        for i, alone in enumerate(one_by_one(rules, given)):
            for name in ("arrived", "sold", "missed", "lost", "wasted", "salvaged", "on_hand"):
                assert getattr(ledger, name)[i] == alone[name], (name, i)
            assert (stock.backordered[i], stock.pipeline[i].tolist()) == (alone["owed"], alone["pipeline"])
            assert placed.ordered[i].sum() == alone["accepted"]
            np.testing.assert_allclose([ledger.cost[i], placed.cost[i]], [alone["cost"], alone["money"]])


@pytest.mark.parametrize("setting", ["lost sales", "part of the demand waits", "all together"])
def test_a_run_is_its_periods_one_after_the_other(setting: str) -> None:
    rules = Rules(**(ALL if setting == "all together" else SETTINGS[setting]))
    given = random_run(rules, np.random.default_rng(9))
    stock = Stock.empty(rules, (N_SERIES,), longest_lead_time=LONGEST - 1)
    pick = (lambda values: values[..., 0]) if rules.suppliers == 1 else (lambda values: values)
    terms = Terms(**{name: pick(values) for name, values in given["terms"].items()})
    cost = np.zeros(N_SERIES)
    for t in range(N_PERIODS):
        fate = Delivery(**{name: pick(values[:, t]) for name, values in given["fate"].items()})
        stock, placed = place(
            rules, stock, pick(given["wanted"][:, t]), pick(given["lead_time"][:, t]),
            terms=terms, delivery=fate, period=t,
        )  # fmt: skip
        stock, ledger = advance(rules, stock, given["demand"][:, t], Rates(**given["rates"]), period=t)
        cost += placed.cost + ledger.cost
    at_once, book, orders = compiled_run(rules, given)
    for name in ("on_hand", "backordered", "pipeline", "latest"):
        np.testing.assert_array_equal(getattr(at_once, name), getattr(stock, name))
    np.testing.assert_allclose(book.cost + orders.cost, cost)
