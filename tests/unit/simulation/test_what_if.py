"""Scenarios played forward: what changes, what stays, and what is refused."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.errors import DataError, SettingsError
from allocast.inventory.costs import Costs
from allocast.inventory.policies import FillRateLevel, MinMax, OrderUpTo, PeriodicReview, ProjectedNeed
from allocast.inventory.position import StockPosition
from allocast.inventory.segments.segmented_policy import SegmentedPolicy
from allocast.inventory.situation import OrderDecision, Scenarios, Situation
from allocast.numerics.discrete import DiscreteDistribution
from allocast.simulation.what_if import Change, play, what_if
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.sourcing import Sourcing

N, PATHS, PERIODS = 5, 12, 8
TERMS = {
    "unit_cost": 2.0,
    "order_cost": 1.0,
    "minimum_order_units": 0.0,
    "pack_units": 1.0,
    "lead_time_days": 7.0,
    "capacity_units": np.inf,
    "co2e_kg_per_unit": 0.5,
}


@dataclass(frozen=True, kw_only=True)
class UpTo:
    """Orders up to one level, whatever happens."""

    level: float
    name: str = "up_to"

    def decide(self, situation):
        return OrderDecision.up_to(np.full(situation.panel.n_series, self.level), situation.position.units)


def build_sourcing(n=N, **terms):
    text = np.array([f"i{row}" for row in range(n)], dtype=object)
    columns = {name: np.broadcast_to(np.float64(terms.get(name, value)), n) for name, value in TERMS.items()}
    return Sourcing(item_id=text, location_id=text, supplier_id=np.full(n, "s", dtype=object), **columns)


def build_situation(seed=0, *, backorders=False, unit_cost=0.0, **terms):
    rng = np.random.default_rng(seed)
    panel = DemandPanel(
        series=pd.DataFrame({"item_id": [f"i{row}" for row in range(N)], "location_id": "here"}),
        periods=np.datetime64("2024-01-01") + 7 * np.arange(4),
        frequency=Frequency.WEEKLY,
        units=np.full((N, 4), 5.0),
        observed=np.ones((N, 4), dtype=bool),
    )
    on_hand = rng.integers(0, 12, N).astype(np.float64)
    arrivals = rng.integers(0, 3, (N, PATHS, PERIODS)) * (np.arange(PERIODS) < 2) * 1.0
    return Situation(
        panel=panel,
        position=StockPosition.from_pipeline(on_hand, arrivals.mean(axis=1), np.zeros(N)),
        costs=Costs(
            holding_cost=np.ones(N),
            shortage_cost=np.full(N, 6.0),
            order_cost=np.full(N, 1.0),
            unit_cost=np.full(N, unit_cost),
            backorders=backorders,
        ),
        sourcing=build_sourcing(**terms),
        lead_time=LeadTimeDistribution(
            period_days=7, periods=DiscreteDistribution(probability=np.tile([0.0, 0.5, 0.5], (N, 1)))
        ),
        scenarios=Scenarios(
            demand=rng.poisson(5.0, (N, PATHS, PERIODS)).astype(np.float64),
            arrivals=arrivals,
            lead_time=rng.integers(1, 3, (N, PATHS)),
        ),
    )


def played(*changes, situation=None, policy=None, n_periods=6, **options):
    return what_if(
        build_situation() if situation is None else situation,
        UpTo(level=20.0) if policy is None else policy,
        changes,
        n_periods=n_periods,
        rng=np.random.default_rng(1),
        **options,
    )


@pytest.mark.parametrize(
    "nothing",
    [
        {},
        {"demand_factor": 1.0, "lead_time_added_periods": 0},
        {"budget": 1e9},
        {"budget_factor": 1e9},
    ],
)
@pytest.mark.parametrize("policy", [UpTo(level=20.0), ProjectedNeed(), OrderUpTo(cycle_service_level=0.9)])
def test_a_change_that_changes_nothing_gives_exactly_the_same_numbers(nothing, policy):
    result = played(Change(name="same", **nothing), policy=policy)
    assert (result.outcomes[1].book == result.baseline.book).all()
    row = result.table().iloc[1]
    assert row["cost_difference"] == row["cost_difference_error"] == row["cash_difference"] == 0


def test_the_order_of_scenarios_does_not_matter():
    more, later = Change(name="more", demand_factor=1.5), Change(name="later", lead_time_added_periods=1)
    one, other = played(more, later), played(later, more)
    assert (one.outcomes[1].book == other.outcomes[2].book).all()
    assert (one.outcomes[2].book == other.outcomes[1].book).all()


def test_workers_and_groups_of_series_give_the_same_numbers(monkeypatch):
    changes = (Change(name="more", demand_factor=1.3), Change(name="less money", budget_factor=0.5))
    whole = played(*changes, policy=ProjectedNeed())
    monkeypatch.setattr(play, "SERIES_AT_ONCE", 2)
    parts = [played(*changes, policy=ProjectedNeed(), workers=workers) for workers in (1, 3)]
    for alone, shared, together in zip(*(part.outcomes for part in parts), whole.outcomes, strict=True):
        assert (alone.book == shared.book).all()
        np.testing.assert_allclose(alone.book, together.book, rtol=1e-12)


@pytest.mark.parametrize("policy", [ProjectedNeed(), OrderUpTo(), UpTo(level=7.0)])
def test_todays_orders_are_those_of_the_policy(policy):
    situation = build_situation(pack_units=4.0, minimum_order_units=8.0)
    units = situation.sourcing.feasible_units(policy.decide(situation).wanted_units)
    baseline = played(situation=situation, policy=policy).baseline
    assert (baseline.of("ordered")[0] == units.sum()).all()
    assert baseline.cash[0] == 2.0 * units.sum()


@pytest.mark.parametrize("backorders", [False, True])
def test_double_demand_misses_more_and_never_fewer_units(backorders):
    situation = build_situation(backorders=backorders)
    result = played(Change(name="double", demand_factor=2.0), situation=situation)
    plain, double = (one.of("missed").sum(axis=0) for one in result.outcomes)
    assert (double >= plain).all()
    assert (result.outcomes[1].of("demand") == 2 * result.baseline.of("demand")).all()
    assert result.outcomes[1].fill_rate < result.baseline.fill_rate


def test_demand_in_whole_units_stays_whole():
    result = played(Change(name="a tenth more", demand_factor=1.1))
    demand = result.outcomes[1].of("demand")
    assert (demand == np.rint(demand)).all()
    assert demand.sum() == pytest.approx(1.1 * result.baseline.of("demand").sum(), rel=0.02)


def test_later_deliveries_never_serve_more_at_the_same_level():
    result = played(Change(name="later", lead_time_added_periods=2))
    on_time, later = result.outcomes
    assert (later.of("missed").cumsum(axis=0) >= on_time.of("missed").cumsum(axis=0)).all()
    assert later.fill_rate < on_time.fill_rate


def test_a_policy_that_knows_of_later_deliveries_orders_more_today():
    result = played(
        Change(name="later", lead_time_added_periods=2), policy=OrderUpTo(cycle_service_level=0.9)
    )
    assert result.table()["cash_today"].is_monotonic_increasing
    assert result.outcomes[1].cash[0] > result.baseline.cash[0]


def test_without_money_nothing_is_ordered():
    result = played(Change(name="none", budget=0.0), Change(name="none of it", budget_factor=0.0))
    for outcome in result.outcomes[1:]:
        assert not outcome.of("ordered").any()
        assert not outcome.of("order_cost").any()
        assert outcome.summary()["cash"] == 0


@pytest.mark.parametrize("money", [3.0, 20.0, 45.0])
def test_a_budget_holds_on_every_path_in_every_period_and_what_is_left_is_kept(money):
    result = played(Change(name="budget", budget=money), policy=ProjectedNeed())
    spent = result.outcomes[1].of("purchases").cumsum(axis=0)
    assert (spent <= money * np.arange(1, 7)[:, None] + 1e-9).all()
    assert spent.any() == (money >= 2.0)
    assert (spent[-1] > money * 6 - 2 * 6 * 2).any() or money > 40


def test_more_money_never_buys_less():
    budgets = (0.0, 10.0, 30.0, 60.0, 1e6)
    result = played(*(Change(name=str(money), budget=money) for money in budgets), policy=OrderUpTo())
    bought = [outcome.of("ordered").sum() for outcome in result.outcomes[1:]]
    assert bought == sorted(bought)
    assert bought[-1] == result.baseline.of("ordered").sum()


def test_a_budget_goes_to_what_saves_most_for_the_money():
    situation = build_situation()
    costs = replace(situation.costs, shortage_cost=np.array([60.0, 1.0, 1.0, 1.0, 1.0]))
    empty = replace(situation.position, on_hand=np.zeros(N))
    units = _orders_of_each_series(replace(situation, costs=costs, position=empty), budget=20.0)
    assert units[0] == units.sum() > 0


def _orders_of_each_series(situation, budget):
    """Expected units of each series today, found by leaving out its emissions one at a time."""
    units = []
    for row in range(N):
        emitted = np.where(np.arange(N) == row, 1.0, 0.0)
        marked = replace(situation, sourcing=replace(situation.sourcing, co2e_kg_per_unit=emitted))
        result = played(Change(name="b", budget=budget), situation=marked, n_periods=1)
        units.append(result.outcomes[1].co2e_kg)
    return np.array(units)


def test_a_higher_service_target_holds_more_stock_and_misses_less():
    targets = [Change(name=str(level), service_target=level) for level in (0.2, 0.6, 0.95)]
    result = played(*targets, policy=OrderUpTo())
    rows = result.table().iloc[1:]
    assert rows["average_stock"].is_monotonic_increasing
    assert rows["fill_rate"].is_monotonic_increasing


def ruled(**parameters):
    """Ordering up to a level, each series by the same effective values."""
    own = {"policy": "champion", "cycle_service_level": np.nan, "fill_rate": np.nan, "stocked": True}
    own |= {"largest_cover_periods": np.inf} | parameters
    series = build_situation().panel.series[["item_id", "location_id"]]
    values = series.assign(**own, **{f"{name}_from": "rule: r" for name in own})
    return SegmentedPolicy(champion=OrderUpTo(), values=values, policies=lambda _: OrderUpTo(), label="rules")


@pytest.mark.parametrize(
    "rules",
    [{"cycle_service_level": 0.3}, {"policy": "fill_rate", "fill_rate": 0.5}, {"held_safety_stock": -9.0}],
)
def test_a_target_beats_the_rules_of_a_rulebook(rules):
    change = Change(name="high", service_target=0.95)
    policy = replace(ruled(**rules), policies=lambda _: FillRateLevel())
    result, plain = played(change, policy=policy), played(change, policy=OrderUpTo())
    assert (result.outcomes[1].book == plain.outcomes[1].book).all()
    assert result.baseline.fill_rate < plain.baseline.fill_rate


def test_a_target_for_a_policy_that_takes_none_is_refused():
    with pytest.raises(DataError, match=r"min_max.*takes none"):
        played(Change(name="high", service_target=0.9), policy=MinMax())


def test_a_lost_supplier_needs_other_lines():
    with pytest.raises(DataError, match="no other sourcing lines"):
        played(Change(name="gone", lost_suppliers=("s",)))


def test_what_nobody_can_deliver_is_not_ordered_and_counted():
    def nobody(situation, lost):
        assert lost == ("s",)
        return replace(situation, sourcing=build_sourcing(capacity_units=0.0))

    outcome = played(Change(name="gone", lost_suppliers=("s",)), without=nobody).outcomes[1]
    assert not outcome.of("ordered").any()
    assert outcome.series_without_supplier == N
    assert outcome.of("missed").any()


def test_a_budget_without_any_price_is_refused():
    free = replace(build_situation(), sourcing=build_sourcing(unit_cost=np.nan))
    with pytest.raises(DataError, match="no unit cost is known"):
        played(Change(name="budget", budget=5.0), situation=free)


def test_prices_of_items_stand_in_for_those_of_suppliers():
    situation = replace(build_situation(unit_cost=3.0), sourcing=build_sourcing(unit_cost=np.nan))
    baseline = played(situation=situation).baseline
    np.testing.assert_allclose(baseline.of("purchases"), 3.0 * baseline.of("ordered"))
    np.testing.assert_allclose(baseline.of("stock_money"), 3.0 * baseline.of("stock"))


def test_emissions_are_those_of_what_is_known():
    outcome = played().baseline
    assert outcome.co2e_kg == pytest.approx(0.5 * outcome.summary()["ordered"])
    assert outcome.summary()["co2e_known_share"] == 1.0
    unknown = replace(build_situation(), sourcing=build_sourcing(co2e_kg_per_unit=np.nan))
    assert np.isnan(played(situation=unknown).baseline.co2e_kg)


def test_orders_are_placed_at_reviews_only():
    every_other = replace(build_situation(), review_periods=2)
    ordered = played(situation=every_other).baseline.of("ordered").sum(axis=1)
    assert (ordered[[1, 3, 5]] == 0).all()
    assert (ordered[[2, 4]] > 0).all()


def test_a_policy_that_waits_for_its_review_waits_on_every_path():
    policy = PeriodicReview(review_periods=3, cycle_service_level=0.9)
    ordered = played(policy=policy).baseline.of("ordered").sum(axis=1)
    assert (ordered > 0).sum() == 2
    assert np.ptp(np.flatnonzero(ordered > 0)) == 3


def test_the_table_has_differences_to_the_unchanged_plan_with_paired_errors():
    result = played(Change(name="more", demand_factor=1.4))
    plain, more = result.outcomes
    apart = more.cost - plain.cost
    row = result.table().set_index("scenario").loc["more"]
    assert row["cost_difference"] == pytest.approx(apart.mean())
    assert row["cost_difference_error"] == pytest.approx(apart.std(ddof=1) / np.sqrt(PATHS))
    assert row["cost"] == pytest.approx(row["holding_cost"] + row["shortage_cost"] + row["order_cost"])


def test_totals_of_the_periods_are_those_of_the_table():
    result = played(Change(name="more", demand_factor=1.4))
    by_period = result.by_period().groupby("scenario", sort=False)[["cost", "cash"]].sum()
    np.testing.assert_allclose(by_period, result.table().set_index("scenario")[["cost", "cash"]])


@pytest.mark.parametrize("n_periods", [0, PERIODS + 1])
def test_periods_that_are_not_forecast_are_refused(n_periods):
    with pytest.raises(SettingsError, match="within 1 and the 8 forecast"):
        played(n_periods=n_periods)
    assert len(played(n_periods=PERIODS).baseline.book) == PERIODS


@pytest.mark.parametrize("names", [("a", "a"), ("baseline",)])
def test_two_scenarios_of_one_name_are_refused(names):
    with pytest.raises(SettingsError, match="comes twice"):
        played(*(Change(name=name) for name in names))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": " "}, "needs a name"),
        ({"demand_factor": -1.0}, "demand_factor must be >= 0"),
        ({"demand_factor": float("inf")}, "finite"),
        ({"lead_time_added_periods": -1}, "lead_time_added_periods"),
        ({"budget": -5.0}, "budget must be >= 0"),
        ({"service_target": 1.0}, r"service_target must lie in \(0, 1\)"),
        ({"budget": 5.0, "budget_factor": 0.5}, "two budgets"),
    ],
)
def test_a_change_out_of_its_range_is_refused(wrong, said):
    assert Change(**{"name": "fine"}).demand_factor == 1.0
    with pytest.raises(SettingsError, match=said):
        Change(**{"name": "wrong"} | wrong)
