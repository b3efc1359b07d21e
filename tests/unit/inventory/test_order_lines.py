"""Order lines hold only orders that suppliers accept, and say what changed them."""

from dataclasses import replace

import numpy as np
import pytest

from allocast.errors import DataError
from allocast.inventory.order_lines import OrderLines, binding_terms
from allocast.inventory.policies.order_up_to import OrderUpTo


@pytest.fixture
def lines(make_situation) -> OrderLines:
    situation = make_situation(np.full((3, 4, 3), 5.0), [0.0, 4.0, 99.0])
    return OrderLines.of(situation, OrderUpTo().decide(situation))


def test_all_that_is_wanted_goes_to_the_supplier_of_the_situation(lines) -> None:
    assert lines.series.tolist() == [0, 1, 2]
    assert (lines.units >= lines.wanted_units).all()
    np.testing.assert_array_equal(lines.total(3), lines.units)


def test_a_line_that_is_cut_says_what_cut_it(lines) -> None:
    cut = lines.cut_to(np.zeros(3), np.array(["budget"] * 3, dtype=object))
    assert cut.units.tolist() == [0, 0, 0]
    assert cut.binding[:2].tolist() == ["budget", "budget"]
    assert cut.binding[2] == lines.binding[2] == ""


def test_an_order_that_no_supplier_accepts_is_refused(lines) -> None:
    with pytest.raises(DataError, match=r"line 0 of 0\.5 units"):
        replace(lines, units=np.array([0.5, 0.0, 0.0]))


def test_two_lines_of_a_series_add_up(lines) -> None:
    both = lines.series[[0, 0, 1]]
    split = OrderLines(
        series=both,
        sourcing=lines.sourcing.take(both),
        lead_time=lines.lead_time.take(both),
        wanted_units=np.array([3.0, 4.0, 5.0]),
        units=np.array([3.0, 4.0, 5.0]),
        binding=np.array([""] * 3, dtype=object),
    )
    assert split.total(3).tolist() == [7.0, 5.0, 0.0]


@pytest.mark.parametrize(
    ("wanted", "units", "told"), [(0.0, 0.0, ""), (9.0, 6.0, "capacity"), (6.5, 7.0, "packs"), (6.0, 6.0, "")]
)
def test_the_term_that_changed_an_order_is_named(lines, wanted, units, told) -> None:
    one = lines.sourcing.take(np.array([0]))
    assert binding_terms(one, np.array([wanted]), np.array([units])).tolist() == [told]
