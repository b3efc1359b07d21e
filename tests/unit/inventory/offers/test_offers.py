"""Offers know their series, their prices and their draws."""

from dataclasses import replace

import numpy as np
import pytest

from allocast.errors import DataError


def test_a_price_that_is_not_known_comes_after_all_that_are(make_offers) -> None:
    offers = make_offers([0, 0, 1, 1], 2, unit_cost=[np.nan, 4.0, np.nan, np.nan])
    assert offers.price.tolist() == [np.inf, 4.0, 0.0, 0.0]


def test_the_price_of_a_line_that_accepts_no_order_is_nobodys_measure(make_offers) -> None:
    offers = make_offers([0, 0], 2, unit_cost=[4.0, np.nan], capacity_units=[1.0, 9.0], pack_units=2.0)
    assert offers.can_deliver.tolist() == [False, True]
    assert offers.price.tolist() == [4.0, 0.0]


def test_the_smallest_order_is_whole_packs_and_never_nothing(make_offers) -> None:
    offers = make_offers([0, 0, 0], 2, minimum_order_units=[0.0, 7.0, 8.0], pack_units=4.0)
    assert offers.smallest_order.tolist() == [4.0, 8.0, 8.0]


def test_draws_hold_each_lead_time_as_often_as_it_is_likely_and_belong_to_the_line(make_offers) -> None:
    law = np.tile([0.25, 0.0, 0.7, 0.05], (3, 1))
    offers = make_offers([0, 0, 1], law)
    drawn = offers.lead_time_draws(np.arange(3), 40, 1)
    assert (np.sort(drawn, axis=1) == np.repeat([0, 2, 3], [10, 28, 2])).all()
    assert (drawn[0] != drawn[1]).any()
    np.testing.assert_array_equal(offers.lead_time_draws(np.array([2, 1]), 40, 1), drawn[[2, 1]])


@pytest.mark.parametrize("series", [[1, 0], [1, 1], [0, 2]])
def test_series_out_of_order_or_without_a_line_are_refused(make_offers, series) -> None:
    assert len(make_offers([0, 1], 2)) == 2
    with pytest.raises(DataError, match="sorted by series"):
        make_offers(series, 2)


def test_two_lines_of_one_supplier_for_one_series_are_refused(make_offers) -> None:
    assert make_offers([0, 1], 2, supplier_id=["a", "a"]).n_series == 2
    with pytest.raises(DataError, match="a has more for series 0"):
        make_offers([0, 0], 2, supplier_id=["a", "a"])


def test_a_supplier_without_an_offer_is_no_main_line(make_offers) -> None:
    offers = make_offers([0, 0, 1], 2, supplier_id=["a", "b", "b"])
    lines = offers.sourcing.take(np.array([1, 2]))
    assert offers.rows_of(lines).tolist() == [1, 2]
    with pytest.raises(DataError, match="supplier c makes no offer for series 1"):
        offers.rows_of(replace(lines, supplier_id=np.array(["b", "c"], dtype=object)))
