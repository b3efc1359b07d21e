import numpy as np
import pytest

from allocast.errors import DataError
from allocast.inventory.position import StockPosition
from allocast.numerics.discrete import DiscreteDistribution


def on_its_way(
    series: list[int], units: list[float], arrival: list[list[float]], n: int = 2
) -> StockPosition:
    return StockPosition(
        on_hand=np.array([5.0, 1.0])[:n],
        backordered=np.array([0.0, 2.0])[:n],
        open_series=np.array(series, dtype=np.int64),
        open_units=np.array(units),
        arrival=DiscreteDistribution(probability=np.array(arrival)),
    )


def test_the_position_adds_what_is_on_order_and_takes_off_what_is_owed() -> None:
    position = on_its_way([0, 1, 1], [4, 3, 6], [[1.0, 0], [1, 0], [0, 1]])
    np.testing.assert_array_equal(position.on_order, [4, 9])
    np.testing.assert_array_equal(position.units, [9, 8])


def test_expected_arrivals_weigh_units_by_their_chance_in_each_period() -> None:
    position = on_its_way([1, 1, 0], [10, 4, 6], [[0.5, 0.5, 0], [0, 0.25, 0.75], [1, 0, 0]])
    np.testing.assert_allclose(position.expected_arrivals(), [[6, 0, 0], [5, 6, 3]])


def test_each_open_order_arrives_whole_and_once_on_each_path() -> None:
    position = on_its_way([0, 0], [10, 3], [[0.5, 0.5, 0], [0, 0.5, 0.5]])
    arrivals = position.sample_arrivals(400, 3, np.random.default_rng(1))
    assert arrivals.shape == (2, 400, 3)
    assert (arrivals[0].sum(axis=1) == 13).all()
    assert set(np.unique(arrivals[0])) == {0, 3, 10, 13}
    assert (arrivals[1] == 0).all()
    np.testing.assert_allclose(arrivals[0].mean(axis=0), [5, 6.5, 1.5], atol=0.5)


def test_arrivals_beyond_the_periods_asked_for_do_not_show() -> None:
    position = on_its_way([0, 0], [10, 3], [[0, 0, 1.0], [1, 0, 0]])
    arrivals = position.sample_arrivals(5, 2, np.random.default_rng(1))
    np.testing.assert_array_equal(arrivals[0], [[3, 0]] * 5)


def test_a_pipeline_is_a_position_whose_arrivals_are_certain() -> None:
    pipeline = np.array([[0.0, 4, 2], [7, 0, 0]])
    position = StockPosition.from_pipeline(np.array([1.0, 2]), pipeline, np.array([0.0, 1]))
    np.testing.assert_array_equal(position.expected_arrivals(), pipeline)
    np.testing.assert_array_equal(position.units, [7, 8])
    arrivals = position.sample_arrivals(3, 3, np.random.default_rng(0))
    np.testing.assert_array_equal(arrivals, np.repeat(pipeline[:, None], 3, axis=1))


def test_without_open_orders_nothing_is_on_order() -> None:
    position = StockPosition.from_pipeline(np.array([3.0]), np.zeros((1, 2)), np.zeros(1))
    assert (position.on_order[0], position.units[0]) == (0, 3)
    assert position.sample_arrivals(2, 4, np.random.default_rng(0)).sum() == 0


@pytest.mark.parametrize("series", [-1, 2])
def test_an_open_order_for_no_series_is_refused(series: int) -> None:
    with pytest.raises(DataError, match="open_series must lie within 0 and 1"):
        on_its_way([series], [1.0], [[1.0]])


def test_negative_units_and_rows_that_do_not_match_are_refused() -> None:
    with pytest.raises(DataError, match="open_units must be finite and >= 0"):
        on_its_way([0], [-1.0], [[1.0]])
    with pytest.raises(DataError, match=r"equally long.*arrival 2"):
        on_its_way([0], [1.0], [[1.0], [1.0]])
    with pytest.raises(DataError, match="on_hand must be finite"):
        StockPosition.from_pipeline(np.array([np.nan]), np.zeros((1, 1)), np.zeros(1))
    with pytest.raises(DataError, match="backordered must be finite"):
        StockPosition.from_pipeline(np.zeros(1), np.zeros((1, 1)), np.array([-1.0]))
    with pytest.raises(DataError, match=r"equally long.*backordered 2"):
        StockPosition.from_pipeline(np.zeros(1), np.zeros((1, 1)), np.zeros(2))
