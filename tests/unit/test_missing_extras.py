"""What needs a library that is not installed says which extra to install, and is refused like anything else."""

import sys

import numpy as np
import pandas as pd
import pytest

from allocast.adapters.study import require_optuna
from allocast.errors import AllocastError
from allocast.forecast.hierarchy import Hierarchy
from allocast.forecast.reconciliation import reconcile


def reconcile_two_series():
    series = pd.DataFrame({"item_id": ["milk", "tea"], "location_id": "north"})
    hierarchy = Hierarchy.of(series, {"total": []})
    return reconcile(hierarchy, np.full((len(hierarchy.nodes), 2), 3.0))


@pytest.fixture
def without(monkeypatch):
    def hide(library):
        for name in [name for name in sys.modules if name.split(".")[0] == library]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, library, None)

    return hide


@pytest.mark.parametrize(
    ("library", "extra", "ask"),
    [("hierarchicalforecast", "hierarchy", reconcile_two_series), ("optuna", "tuning", require_optuna)],
)
def test_a_missing_library_is_named_with_its_extra(without, library, extra, ask):
    without(library)
    with pytest.raises(AllocastError, match=rf"pip install ['\"]allocast\[{extra}\]['\"]") as refused:
        ask()
    assert library in str(refused.value).lower()
    assert isinstance(refused.value, ModuleNotFoundError)


def test_a_library_that_is_there_is_used():
    pytest.importorskip("hierarchicalforecast", reason="the extra 'hierarchy' is not installed")
    assert reconcile_two_series().shape == (3, 2)
