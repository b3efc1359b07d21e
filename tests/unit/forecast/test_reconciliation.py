import numpy as np
import pandas as pd
import pytest

from allocast.errors import DataError, UnknownNameError
from allocast.forecast.hierarchy import Hierarchy
from allocast.forecast.reconciliation import reconcile

pytest.importorskip("hierarchicalforecast", reason="the extra 'hierarchy' is not installed")


def a_hierarchy():
    """A total, two items and three series: 6 nodes."""
    series = pd.DataFrame({"item_id": ["milk", "milk", "tea"], "location_id": ["north", "south", "north"]})
    return Hierarchy.of(series, {"total": [], "item": ["item_id"]})


def errors_of_the_past():
    return np.random.default_rng(4).normal(size=(6, 40)) * np.array(
        [[3.0], [2.0], [2.0], [1.0], [1.0], [1.0]]
    )


@pytest.mark.parametrize("method", ["ols", "wls_struct", "wls_var", "mint_shrink"])
def test_reconciled_forecasts_add_up(method):
    base = np.random.default_rng(2).uniform(5, 20, (6, 4))
    found = reconcile(a_hierarchy(), base, method=method, errors=errors_of_the_past())
    np.testing.assert_array_equal(found, a_hierarchy().aggregate(found[-3:]))
    assert not np.allclose(found, base)


@pytest.mark.parametrize("method", ["ols", "wls_struct", "wls_var", "mint_shrink"])
def test_forecasts_that_add_up_already_stay(method):
    base = a_hierarchy().aggregate(np.array([[3.0, 1.0], [5.0, 2.0], [0.5, 8.0]]))
    found = reconcile(a_hierarchy(), base, method=method, errors=errors_of_the_past())
    np.testing.assert_allclose(found, base, atol=1e-9)


def test_ols_is_the_projection_of_the_textbook():
    hierarchy = a_hierarchy()
    s = hierarchy.summing.toarray()
    base = np.array([[31.0], [17.0], [9.0], [8.0], [10.0], [11.0]])
    by_hand = s @ np.linalg.inv(s.T @ s) @ s.T @ base
    np.testing.assert_allclose(reconcile(hierarchy, base, method="ols"), by_hand, rtol=1e-9)


def test_a_node_that_erred_more_moves_more():
    base = np.array([[30.0], [12.0], [8.0], [6.0], [6.0], [8.0]])  # the total says 30, the series 20
    steady, shaky = errors_of_the_past(), errors_of_the_past()
    shaky[0] *= 10
    kept = [
        reconcile(a_hierarchy(), base, method="wls_var", errors=errors)[0, 0] for errors in (steady, shaky)
    ]
    assert kept[0] > kept[1] + 0.5


def test_no_reconciled_forecast_is_negative():
    base = np.array([[1.0], [9.0], [9.0], [0.1], [9.0], [9.0]])
    found = reconcile(a_hierarchy(), base, method="ols")
    assert found.min() >= 0
    np.testing.assert_array_equal(found, a_hierarchy().aggregate(found[-3:]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"base": np.ones((5, 2))}, r"base must have a row for each of 6 nodes .* shape \(5, 2\)"),
        ({"base": np.ones(6)}, r"a column for each period; it has shape \(6,\)"),
        ({"base": -np.ones((6, 2))}, "base must be finite and >= 0"),
        ({"method": "wls_var"}, "wls_var needs the errors of earlier forecasts"),
        ({"method": "mint_shrink", "errors": np.ones((5, 9))}, r"errors must have a row .* shape \(5, 9\)"),
    ],
)
def test_what_cannot_be_reconciled_is_refused(change, message):
    with pytest.raises(DataError, match=message):
        reconcile(a_hierarchy(), **({"base": np.ones((6, 2)), "method": "ols"} | change))


def test_an_unknown_method_of_reconciliation_is_refused():
    with pytest.raises(UnknownNameError, match="unknown method of reconciliation 'wls'; valid are ols"):
        reconcile(a_hierarchy(), np.ones((6, 2)), method="wls")
