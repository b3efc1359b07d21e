"""The recipe runs, on a small scale, and compares what it says it compares."""

from training import ppo_speed


def test_the_recipe_gives_rates_of_both_forms_and_their_ratio(monkeypatch):
    few = {"n_steps": 8, "batch_size": 32, "n_epochs": 1}
    for name, value in (("REPEATS", 1), ("ENVIRONMENTS", 16), ("MANY", 32), ("OURS", few), ("SB3S", few)):
        monkeypatch.setattr(ppo_speed, name, value)
    measured = ppo_speed.measure()
    targets = {target.name: target.value for target in measured.targets}
    rates = {reference.name: reference.value for reference in measured.references}
    assert targets["steps_per_second"] == rates["stepping.lost_sales_32.per_processor_second"]
    ours, dummy = (rates[f"ppo.{name}.per_processor_second"] for name in ("lost_sales", "dummy_alike"))
    assert targets["ppo_steps_per_second"] == ours
    assert targets["ppo_times_dummy"] == ours / dummy
    assert min(rates.values()) > 0
