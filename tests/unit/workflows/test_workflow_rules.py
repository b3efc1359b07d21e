"""What workflows decide between reading and writing."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from allocast.adapters.policy_document import PolicyDocument
from allocast.adapters.registry import LoadedModel
from allocast.errors import RegistryError
from allocast.forecast.lightgbm_model import DemandModel
from allocast.inventory.policies import OrderUpTo, RuleOfThumb
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.sourcing import Sourcing
from allocast.supply.supply_model import ContractLeadTimes
from allocast.workflows import agent_training, backtest, models, run, train_demand, train_supply


def policy_rows(policy, *costs):
    parts = {"holding_cost": 1.0, "shortage_cost": 2.0, "order_cost": 3.0}
    return pd.DataFrame({"policy": policy, "cost": costs, "fill_rate": 0.9, "average_stock": 8.0} | parts)


def test_policies_are_compared_by_their_cost_over_all_windows():
    table = pd.concat([policy_rows("steady", 10.0, 10.0), policy_rows("lucky", 1.0, 25.0)])
    summary = backtest.summarise_policies(table)
    assert summary["policy"].tolist() == ["steady", "lucky"]
    assert summary["cost"].tolist() == [20, 26]
    assert summary["order_cost"].tolist() == [6, 6]  # costs are summed
    assert summary["average_stock"].tolist() == [8, 8]  # rates are averaged


def test_of_policies_that_cost_the_same_the_first_of_the_config_comes_first():
    table = pd.concat([policy_rows("z", 5.0), policy_rows("a", 5.0)])
    assert backtest.summarise_policies(table)["policy"].tolist() == ["z", "a"]


def score_rows(model, pinball, *, target="period"):
    scores = dict.fromkeys(train_demand.SCORES, 0.5)
    return pd.DataFrame({"model": model, "target": target} | scores | {"scaled_pinball": pinball})


def test_forecasts_are_ranked_by_their_mean_pinball_loss_for_each_target():
    table = pd.concat(
        [
            score_rows("a", [1.0, 3.0]),
            score_rows("b", [1.5, 1.5]),
            score_rows("a", [0.1], target="total"),
            score_rows("b", [0.2], target="total"),
        ]
    )
    summary = train_demand.summarise_scores(table)
    assert summary["model"].tolist() == ["b", "a", "a", "b"]
    assert summary["scaled_pinball"].tolist() == [1.5, 2.0, 0.1, 0.2]


def segment_rows(model, **pinball):
    labels = [("all", "all", "all"), ("A", "all", "all"), ("all", "dead", "all"), ("A", "dead", "old")]
    table = pd.DataFrame(labels, columns=["abc", "pattern", "age"])
    rest = {
        "target": "period",
        "cells": 9,
        "demand": [8.0, 6.0, 2.0, 1.0],
        "rmsse": 1.0,
        "bias": 0.1,
        "coverage_0.9": 0.91,
        "placed_0.9": 0.89,
        "pit_error": 0.2,
    }
    return table.assign(model=model, scaled_pinball=pinball["pinball"], **rest)


def test_the_overview_has_each_label_alone_beside_the_best_other_model():
    parts = [
        segment_rows("own", pinball=[1, 2, 3, 4]),
        segment_rows("x", pinball=5),
        segment_rows("y", pinball=[6, 1, 6, 6]),
    ]
    overview = train_demand.segment_overview(pd.concat(parts), "own").set_index("segment")
    assert overview.index.tolist() == ["all", "abc: A", "pattern: dead"]
    assert overview["best_other"].tolist() == [5, 1, 5]
    assert overview["scaled_pinball"].tolist() == [1, 2, 3]
    assert overview["demand"].tolist() == [1, 0.75, 0.25]  # as shares of all


def test_coverage_stands_beside_bias_for_each_age_from_the_youngest_on():
    ages = ["all", "27 to 52 weeks", "over 52 weeks", "none", "5 to 12 weeks", "1 to 4 weeks"]
    rows = {"target": "period", "model": "own", "abc": "all", "pattern": "all", "age": ages, "cells": 4}
    scores = {"demand": 8.0, "scaled_pinball": 0.2, "rmsse": 1.0, "bias": 0.1, "pit_error": 0.2}
    table = pd.DataFrame(rows | scores | {"coverage_0.9": 0.91, "placed_0.9": [0.9, 0.9, 0.9, 0.7, 0.9, 0.8]})
    overview = train_demand.segment_overview(pd.concat([table, table.assign(model="x")]), "own")
    young = ["age: none", "age: 1 to 4 weeks", "age: 5 to 12 weeks"]
    assert overview["segment"].tolist() == ["all", *young, "age: 27 to 52 weeks", "age: over 52 weeks"]
    assert overview["placed_0.9"].tolist() == [0.9, 0.7, 0.8, 0.9, 0.9, 0.9]
    place = overview.columns.get_loc("bias")
    assert overview.columns[place + 1 : place + 3].tolist() == ["coverage_0.9", "placed_0.9"]


def supply_job(first, today):
    orders = SimpleNamespace(ordered_on=np.array([first, today], dtype="datetime64[D]"))
    return SimpleNamespace(orders=orders, today=np.datetime64(today))


def test_supplier_models_are_judged_from_past_days_that_leave_time_to_arrive():
    cutoffs = train_supply._cutoffs(supply_job("2018-01-01", "2023-01-01"))
    assert len(cutoffs) == 4
    assert (np.diff(cutoffs) == np.timedelta64(120, "D")).all()
    assert cutoffs[-1] == np.datetime64("2022-09-03")


def test_a_short_order_book_is_judged_from_one_day():
    cutoffs = train_supply._cutoffs(supply_job("2022-12-01", "2023-01-01"))
    assert cutoffs.tolist() == [np.datetime64("2022-09-03").astype(object)]


def test_supplier_scores_weigh_every_order_alike():
    table = pd.DataFrame({"orders_judged": "open", "metric": "m", "model": "s", "value": [1.0, 4.0]})
    summary = train_supply._summary(table.assign(n_orders=[2, 1]))
    assert summary["value"].tolist() == [2.0]
    assert summary["n_orders"].tolist() == [3]


def test_a_model_of_another_type_is_refused():
    document = PolicyDocument(name="rule", settings=None)
    loaded = LoadedModel(bundle=document, name="shop-demand", version=1, run_id="r", digest="d")
    assert models.as_type(PolicyDocument, loaded) is document
    with pytest.raises(RegistryError, match="shop-demand must be a DemandModel; it is a PolicyDocument"):
        models.as_type(DemandModel, loaded)


def test_training_an_agent_that_the_config_does_not_name_is_refused():
    job = SimpleNamespace(settings=SimpleNamespace(agent=None))
    with pytest.raises(ValueError, match="names no agent; add a section 'agent'"):
        agent_training.train_agent_on(job, None, None, None)


def test_training_a_supplier_model_that_the_config_does_not_name_is_refused():
    job = SimpleNamespace(settings=SimpleNamespace(supply=None))
    with pytest.raises(ValueError, match="names no supplier model; add a section 'supply'"):
        train_supply.train_supply(job, actor="me")


@pytest.mark.parametrize("name", ["moving_average(13)", "croston_sba(0.1)", "cover(13, 4)"])
def test_names_of_baselines_become_keys_that_mlflow_takes(name):
    assert not set("(),") & set(train_demand._plain(name))


def order_book(line, ordered, *, received):
    n, none = len(line), np.full(len(line), np.datetime64("NaT"), dtype="datetime64[D]")
    return PurchaseOrders(
        order_line_id=line,
        supplier_id=np.full(n, "s", dtype=object),
        item_id=np.full(n, "a", dtype=object),
        location_id=np.full(n, "x", dtype=object),
        ordered_on=ordered,
        promised_on=none,
        received_on=np.array(received, dtype="datetime64[D]"),
        units_ordered=np.ones(n),
        units_received=np.zeros(n),
        shipment_id=line,
        attributes=pd.DataFrame(index=range(n)),
    )


def a_line(*, lead_time_days):
    one = np.ones(1)
    ids = {name: np.array([text], dtype=object) for name, text in IDS.items()}
    return Sourcing(
        **ids,
        unit_cost=one,
        order_cost=one,
        minimum_order_units=one,
        pack_units=one,
        lead_time_days=lead_time_days * one,
        capacity_units=np.inf * one,
    )


IDS = {"item_id": "a", "location_id": "x", "supplier_id": "s"}


def test_open_orders_come_oldest_first_with_their_age():
    text = np.array(["1", "2", "3"], dtype=object)
    ordered = np.array(["2024-01-05", "2024-01-01", "2024-01-02"], dtype="datetime64[D]")
    orders = order_book(text, ordered, received=[None, None, "2024-01-03"])
    job = SimpleNamespace(orders=orders, today=np.datetime64("2024-01-10"), as_of=np.datetime64("2024-01-10"))
    table = run.open_order_table(job, None)
    assert table["order_line_id"].tolist() == ["2", "1"]
    assert table["age_days"].tolist() == [9, 5]
    assert "probability_within_45_days" not in table


def test_contracts_say_whether_an_open_order_comes_in_time():
    text = np.array(["1"], dtype=object)
    orders = order_book(text, np.array(["2024-01-05"], dtype="datetime64[D]"), received=[None])
    job = SimpleNamespace(orders=orders, today=np.datetime64("2024-01-10"), as_of=np.datetime64("2024-01-10"))
    table = run.open_order_table(job, ContractLeadTimes(sourcing=a_line(lead_time_days=20.0)), within_days=30)
    assert table["probability_within_30_days"].tolist() == [1.0]


def job_with(*kinds):
    policies = [SimpleNamespace(kind=kind, build=lambda policy=policy: policy) for kind, policy in kinds]
    return SimpleNamespace(settings=SimpleNamespace(backtest=SimpleNamespace(policies=policies)))


def test_rules_of_thumb_are_set_just_before_each_window():
    job = job_with(("order_up_to", OrderUpTo()), ("rule_of_thumb", RuleOfThumb()))
    day = np.datetime64("2024-01-01")
    fold = SimpleNamespace(known=SimpleNamespace(as_of=day), agent=None, champion_agent=None)
    assert backtest.candidates(job, fold) == [OrderUpTo(), RuleOfThumb(set_on=day)]


def test_policies_are_set_beside_the_first_rule_of_thumb_or_the_first_of_all():
    weeks = RuleOfThumb(safety_periods=2.0)
    job = job_with(("order_up_to", OrderUpTo()), ("rule_of_thumb", weeks), ("rule_of_thumb", RuleOfThumb()))
    assert backtest._rule_of_thumb(job) == weeks.name
    assert backtest._rule_of_thumb(job_with(("order_up_to", OrderUpTo()))) == OrderUpTo().name
