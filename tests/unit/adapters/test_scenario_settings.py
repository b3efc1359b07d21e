"""Scenarios in a config: every mistake at its place."""

import pytest

from allocast.adapters.job_settings import JobSettings
from allocast.adapters.settings import load_settings
from allocast.errors import SettingsError

CONFIG = """\
name: shop
data: {{kind: demo}}
scenarios:
  - {{name: more, demand_factor: 1.2}}
  - {second}
"""


@pytest.fixture
def loaded(tmp_path):
    def load(second):
        path = tmp_path / "shop.yaml"
        path.write_text(CONFIG.format(second=second), encoding="utf-8")
        return load_settings(path, JobSettings).settings.scenarios

    return load


def test_scenarios_are_read_with_what_does_not_change_filled_in(loaded):
    more, all_of_it = loaded("{name: all, lost_suppliers: [a, b], budget: 500, service_target: 0.9}")
    assert (more.name, more.demand_factor, more.budget) == ("more", 1.2, None)
    assert all_of_it.lost_suppliers == ("a", "b")
    assert (all_of_it.budget, all_of_it.service_target, all_of_it.lead_time_added_periods) == (500, 0.9, 0)


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ("{name: less, demand_faktor: 0.8}", "demand_factor"),
        ("{demand_factor: 0.8}", "name"),
        ("{name: less, demand_factor: -1}", "scenarios.1.demand_factor|scenarios\\[1\\].demand_factor"),
        ("{name: late, lead_time_added_periods: 1.5}", "lead_time_added_periods"),
        ("{name: sure, service_target: 1}", "service_target"),
        ("{name: poor, budget: 5, budget_factor: 0.5}", "two budgets"),
        ("{name: more, budget: 5}", "'more' comes twice"),
        ("{name: baseline, budget: 5}", "'baseline' comes twice"),
    ],
)
def test_a_mistake_is_named_at_its_place(loaded, second, said):
    with pytest.raises(SettingsError, match=said) as refused:
        loaded(second)
    assert "shop.yaml:" in str(refused.value)
