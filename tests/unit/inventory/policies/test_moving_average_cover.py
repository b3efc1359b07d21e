import numpy as np

from allocast.inventory.policies import MovingAverageCover


def decide(make_situation, units, on_hand, **settings):
    futures = np.zeros((len(units), 1, 3))
    return MovingAverageCover(**settings).decide(make_situation(futures, on_hand, units=units))


def test_it_covers_the_coming_periods_by_the_average_of_the_last(make_situation) -> None:
    decision = decide(make_situation, [[9.0] * 6], [10.0], window=3, cover_periods=4)
    assert (decision.level[0], decision.wanted_units[0]) == (36, 26)


def test_halves_are_rounded_to_even_units(make_situation) -> None:
    units = [[2.5] * 4, [3.5] * 4]
    decision = decide(make_situation, units, [0.0, 0.0], window=4, cover_periods=1)
    np.testing.assert_array_equal(decision.wanted_units, [2, 4])


def test_enough_stock_needs_no_order_and_none_is_negative(make_situation) -> None:
    decision = decide(make_situation, [[2.0] * 4] * 2, [8.0, 80.0], window=4, cover_periods=4)
    np.testing.assert_array_equal(decision.wanted_units, [0, 0])


def test_periods_out_of_stock_are_left_out_and_a_series_never_in_stock_gets_nothing(make_situation) -> None:
    units = [[5.0, np.nan, 5.0, np.nan], [np.nan] * 4, [5.0] * 4]
    decision = decide(make_situation, units, [0.0] * 3, window=4, cover_periods=2)
    np.testing.assert_array_equal(decision.wanted_units, [10, 0, 10])


def test_the_scenarios_make_no_difference(make_situation) -> None:
    policy, units = MovingAverageCover(window=2, cover_periods=2), [[3.0, 4.0]]
    calm = policy.decide(make_situation(np.zeros((1, 5, 3)), [1.0], units=units))
    wild = policy.decide(make_situation(np.full((1, 5, 3), 1e6), [1.0], units=units))
    np.testing.assert_array_equal(calm.wanted_units, wild.wanted_units)


def test_the_name_says_window_and_cover() -> None:
    assert MovingAverageCover().name == "moving_average_cover(13, 4)"
