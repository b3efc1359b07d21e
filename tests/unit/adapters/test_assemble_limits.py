"""Limits from a config and the table of suppliers."""

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from allocast.adapters.assemble_limits import limits_of, supplier_terms
from allocast.adapters.limit_settings import LimitSettings
from allocast.adapters.tables import Tables, check_tables

SUPPLIERS = pd.DataFrame(
    {
        "supplier_id": ["far", "near"],
        "payment_terms_days": [30.0, np.nan],
        "capacity_units": [500.0, np.nan],
        "minimum_order_value": [100.0, np.nan],
        "container_volume": [33.0, np.nan],
    }
)


def checked(suppliers) -> Tables:
    tables, report = check_tables(Tables(suppliers=suppliers))
    report.raise_if_refused()
    return tables


def test_what_the_table_does_not_say_is_no_limit() -> None:
    terms = supplier_terms(checked(SUPPLIERS))
    assert terms.payment_terms_days.tolist() == [30.0, 0.0]
    assert terms.capacity_units.tolist() == [500.0, np.inf]
    assert terms.minimum_order_value.tolist() == [100.0, 0.0]
    assert np.isnan(terms.container_volume).tolist() == [False, True]
    assert terms.container_fill.tolist() == [0.9, 0.9]
    assert len(supplier_terms(Tables())) == 0


def test_a_config_says_budgets_categories_and_what_must_be_ordered() -> None:
    settings = LimitSettings.model_validate(
        {
            "every": "week",
            "budget": 5_000.0,
            "budget_in": {"2024-W10": 200.0},
            "categories": {"column": "category", "budget": {"food": 10.0}},
            "storage": True,
            "least": ({"item_id": "i", "location_id": "l", "units": 4.0},),
        }
    )
    limits = limits_of(settings, checked(SUPPLIERS))
    assert [limits.budget_of(week) for week in ("2024-W09", "2024-W10")] == [5_000.0, 200.0]
    assert (limits.category_column, limits.category_budget) == ("category", {"food": 10.0})
    assert limits.least_units == {("i", "l"): 4.0}
    assert limits.storage
    assert len(limits.suppliers) == 2


def test_suppliers_may_be_left_out_but_are_paid_when_they_are_paid() -> None:
    limits = limits_of(LimitSettings(suppliers=False), checked(SUPPLIERS))
    assert not limits.has_budget
    assert np.isinf(limits.suppliers.capacity_units).all()
    assert np.isnan(limits.suppliers.container_volume).all()
    assert limits.suppliers.payment_terms_days.tolist() == [30.0, 0.0]


@pytest.mark.parametrize("wrong", [{"budget": -1.0}, {"every": "fortnight"}, {"categories": {"column": "c"}}])
def test_settings_that_make_no_limit_are_refused(wrong) -> None:
    with pytest.raises(ValidationError):
        LimitSettings.model_validate(wrong)


def test_a_table_of_suppliers_may_name_some_that_deliver_nothing_now() -> None:
    sourcing = pd.DataFrame({"item_id": ["i"], "location_id": ["l"], "supplier_id": ["near"]})
    _, report = check_tables(Tables(suppliers=SUPPLIERS, sourcing=sourcing))
    assert not report.findings


def test_a_container_without_room_is_refused() -> None:
    _, report = check_tables(Tables(suppliers=SUPPLIERS.assign(container_volume=0.0)))
    with pytest.raises(ValueError, match="container_volume"):
        report.raise_if_refused()
