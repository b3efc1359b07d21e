from training import one_warehouse
from training.one_warehouse import LIKE_PUBLISHED, PUBLISHED_RULES, Size, measured_on
from training.published_costs import KAYNOV_COSTS

from allocast.simulation.one_warehouse.base_stock import EchelonBaseStock
from allocast.simulation.one_warehouse.kaynov_2024 import STRICT, kaynov_2024

SMALL = Size(searched=60, judged=60, context=10)


def test_a_network_that_does_what_the_paper_did_saves_nothing_on_it(monkeypatch):
    level, levels = LIKE_PUBLISHED[6, "proportional"]
    same = EchelonBaseStock(system=kaynov_2024(6), level=level, location_levels=levels)
    monkeypatch.setattr(one_warehouse, "_learned", lambda *_: [same])
    found = measured_on((6,), (1,), size=SMALL, seeds=(1,))
    values = {target.name: target for target in found.targets}
    saved = values["instance_6.learned_percent_above_proportional_at_published_levels"]
    assert saved.value == 0.0 and saved.target == -1.93 and saved.verdict == "short"
    assert values["learned.worst_percent_above_best_classical"].value > 0.0
    names = {reference.name for reference in found.references}
    assert "instance_6.learned_seed_1.difference_standard_error" in names
    assert "context.instance_1.proportional.percent_above_published" in names


def test_every_strict_instance_has_published_costs_and_levels_for_them():
    assert all(number in KAYNOV_COSTS for number in STRICT)
    assert set(LIKE_PUBLISHED) == {(number, rule) for number in STRICT for rule in PUBLISHED_RULES}
    for (number, _), (_, levels) in LIKE_PUBLISHED.items():
        assert len(levels) == kaynov_2024(number).n_locations


def test_the_published_saving_of_ppo_is_that_of_the_papers_table():
    gaps = {6: -1.93, 7: -0.09, 8: -0.84, 9: -1.58, 11: -12.58}
    for number, gap in gaps.items():
        _, proportional, ppo, *_ = KAYNOV_COSTS[number]
        assert abs(100 * (ppo / proportional - 1) - gap) <= 0.01
