"""A rule of thumb that was set before a window keeps its levels in it, whatever is sold and whatever is forecast."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from allocast.inventory.policies import RuleOfThumb

KNOWN = np.random.default_rng(5).poisson(9, (3, 60)).astype(float)
WILD = np.random.default_rng(6).poisson(40, (3, 6)).astype(float)


@dataclass
class Watched:
    """A rule whose reorder points are written down."""

    rule: RuleOfThumb
    triggers: list[Any] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.rule.name

    def decide(self, situation):
        decision = self.rule.decide(situation)
        self.triggers.append(decision.trigger)
        return decision


def test_its_levels_never_change_within_a_window(make_replay_world, run) -> None:
    world = make_replay_world(WILD, known=KNOWN)
    kept = Watched(RuleOfThumb().kept_from(world.known.as_of))
    anew = Watched(RuleOfThumb())
    run(world, kept, anew)
    assert len(kept.triggers) == 6
    for trigger in kept.triggers:
        np.testing.assert_array_equal(trigger, kept.triggers[0])
    assert (anew.triggers[-1] > anew.triggers[0]).all()


def test_it_decides_the_same_whatever_is_forecast(make_replay_world, run) -> None:
    world = make_replay_world(WILD, known=KNOWN)
    rule = RuleOfThumb().kept_from(world.known.as_of)
    results = [
        run(world, rule, seed=seed, believed=share)[0] for seed, share in ((0, None), (1, [0.0, 0.0, 1.0]))
    ]
    np.testing.assert_array_equal(results[0].ordered, results[1].ordered)
