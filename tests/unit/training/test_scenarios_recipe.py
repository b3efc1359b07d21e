"""The recipe of scenarios_speed plays what it says."""

from training import scenarios_speed
from training.scenarios_speed import CHANGES, case, played


def test_the_plan_and_its_changes_are_played_on_the_made_up_assortment(monkeypatch):
    monkeypatch.setattr(scenarios_speed, "N_PATHS", 20)
    result = played(case(45))
    table = result.table().set_index("scenario")
    assert table.index.tolist() == ["baseline", *(change.name for change in CHANGES)]
    assert (table["cost_difference"].iloc[1:] != 0).all()
    assert table.loc["budget 80 %", "cash"] <= 0.8 * table.loc["baseline", "cash"] + 1e-6
    assert table.loc["demand × 1.2", "fill_rate"] < table.loc["baseline", "fill_rate"]


def test_equal_cases_are_played_equally_by_any_number_of_workers(monkeypatch):
    monkeypatch.setattr(scenarios_speed, "N_PATHS", 10)
    one, two = played(case(45), workers=1), played(case(45), workers=2)
    assert one.table().equals(two.table())
