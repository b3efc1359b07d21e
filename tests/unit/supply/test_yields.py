"""How much of an order line comes in the end."""

import numpy as np
import pytest

from allocast.errors import DataError
from allocast.supply.orders.order_features import OrderLines
from allocast.supply.yields import FULL, SHARES, YieldModel

MONDAY = np.datetime64("2024-03-04")
LAST = MONDAY + 900
ONES = (1.0, 1.0, 1.0)


def closed(make_orders, share, supplier_id=None, ordered_on=None):
    n = len(share)
    ordered_on = np.full(n, MONDAY) if ordered_on is None else ordered_on
    return make_orders(
        ordered_on,
        received_on=ordered_on + 5,
        units_ordered=np.full(n, 1000.0),
        units_received=1000.0 * np.asarray(share),
        supplier_id=["s"] * n if supplier_id is None else supplier_id,
    )


def lines_of(make_orders, *suppliers):
    return OrderLines.of_orders(make_orders([MONDAY] * len(suppliers), supplier_id=list(suppliers)))


def test_nothing_known_means_that_all_comes(make_orders):
    model = YieldModel.train(make_orders([MONDAY]), as_of=LAST)
    line = lines_of(make_orders, "s")
    assert model.expected(line).tolist() == [1]
    assert model.at(line, np.array([[0.0, 0.999]]), np.zeros(1)).tolist() == [[1, 1]]


def test_a_line_is_not_closed_with_less_than_has_come(make_orders):
    orders = closed(make_orders, np.repeat([0.3, 1.0], [400, 600]))
    model, line = YieldModel.train(orders, as_of=LAST), lines_of(make_orders, "s")
    uniforms = ((np.arange(1000) + 0.5) / 1000)[None]
    new, at_three_tenths, at_half, at_more = (
        model.at(line, uniforms, np.array([share]))[0] for share in (0.0, 0.3, 0.5, 1.2)
    )
    assert abs((new == 0.3).mean() - 0.4) < 0.01
    assert (new == at_three_tenths).all()
    assert (at_half == 1).all()
    assert (at_more == 1.2).all()  # more than was ever seen: nothing comes on top of it


def test_only_what_is_exactly_all_counts_as_all(make_orders):
    model = YieldModel.train(closed(make_orders, [0.999, 1.0, 1.001]), as_of=LAST)
    assert model.counts[0, FULL - 1 : FULL + 2].tolist() == [1, 1, 1]


def test_what_goes_beyond_the_largest_share_is_capped_and_counted(make_orders):
    model = YieldModel.train(closed(make_orders, [3.0, 1.5, 1.0]), as_of=LAST)
    assert model.capped_lines == 1
    assert model.counts[0, -1] == 2


def test_lines_closed_later_open_or_cancelled_teach_nothing(make_orders):
    never = np.datetime64("NaT")
    orders = make_orders(
        [MONDAY] * 3, received_on=[MONDAY + 9, never, never], cancelled_on=[never, never, MONDAY + 1]
    )
    assert YieldModel.train(orders, as_of=MONDAY + 8).counts.sum() == 0
    assert YieldModel.train(orders, as_of=MONDAY + 9).counts.sum() == 1


def test_a_supplier_with_few_lines_is_drawn_to_the_others_and_one_with_many_is_not(make_orders):
    supplier = ["few"] * 2 + ["many"] * 200 + [f"o{k % 8}" for k in range(400)]
    share = [0.5] * 202 + [1.0] * 400
    model = YieldModel.train(closed(make_orders, share, supplier), as_of=LAST)
    many, few, other, new = model.expected(lines_of(make_orders, "many", "few", "o3", "new"))
    assert many < 0.52
    assert many + 0.02 < few < new < other
    assert other > 0.98


def test_shares_are_found_by_inversion_and_have_the_mean_expected(make_orders):
    rng = np.random.default_rng(2)
    model = YieldModel.train(closed(make_orders, rng.choice([0.6, 0.9, 1.0, 1.1], 300)), as_of=LAST)
    uniforms = (np.arange(20_000)[None, :] + 0.5) / 20_000
    shares = model.at(lines_of(make_orders, "s"), uniforms, np.zeros(1))
    assert (np.diff(shares, axis=1) >= 0).all()
    np.testing.assert_allclose(shares.mean(), model.expected(lines_of(make_orders, "s"))[0], atol=1e-3)


