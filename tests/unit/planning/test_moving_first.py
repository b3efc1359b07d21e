"""A plan moves stock between locations before it buys any, and says so."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from allocast.demand.calendar import Frequency, next_periods
from allocast.demand.panel import DemandPanel
from allocast.forecast.demand_forecast import DemandForecast
from allocast.inventory.costs import Costs
from allocast.inventory.policies import OrderUpTo
from allocast.inventory.rebalancing import TRANSFERS, Lanes
from allocast.inventory.recommendation import Recommendations
from allocast.planning.plan import plan
from allocast.planning.situate import Stock
from allocast.supply.supply_model import ContractLeadTimes

AS_OF = np.datetime64("2024-01-08")
PLACES = np.array(["north", "south"], dtype=object)


def sure(panel: DemandPanel) -> DemandForecast:
    """Ten units a week for the next eight weeks, for certain."""
    units = np.full((panel.n_series, 2, 8), 10.0)
    return DemandForecast(
        series=panel.series[["item_id", "location_id"]],
        as_of=panel.as_of,
        periods=next_periods(panel.as_of, 8, panel.frequency),
        levels=np.array([1e-9, 1 - 1e-9]),
        period_units=units,
        total_units=np.cumsum(units, axis=2),
        mean=units[:, 0],
    )


@pytest.fixture
def planned(make_lines, make_book, lineage) -> Callable[..., Recommendations]:
    def make(on_hand: list[float], lanes: Lanes | None, **terms: Any) -> Recommendations:
        lines = replace(make_lines("aa"), location_id=PLACES, **terms)
        panel = DemandPanel(
            series=pd.DataFrame({"item_id": "a", "location_id": PLACES, "weight_kg": 2.0}),
            periods=np.array([AS_OF]),
            frequency=Frequency.WEEKLY,
            units=np.full((2, 1), 10.0),
            observed=np.ones((2, 1), dtype=bool),
        )
        return plan(
            panel,
            orders=make_book(),
            stock=Stock(on_hand=np.array(on_hand), backordered=np.zeros(2)),
            sourcing=lines,
            costs=Costs.uniform(2, holding_cost=0.1, shortage_cost=4.0),
            forecast=sure,
            supply=ContractLeadTimes(sourcing=lines),
            policy=OrderUpTo(),
            lineage=lineage,
            n_paths=20,
            rng=np.random.default_rng(1),
            lanes=lanes,
        )

    return make


def lane(**terms: float) -> Lanes:
    numbers = {"cost_per_unit": 0.5, "cost_per_transfer": 2.0, "days": 0.0, "pack_units": 5.0} | terms
    return Lanes(
        from_location_id=PLACES[:1],
        to_location_id=PLACES[1:],
        **{name: np.array([value]) for name, value in numbers.items()},
    )


def test_what_one_place_can_spare_goes_to_the_other_before_anything_is_bought(planned) -> None:
    bought = planned([70.0, 0.0], None).table
    moved = planned([70.0, 0.0], lane()).table
    assert bought["order_units"].tolist() == [0, 30]
    assert moved["transfer_units"].tolist()[1] >= 20  # two weeks go by before an order could be there
    assert moved["order_units"][1] == max(30 - moved["transfer_units"][1], 0)
    assert moved["position"].sum() == bought["position"].sum()


def test_the_reason_says_what_comes_from_where(planned) -> None:
    table = planned([70.0, 0.0], lane()).table
    units = int(table["transfer_units"][1])
    assert table["transfer_units"].tolist() == [-units, units]
    assert table["reason"][1].endswith(f"{units} units come from north.")
    assert table["reason"][0].endswith(f"{units} units go to south.")


def test_transfers_stand_in_a_table_of_their_own_with_their_money_and_emissions(planned) -> None:
    advice = planned([70.0, 0.0], lane(co2e_kg_per_kg=0.05))
    row = advice.transfers.iloc[0]
    assert list(advice.transfers.columns) == TRANSFERS
    assert (row["from_location_id"], row["to_location_id"]) == ("north", "south")
    assert row["transfer_cost"] == 2 + 0.5 * row["units"]
    assert row["co2e_grams"] == pytest.approx(1000 * row["units"] * 2 * 0.05)
    assert row["usable_from"] == pd.Timestamp(AS_OF + 7)
    assert row["expected_gain"] > 0
    assert np.isnan(planned([70.0, 0.0], lane()).transfers["co2e_grams"][0])


def test_without_lanes_nothing_moves(planned) -> None:
    advice = planned([70.0, 0.0], None)
    assert advice.transfers.empty
    assert list(advice.transfers.columns) == TRANSFERS
    assert advice.table["transfer_units"].tolist() == [0, 0]


def test_an_order_tells_its_emissions_beside_its_cost_and_never_in_it(planned) -> None:
    known = planned([70.0, 0.0], None, co2e_kg_per_unit=np.array([np.nan, 0.25])).table
    unknown = planned([70.0, 0.0], None).table
    assert known["co2e_grams"][1] == 250 * known["order_units"][1]
    assert np.isnan(known["co2e_grams"][0]) and unknown["co2e_grams"].isna().all()
    for name in ("order_units", "order_value", "cost_at_stake"):
        assert known[name].tolist() == unknown[name].tolist()
