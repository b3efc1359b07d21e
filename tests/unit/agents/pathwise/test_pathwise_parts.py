"""Parts of the pathwise trainer: draws, values at units, optimiser, schedule."""

import numpy as np
import pytest
import torch

from allocast.agents.pathwise import Cosine, PathwiseGradient
from allocast.agents.pathwise.demand_draws import Demands
from allocast.agents.pathwise.keep_best import KeepBest, simulated_cost
from allocast.agents.pathwise.lost_sales import LostSalesPaths
from allocast.agents.pathwise.soap import SOAP
from allocast.agents.pathwise.units import ValueAt, within
from allocast.simulation.textbook.demand_laws import geometric, poisson
from allocast.simulation.textbook.lost_sales import LostSales


def test_demand_of_a_period_has_every_unit_in_its_due_share():
    laws = [poisson(5.0), geometric(3.0)]
    drawn = Demands(laws).draw(8000, 3, torch.Generator().manual_seed(1))
    for law, own in zip(laws, (drawn[:, :4000, 0], drawn[:, 4000:, 0]), strict=True):
        probability = law.probability[0]
        for period in own:
            counts = np.bincount(period.long(), minlength=len(probability))[: len(probability)]
            assert np.abs(counts - 4000 * probability).max() < 2, "one number lies in each part"


def test_demand_of_one_path_is_independent_from_period_to_period():
    drawn = Demands([poisson(5.0)]).draw(64, 4000, torch.Generator().manual_seed(1)).numpy()
    assert drawn[:, 0, 0].mean() == pytest.approx(5.0, abs=0.15)
    assert abs(np.corrcoef(drawn[:-1, 0, 0], drawn[1:, 0, 0])[0, 1]) < 0.05


def test_values_have_the_slope_of_the_interval_they_lie_in():
    values = ValueAt(torch.tensor([[0.0, 1.0, 4.0], [6.0, 3.0, 1.0]]))
    units = torch.tensor([[0.5], [-1.0], [1.5], [7.0]], requires_grad=True)
    found = values(units)
    found.sum().backward()
    assert found[:, 0].tolist() == [0.5, -1.0, 2.0, -9.0]
    assert units.grad[:, 0].tolist() == [1.0, 1.0, -2.0, -2.0]


def test_rounded_orders_learn_the_difference_of_costs_of_the_whole_orders_beside_them():
    wanted = torch.tensor([[2.3], [2.7], [1.6]], requires_grad=True)
    orders = within(wanted, torch.tensor(0.0), torch.tensor(9.0), form="rounded")
    assert (orders - torch.tensor([[2.0], [3.0], [2.0]])).abs().max() < 0.01
    ValueAt(torch.tensor([[9.0, 4.0, 1.0, 5.0, 20.0]]))(orders).sum().backward()
    assert wanted.grad[:, 0].tolist() == [4.0, 4.0, -3.0], "5 - 1 between 2 and 3, 1 - 4 between 1 and 2"


def test_soap_goes_down_a_long_valley_faster_than_adam():
    target, curvature = torch.ones(2, 2), torch.tensor([[1.0, 0.999], [0.999, 1.0]])

    def lowest(optimizer_class):
        weights = torch.nn.Parameter(torch.tensor([[3.0, -2.0], [0.5, 4.0]]))
        optimizer = optimizer_class([weights], lr=0.02)
        for _ in range(300):
            optimizer.zero_grad()
            off = weights - target
            loss = ((off @ curvature) * off).sum()
            loss.backward()
            optimizer.step()
        return loss.item()

    assert lowest(SOAP) < 0.1 * lowest(torch.optim.Adam)


def test_soap_remembers_what_was_saved_of_it():
    def steps(optimizer, weights, n):
        for _ in range(n):
            optimizer.zero_grad()
            (weights**2).sum().backward()
            optimizer.step()

    first, whole = (torch.nn.Parameter(torch.tensor([[3.0, 1.0]])) for _ in range(2))
    before, never_stopped = SOAP([first], refresh=3), SOAP([whole], refresh=3)
    steps(before, first, 5)
    again = SOAP([first], refresh=3)
    again.load_state_dict(before.state_dict())
    steps(again, first, 5)
    steps(never_stopped, whole, 10)
    assert torch.equal(first, whole)


def test_the_rate_falls_to_nothing_and_never_exceeds_its_highest():
    rates = [Cosine(highest=0.01)(remaining) for remaining in np.linspace(1, 0, 101)]
    assert max(rates) <= 0.01 and rates[-1] == 0.0 and min(rates) >= 0.0


def test_the_best_network_on_fixed_scenarios_is_put_back():
    world = LostSalesPaths(
        LostSales(demand="poisson", mean=5.0, shortage_cost=9.0, lead_time=1), orders="rounded"
    )
    settings = {"learning_rate": ruined_at_the_end, "n_paths": 32, "n_steps": 8, "seed": 1}
    best = KeepBest(world, every=1, seed=5, n_paths=64)
    kept = PathwiseGradient("MlpPolicy", world, **settings).learn(12 * 32 * 16, callback=best)
    judged = LostSalesPaths(*world.instances, orders="whole")
    assert simulated_cost(judged, kept.policy, seed=5, n_paths=64) == pytest.approx(best.least)
    last = PathwiseGradient("MlpPolicy", world, **settings).learn(12 * 32 * 16)
    assert simulated_cost(judged, last.policy, seed=5, n_paths=64) > 1.5 * best.least


def ruined_at_the_end(remaining: float) -> float:
    """A learning rate whose last steps lose what was learned."""
    return 0.01 if remaining > 0.3 else 30.0
