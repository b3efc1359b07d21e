from dataclasses import replace

import numpy as np
import pytest

from allocast.errors import DataError
from allocast.supply.evaluation import default_trainers, rolling_evaluation

CUTOFFS = [np.datetime64("2024-05-31"), np.datetime64("2024-08-31")]
LAST_DAY = np.datetime64("2025-06-30")


@pytest.fixture(scope="module")
def table(order_book, small_settings):
    trainers = default_trainers(small_settings, seed=0)
    return rolling_evaluation(order_book, cutoffs=CUTOFFS, known_until=LAST_DAY, trainers=trainers)


def test_every_model_is_judged_on_future_and_open_orders(table) -> None:
    assert len(table) == 2 * 3 * 3  # cutoffs, models, figures
    assert set(table["metric"]) == {"crps_days", "brier_within_30_days", "bias_within_30_days"}
    assert (table["n_orders"] > 20).all()


def test_knowing_suppliers_beats_pooling_them(table) -> None:
    score = table[table["metric"] == "crps_days"].groupby("model")["value"].mean()
    assert score["supplier_model"] < 0.8 * score["kaplan_meier"]
    assert score["kaplan_meier_by_supplier"] < 0.8 * score["kaplan_meier"]


def test_outcomes_after_the_last_known_day_are_not_used(order_book, small_settings) -> None:
    last = np.datetime64("2024-10-15")
    later = np.where(order_book.received_on > last, np.timedelta64(99, "D"), np.timedelta64(0, "D"))
    other = replace(order_book, received_on=order_book.received_on + later)
    trainers = {"pooled": default_trainers(small_settings, seed=0)["kaplan_meier"]}
    one, two = (
        rolling_evaluation(book, cutoffs=CUTOFFS, known_until=last, trainers=trainers)
        for book in (order_book, other)
    )
    assert one.equals(two)


def test_a_cutoff_without_an_outcome_is_refused(order_book) -> None:
    with pytest.raises(DataError, match="2024-08-31 does not"):
        rolling_evaluation(order_book, cutoffs=CUTOFFS, known_until=np.datetime64("2024-09-05"), trainers={})
