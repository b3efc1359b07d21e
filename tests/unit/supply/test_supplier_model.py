from dataclasses import replace

import numpy as np
import pytest

from allocast.errors import DataError, SettingsError
from allocast.supply.kaplan_meier_lead_times import KaplanMeierLeadTimes
from allocast.supply.orders.order_features import OrderLines
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.orders.waiting import waiting_times
from allocast.supply.supplier_model import (
    SURVIVAL_DAYS,
    SupplierModel,
    SupplierModelSettings,
)

WEEKLY = {"period_days": 7, "n_periods": 15}


def open_orders(orders: PurchaseOrders, as_of: np.datetime64) -> PurchaseOrders:
    known = orders.known_at(as_of)
    return known.take(known.is_open)


def test_a_slow_supplier_has_the_longer_lead_time(supplier_model, order_book, as_of, make_sourcing) -> None:
    sourcing = make_sourcing(["s00", "s11"], [30.0, 30.0], item_id=["i2", "i2"])
    lead_time = supplier_model.lead_times(sourcing, history=order_book, as_of=as_of, **WEEKLY)
    fast, slow = lead_time.mean
    assert 1.5 < fast < 4 < slow < 9  # whole weeks, rounded up, of about 13 and 51 days
    assert lead_time.periods.probability.shape == (2, 16)


def test_a_supplier_never_seen_is_like_the_others(supplier_model, order_book, as_of, make_sourcing) -> None:
    sourcing = make_sourcing(["s00", "new", "s11"], [30.0] * 3, item_id=["i2"] * 3)
    fast, new, slow = supplier_model.lead_times(sourcing, history=order_book, as_of=as_of, **WEEKLY).mean
    assert fast < new < slow


def test_open_orders_are_censored_not_dropped(order_book, small_settings) -> None:
    """Those still open are the slow ones: leaving them out makes every promise look better."""
    bias: dict[str, list[float]] = {"censored": [], "dropped": []}
    for as_of in np.arange("2023-10-29", "2024-10-24", 60, dtype="datetime64[D]"):
        known = order_book.known_at(as_of)
        by = as_of + np.timedelta64(14, "D")
        came = (order_book.take(order_book.ordered_on <= as_of).received_on <= by)[known.is_open]
        for name, book in {"censored": known, "dropped": known.take(~known.is_open)}.items():
            model = SupplierModel.train(book, as_of=as_of, settings=small_settings, seed=3)
            opened = known.take(known.is_open)
            answer = model.probability_received_by(opened, history=known, as_of=as_of, day=by)
            bias[name].append(float((answer - came).mean()))
    assert abs(np.mean(bias["censored"])) < 0.03
    better = np.subtract(bias["dropped"], bias["censored"])  # on each of the days
    assert better.min() > 0
    assert better.mean() > 0.04


def test_nothing_after_the_day_changes_anything(order_book, as_of, small_settings, supplier_model) -> None:
    rng = np.random.default_rng(9)
    later = order_book.ordered_on > as_of
    received_on = order_book.received_on.copy()
    hidden = received_on > as_of
    received_on[hidden] += rng.integers(1, 200, hidden.sum())
    supplier_id = order_book.supplier_id.copy()
    supplier_id[later] = rng.permutation(supplier_id[later])
    other = replace(order_book, received_on=received_on, supplier_id=supplier_id)
    again = SupplierModel.train(other, as_of=as_of, settings=small_settings, seed=3)
    assert again.state() == supplier_model.state()
    opened = open_orders(order_book, as_of)
    one, two = (again.arrivals(opened, history=h, as_of=as_of, **WEEKLY) for h in (order_book, other))
    np.testing.assert_array_equal(one.probability, two.probability)


def test_features_of_an_order_do_not_see_past_its_day(order_book, as_of, supplier_model) -> None:
    early = order_book.take(order_book.ordered_on <= as_of - np.timedelta64(200, "D"))
    day = early.ordered_on.max()
    last = OrderLines.of_orders(early.take(early.ordered_on == day))
    with_all = supplier_model.features(last, history=order_book.known_at(as_of), as_of=as_of)
    then = supplier_model.features(last, history=order_book.known_at(day), as_of=day)
    np.testing.assert_allclose(with_all, then, rtol=1e-12)


def test_neither_weights_nor_features_know_later_lines_of_a_shipment(
    order_book, as_of, small_settings, supplier_model
) -> None:
    """Shipments of lines from days far apart: those placed later are on no earlier day part of them."""
    lines = np.arange(len(order_book))
    book = replace(order_book, shipment_id=(lines % 300).astype(str).astype(object))
    known = book.known_at(as_of)
    alone = replace(book, shipment_id=np.where(book.ordered_on > as_of, lines.astype(str), book.shipment_id))
    both = [waiting_times(each.known_at(as_of), as_of).weight for each in (book, alone)]
    np.testing.assert_array_equal(*both)
    one, two = (SupplierModel.train(b, as_of=as_of, settings=small_settings, seed=3) for b in (book, alone))
    assert one.state() == two.state()
    day = as_of - np.timedelta64(200, "D")
    then = book.known_at(day)
    asked = OrderLines.of_orders(then.take(lines[len(then) - 40 : len(then)]))
    features = [supplier_model.features(asked, history=h, as_of=d) for h, d in ((then, day), (known, as_of))]
    np.testing.assert_allclose(*features, rtol=1e-12)


