"""Which open orders are listed as overdue: those that the scorecard counts as late, on the same day."""

import numpy as np
import pytest

from allocast.supply.open_orders import wanted_lines
from allocast.supply.suppliers.line_verdicts import ScorecardRules
from allocast.supply.suppliers.scorecard import scorecard

TODAY = np.datetime64("2024-06-30")


@pytest.mark.parametrize(("grace", "listed"), [(0, [True, True, False]), (1, [True, False, False])])
def test_an_order_is_overdue_at_the_end_of_its_last_day_as_on_the_scorecard(make_orders, grace, listed):
    orders = make_orders([TODAY - 30] * 3, promised_on=[TODAY - 1, TODAY, TODAY + 1])
    rules = ScorecardRules(late_days=grace)
    wanted = wanted_lines(orders, as_of=TODAY, rules=rules, every=False)
    assert wanted.tolist() == listed
    assert scorecard(orders, as_of=TODAY, rules=rules)["overdue_orders"].sum() == wanted.sum()
    assert wanted_lines(orders, as_of=TODAY, rules=rules, every=True).all()