def test_a_model_survives_its_state(make_orders):
    model = YieldModel.train(closed(make_orders, [0.5, 1.0, 2.0], ["b", "a", "b"]), as_of=LAST)
    again = YieldModel.from_state(model.state())
    asked = lines_of(make_orders, "a", "b", "c")
    np.testing.assert_array_equal(again.probability(asked), model.probability(asked))
    assert again.capped_lines == 1


def test_unsorted_suppliers_and_counts_of_another_shape_are_refused():
    names = np.array(["a", "b"], dtype=object)
    assert YieldModel(supplier_id=names, counts=np.zeros((2, len(SHARES))), strength=ONES).strength == ONES
    with pytest.raises(DataError, match=r"sorted suppliers and counts of shape \(2, 151\)"):
        YieldModel(supplier_id=names[::-1], counts=np.zeros((2, len(SHARES))), strength=ONES)
    with pytest.raises(DataError, match=r"the counts have \(2, 3\)"):
        YieldModel(supplier_id=names, counts=np.zeros((2, 3)), strength=ONES)


@pytest.fixture(scope="module")
def world(make_orders):
    """40 suppliers, each short (beta shares), over and full with probabilities of its own; two years of lines."""
    rng, n = np.random.default_rng(12), 8000
    short = rng.beta(1.0, 9.0, 40)
    over = rng.beta(1.0, 30.0, 40)
    supplier = np.minimum(rng.geometric(0.08, n) - 1, 39)
    draw, fate = rng.random(n), rng.beta(8, 3, n)
    share = np.where(draw < short[supplier], np.minimum(fate, 0.999), 1.0)
    share = np.where(draw > 1 - over[supplier], 1 + 0.2 * rng.random(n), share)
    share = np.rint(share * 1000) / 1000
    ordered_on = MONDAY + np.sort(rng.integers(0, 730, n))
    names = np.array([f"s{k:02d}" for k in supplier], dtype=object)
    return closed(make_orders, share, names, ordered_on)


def crps(probability, share):
    """Of distributions over ``SHARES``, by its integral over the distribution function."""
    cumulative = np.cumsum(probability, axis=1)[:, :-1]
    return ((cumulative - (SHARES[:-1] >= share[:, None])) ** 2 @ np.diff(SHARES)).mean()


def test_later_orders_are_foretold_better_by_supplier_than_by_the_pool_or_a_constant(world):
    split = MONDAY + 500
    model = YieldModel.train(world, as_of=split)
    later = world.take(world.ordered_on > split)
    lines, share = OrderLines.of_orders(later), later.units_received / later.units_ordered
    probability = model.probability(lines)
    pool = np.broadcast_to(model.counts.sum(axis=0) / model.counts.sum(), probability.shape)
    mean = np.eye(len(SHARES))[np.full(len(share), int(np.rint(100 * (pool[0] @ SHARES))))]
    assert crps(probability, share) < 0.97 * crps(pool, share)
    assert crps(pool, share) < 0.7 * crps(mean, share)
    full = (share >= 1).astype(float)

    def log_score(said):
        return -np.log(np.where(full, said, 1 - said)).mean()

    said, pooled = (every[:, FULL:].sum(axis=1) for every in (probability, pool))
    assert log_score(said) < log_score(pooled) - 0.01


def test_probabilities_and_intervals_are_those_that_happen(world):
    split = MONDAY + 500
    model = YieldModel.train(world, as_of=split)
    later = world.take(world.ordered_on > split)
    lines, share = OrderLines.of_orders(later), later.units_received / later.units_ordered
    full, came = model.probability(lines)[:, FULL:].sum(axis=1), share >= 1
    assert abs(full.mean() - came.mean()) < 0.01
    for likely in np.array_split(np.argsort(full), 4):
        assert abs(full[likely].mean() - came[likely].mean()) < 0.04
    cumulative = np.cumsum(model.probability(lines), axis=1)
    place = np.clip(np.rint(share * 100).astype(int), 0, len(SHARES) - 1)
    at = np.take_along_axis(cumulative, place[:, None], axis=1)[:, 0]
    before = np.take_along_axis(np.insert(cumulative, 0, 0.0, axis=1), place[:, None], axis=1)[:, 0]
    place_of = before + np.random.default_rng(5).random(len(at)) * (at - before)  # uniform where calibrated
    assert np.abs(np.quantile(place_of, np.arange(1, 10) / 10) - np.arange(1, 10) / 10).max() < 0.03
