"""What one YAML file may say about a job, and what it may not."""

import json
from datetime import date

import pytest
from pydantic import ValidationError

from allocast.adapters.job_settings import (
    BacktestSettings,
    DemoData,
    FlatCosts,
    JobSettings,
    ShareCosts,
    TablesData,
)
from allocast.demand.calendar import Frequency


def job(**sections):
    smallest = {"name": "shop", "data": {"kind": "tables", "root": "tables"}}
    return JobSettings.model_validate_json(json.dumps(smallest | sections))


def refused(**sections):
    with pytest.raises(ValidationError) as caught:
        job(**sections)
    return [".".join(map(str, error["loc"])) for error in caught.value.errors()]


def test_a_name_and_where_the_tables_are_is_enough():
    settings = job()
    assert isinstance(settings.data, TablesData)
    assert settings.data.frequency is Frequency.WEEKLY
    assert settings.supply is None
    assert settings.agent is None


def test_repairs_are_refused_unless_the_file_says_how():
    data = {"kind": "tables", "root": "t", "repair": {"gaps": "zero"}}
    assert job(data=data).data.repair.gaps == "zero"
    assert job().data.repair.gaps == "refuse"


def test_the_first_day_of_the_order_book_may_be_said():
    data = {"kind": "tables", "root": "t"}
    assert job(data=data).data.orders_from is None
    assert job(data=data | {"orders_from": "2023-07-01"}).data.orders_from == date(2023, 7, 1)
    assert refused(data=data | {"orders_from": "last summer"}) == ["data.tables.orders_from"]


def test_the_demo_world_takes_its_own_settings():
    data = job(data={"kind": "demo", "world": {"n_items": 3, "first_day": "2022-01-03"}}).data
    assert isinstance(data, DemoData)
    assert (data.world.n_items, data.world.first_day) == (3, date(2022, 1, 3))


@pytest.mark.parametrize("kind", ["tables", "vn2", "scms"])
def test_data_of_every_other_kind_needs_a_root(kind):
    assert refused(data={"kind": kind}) == [f"data.{kind}.root"]
    assert job(data={"kind": kind, "root": "here"}).data.kind == kind


def test_data_of_an_unknown_kind_are_refused():
    assert refused(data={"kind": "excel", "root": "here"}) == ["data"]


@pytest.mark.parametrize("section", ["costs", "demand", "supply", "agent", "backtest"])
def test_an_unknown_key_in_a_section_is_refused(section):
    needed = {
        "costs": {"kind": "flat", "holding_cost": 1.0, "shortage_cost": 1.0},
        "agent": {"algorithm": "ppo"},
    }
    given = needed.get(section, {})
    job(**{section: given})
    assert refused(**{section: given | {"colour": 1}})[0].endswith("colour")


def test_costs_are_flat_or_shares():
    flat = {"kind": "flat", "holding_cost": 1.0, "shortage_cost": 2.0}
    assert job(costs=flat).costs == FlatCosts(**flat)
    assert isinstance(job(costs={"kind": "shares"}).costs, ShareCosts)
    assert refused(costs=flat | {"holding_cost": -1.0}) == ["costs.flat.holding_cost"]
    assert refused(costs={"kind": "flat"}) == ["costs.flat.holding_cost", "costs.flat.shortage_cost"]


@pytest.mark.parametrize("level", [0.0, 1.0])
@pytest.mark.parametrize("kind", ["order_up_to", "reorder_point", "projected_need"])
def test_a_service_level_lies_between_0_and_1(kind, level):
    assert refused(backtest={"policies": [{"kind": kind, "cycle_service_level": level}]})
    allowed = job(backtest={"policies": [{"kind": kind, "cycle_service_level": 0.5}]})
    assert allowed.backtest.policies[0].build().name.startswith(kind)


def test_policies_with_different_settings_have_different_names():
    policies = [
        *({"kind": "projected_need", "cycle_service_level": level} for level in (None, 0.7, 0.75)),
        *({"kind": "moving_average_cover", "cover_periods": periods} for periods in (4, 6)),
        {"kind": "reorder_point"},
    ]
    built = [settings.build() for settings in job(backtest={"policies": policies}).backtest.policies]
    assert len({policy.name for policy in built}) == len(policies)


def test_a_moving_average_needs_a_window_and_periods_to_cover():
    for name in ("window", "cover_periods"):
        assert refused(backtest={"policies": [{"kind": "moving_average_cover", name: 0}]})
    policy = BacktestSettings().policies[0].build()
    assert policy.name.startswith("order_up_to")


@pytest.mark.parametrize(("key", "value"), [("seed", -1), ("paths", 19), ("backtest", {"windows": 0})])
def test_counts_below_their_least_are_refused(key, value):
    assert refused(**{key: value})[0].startswith(key)
    job(seed=0, paths=20, backtest={"windows": 1})


def test_rules_about_several_suppliers_may_be_said():
    assert (job().sourcing.split, job().sourcing.largest_share) == (True, 1.0)
    said = job(sourcing={"split": False, "largest_share": 0.7, "holding_on_the_way": 0.5}).sourcing
    assert (said.split, said.largest_share, said.holding_on_the_way) == (False, 0.7, 0.5)
    assert refused(sourcing={"largest_share": 0.0}) == ["sourcing.largest_share"]
    assert refused(sourcing={"holding_on_the_way": -1}) == ["sourcing.holding_on_the_way"]
