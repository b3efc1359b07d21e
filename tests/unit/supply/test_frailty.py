import numpy as np

from allocast.supply.suppliers.frailty import supplier_frailty


def effects(
    ask_on, *, duration=(20.0,), received=(True,), ordered_on=(0.0,), half_lives=(1e9,), who="s", **watched
):
    n = len(duration)
    return supplier_frailty(
        supplier_id=np.array(["s"] * n, dtype=object),
        ordered_on=np.array(ordered_on),
        duration=np.array(duration),
        received=np.array(received),
        edges=np.array([0.0, 10.0, 30.0]),
        hazard=np.tile([0.1, 0.05], (n, 1)),
        ask_supplier_id=np.array([who] * len(ask_on), dtype=object),
        ask_on=np.array(ask_on),
        half_lives=half_lives,
        prior_receipts=2.0,
        **watched,
    )


def test_waiting_counts_as_it_passes_and_a_receipt_after_its_day() -> None:
    """One order of 20 days: 10 days at 0.1 make 1 expected receipt, 10 more at 0.05 another half."""
    result = effects([0.0, 10.0, 11.0, 20.0, 21.0])
    np.testing.assert_allclose(np.exp(result[:, 0]), [1, 1, 2 / 3, 2 / 3, 3 / 3.5])
    np.testing.assert_allclose(np.expm1(result[:, 1]), [0, 0, 0, 0, 1])


def test_an_overdue_open_order_counts_against_its_supplier_before_it_arrives() -> None:
    opened = effects([40.0], duration=(39.0,), received=(False,))
    np.testing.assert_allclose(np.exp(opened[0, 0]), 2 / 4)  # waiting beyond the last edge is not counted


def test_what_a_supplier_did_fades_with_the_half_life() -> None:
    fresh, faded = effects([21.0, 21.0 + 365.0], half_lives=(365.0,))[:, 0]
    assert abs(faded) < abs(fresh)


def test_a_supplier_never_seen_has_no_effect() -> None:
    np.testing.assert_array_equal(effects([50.0], who="new"), [[0, 0]])


def test_a_part_counts_by_its_weight_and_waiting_before_the_data_begin_not_at_all():
    # half an order, watched from day 8: expected 0.5 · (2 · 0.1 + 10 · 0.05), received 0.5
    part = effects([50.0], entry=np.array([8.0]), weight=np.array([0.5]))
    np.testing.assert_allclose(part[0], [np.log(2.5 / 2.35), np.log(1.5)])