def test_trees_may_be_stopped_by_what_the_latest_orders_say(order_book, as_of) -> None:
    settings = SupplierModelSettings(rounds=400, early_stopping_rounds=5)
    stopped = SupplierModel.train(order_book, as_of=as_of, settings=settings, seed=3)
    assert stopped.hazard.n_rounds_ < 400
    assert SupplierModel.from_state(stopped.state()).state() == stopped.state()


def test_trees_are_not_stopped_by_orders_of_which_nothing_is_known_yet(make_orders) -> None:
    first, rng = np.datetime64("2024-01-01"), np.random.default_rng(1)
    days = np.append(first + np.arange(300), np.full(60, first + 400))
    received = np.where(days < first + 400, days + rng.integers(5, 40, 360), np.datetime64("NaT"))
    settings = SupplierModelSettings(rounds=40, early_stopping_rounds=1)
    book = make_orders(days, received_on=received)
    model = SupplierModel.train(book, as_of=first + 400, settings=settings, seed=3)
    assert model.hazard.early_stopping_rounds is None
    assert model.hazard.n_rounds_ == 40


def test_one_seed_gives_one_model(order_book, as_of, small_settings, supplier_model) -> None:
    again = SupplierModel.train(order_book, as_of=as_of, settings=small_settings, seed=3)
    assert again.state() == supplier_model.state()


def test_state_round_trip_scores_the_same_bits(order_book, as_of, supplier_model) -> None:
    again = SupplierModel.from_state(supplier_model.state())
    opened = open_orders(order_book, as_of)
    one, two = (
        m.arrivals(opened, history=order_book, as_of=as_of, **WEEKLY) for m in (again, supplier_model)
    )
    np.testing.assert_array_equal(one.probability, two.probability)
    assert again.state() == supplier_model.state()
    assert again.kind == "supply"


def test_the_table_of_curves_takes_features_by_name(supplier_model) -> None:
    features = supplier_model.example_features
    curves = supplier_model.predict_table(features[features.columns[::-1]].assign(other=1.0))
    assert list(curves.columns) == [f"survival_{days}_days" for days in SURVIVAL_DAYS]
    assert (np.diff(curves.to_numpy(), axis=1) <= 0).all()
    assert (features.dtypes == np.float64).all()


def test_a_table_without_a_feature_is_refused(supplier_model) -> None:
    with pytest.raises(DataError, match="columns month are missing"):
        supplier_model.predict_table(supplier_model.example_features.drop(columns="month"))


def test_an_order_received_on_its_own_day_is_kept(make_orders, small_settings) -> None:
    day = np.datetime64("2024-01-01")
    orders = make_orders([day] * 30, received_on=[day] * 30)
    model = SupplierModel.train(orders, as_of=day, settings=small_settings, seed=0)
    lines = OrderLines.of_orders(orders)
    days = np.broadcast_to(np.array([0.0, 1.0, 7.0]), (30, 3))
    survival = model.survival(lines, days=days, given=np.zeros(30), history=orders, as_of=day)
    assert (survival[:, 0] == 1).all()
    assert (survival[:, 1] < 0.2).all() and (survival[:, 2] < 0.01).all()


def test_an_order_book_without_receipts_is_refused(make_orders, small_settings) -> None:
    day = np.datetime64("2024-01-01")
    orders = make_orders([day], received_on=[day + 5])
    with pytest.raises(DataError, match="of 1 lines ordered by 2024-01-01 none"):
        SupplierModel.train(orders, as_of=day, settings=small_settings, seed=0)


@pytest.mark.parametrize(
    "change",
    [
        {"rounds": 0},
        {"learning_rate": 0.0},
        {"half_lives_days": ()},
        {"keep_share": 1.5},
        {"early_stopping_rounds": 0},
    ],
)
def test_settings_out_of_range_are_refused(change) -> None:
    with pytest.raises(SettingsError, match=next(iter(change))):
        SupplierModelSettings(**change)


def test_kaplan_meier_tells_suppliers_apart_where_there_are_enough_orders(
    order_book, as_of, make_sourcing
) -> None:
    sourcing = make_sourcing(["s00", "new", "s11"], [np.nan] * 3)
    own, pooled = (
        KaplanMeierLeadTimes.train(order_book, as_of=as_of, minimum_orders=n).lead_times(
            sourcing, history=order_book, as_of=as_of, **WEEKLY
        )
        for n in (30, np.inf)
    )
    assert own.mean[0] < own.mean[1] < own.mean[2]
    assert pooled.mean[0] == pooled.mean[1] == pooled.mean[2] == own.mean[1]


def test_nothing_to_score_and_no_history_are_answered(
    supplier_model, as_of, make_orders, make_sourcing
) -> None:
    nothing = make_orders([])
    assert len(supplier_model.arrivals(nothing, history=nothing, as_of=as_of, **WEEKLY)) == 0
    lead_time = supplier_model.lead_times(
        make_sourcing(["s00"], [30.0]), history=nothing, as_of=as_of, **WEEKLY
    )
    assert lead_time.mean[0] > 0
