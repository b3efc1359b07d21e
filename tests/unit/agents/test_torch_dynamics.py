"""The torch form of the dynamics equals the compiled one step by step, and knows its gradients."""

import itertools

import numpy as np
import pytest
import torch

from allocast.agents import torch_dynamics as twin
from allocast.errors import DataError
from allocast.simulation import dynamics as compiled
from allocast.simulation.dynamics import Rules

N, WIDTH, N_PERIODS = 60, 8, 6
SYSTEMS = [
    Rules(
        waiting_share=waits, shelf_life=life, issuing=issuing, crossover=crossover, suppliers=suppliers,
        whole_units=whole, review_periods=review, season_periods=season,
    )
    for (waits, life, issuing), (crossover, suppliers, review, season), whole in itertools.product(
        [(0.0, None, "fifo"), (0.4, None, "fifo"), (1.0, None, "fifo"),
         (0.0, 3, "fifo"), (0.4, 3, "lifo"), (1.0, 1, "fifo")],
        [(True, 1, 1, None), (True, 2, 3, 1), (False, 1, 2, 3), (False, 3, 1, 4)],
        [True, False],
    )
]  # fmt: skip


def tensors(values: dict) -> dict:
    return {name: torch.as_tensor(each) for name, each in values.items()}


def random_stocks(rules: Rules, units, rng) -> tuple[compiled.Stock, twin.Stock]:
    """The same stock in both forms, with three periods' arrivals on their way."""
    life = [] if rules.shelf_life is None else [rules.shelf_life]
    stock = compiled.Stock(
        on_hand=units(N, *life),
        backordered=units(N) * rules.owes,
        pipeline=units(N, WIDTH) * (np.arange(WIDTH) < 3),
        latest=rng.integers(0, 4, (N, rules.suppliers)),
    )
    shelf = torch.as_tensor(stock.on_hand)
    other = twin.Stock(
        on_hand=shelf.unbind(-1) if life else (shelf,),
        backordered=torch.as_tensor(stock.backordered),
        pipeline=torch.as_tensor(stock.pipeline).unbind(-1)[:3],
        latest=() if rules.crossover else torch.as_tensor(stock.latest).unbind(-1),
    )
    return stock, other


def random_terms(orders: tuple[int, ...], rng) -> dict:
    return {
        "order_cost": rng.random(orders),
        "unit_cost": rng.random(orders),
        "minimum_order_units": rng.integers(0, 5, orders).astype(float),
        "pack_units": rng.integers(0, 4, orders).astype(float),
        "capacity_units": rng.integers(2, 20, orders).astype(float),
    }


def random_fate(rules: Rules, orders: tuple[int, ...], rng) -> dict:
    later = rng.integers(0, 2, orders) * rules.crossover
    return {"share": rng.random(orders) * 1.2, "first_share": rng.random(orders), "rest_later": later}


def assert_equal_stocks(stock: compiled.Stock, other: twin.Stock, rules: Rules) -> None:
    shelf = torch.stack(other.on_hand, -1) if rules.shelf_life else other.on_hand[0]
    np.testing.assert_allclose(shelf, stock.on_hand, atol=1e-9, rtol=0)
    np.testing.assert_allclose(torch.stack(other.dated(WIDTH), -1), stock.pipeline, atol=1e-9, rtol=0)
    np.testing.assert_allclose(other.position, stock.position, atol=1e-9, rtol=0)
    if not rules.crossover:
        np.testing.assert_array_equal(torch.stack(other.latest, -1), stock.latest)


@pytest.mark.parametrize("on_terms", [False, True])
@pytest.mark.parametrize("rules", SYSTEMS, ids=str)
def test_a_step_in_torch_is_a_compiled_step(rules: Rules, on_terms: bool) -> None:
    rng = np.random.default_rng(len(str(rules)) + on_terms)
    units = (lambda *shape: rng.integers(0, 15, shape).astype(float)) if rules.whole_units else (
        lambda *shape: rng.gamma(2, 3, shape))  # fmt: skip
    (stock, other), orders = random_stocks(rules, units, rng), rules.orders_shape((N,))
    costs = {name: rng.random(N) for name in ("holding_cost", "shortage_cost", "lost_cost", "waste_cost")}
    costs["salvage_value"] = rng.normal(size=N)
    for period in range(N_PERIODS):
        wanted, takes, demand = units(*orders), rng.integers(0, 4, orders), units(N)
        terms, fate = random_terms(orders, rng), random_fate(rules, orders, rng)
        given = {"terms": compiled.Terms(**terms), "delivery": compiled.Delivery(**fate)} if on_terms else {}
        same = {"terms": twin.Terms(**tensors(terms)), "delivery": twin.Delivery(**tensors(fate))}
        stock, placed = compiled.place(rules, stock, wanted, takes, **given, period=period)
        other, ordered = twin.place(
            rules, other, *tensors({"units": wanted, "lead_time": takes}).values(), **(same if on_terms else {}),
            period=period,
        )  # fmt: skip
        np.testing.assert_allclose(ordered.cost + torch.zeros(N), placed.cost, atol=1e-9, rtol=0)
        stock, ledger = compiled.advance(rules, stock, demand, compiled.Rates(**costs), period=period)
        other, book = twin.advance(
            rules, other, torch.as_tensor(demand), twin.Rates(**tensors(costs)), period=period
        )
        assert_equal_stocks(stock, other, rules)
        for name in ("arrived", "sold", "missed", "lost", "wasted", "salvaged", "on_hand", "cost"):
            np.testing.assert_allclose(
                getattr(book, name) + torch.zeros(N), getattr(ledger, name), atol=1e-9, rtol=0
            )


def test_the_gradient_is_what_a_little_more_would_change() -> None:
    rules, rates = Rules(waiting_share=0.4, shelf_life=2, whole_units=False), (1.0, 4.0)
    demand = torch.tensor([3.0, 7.0, 2.0, 6.0, 5.0], dtype=torch.float64)

    def cost(orders: torch.Tensor) -> torch.Tensor:
        stock = twin.Stock.empty(rules, (), dtype=torch.float64)
        total = torch.zeros((), dtype=torch.float64)
        for units, asked in zip(orders, demand, strict=True):
            stock, _ = twin.place(rules, stock, units, 1)
            stock, ledger = twin.advance(
                rules, stock, asked, twin.Rates(holding_cost=rates[0], shortage_cost=rates[1])
            )
            total = total + ledger.cost
        return total

    orders = torch.tensor([4.3, 5.1, 6.7, 3.2, 1.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(cost, (orders,))


def test_whole_units_let_the_gradient_pass() -> None:
    order = torch.tensor([5.2], requires_grad=True)
    stock = twin.Stock.empty(Rules(), (1,))
    stock, placed = twin.place(Rules(), stock, order, 0, terms=twin.Terms(pack_units=4.0, unit_cost=2.0))
    assert (placed.ordered[0].item(), placed.cost.item(), stock.pipeline[0].item()) == (8, 16, 8)
    placed.cost.sum().backward()
    assert order.grad.item() == 2


def test_a_lead_time_for_each_supplier_is_one_number_a_supplier() -> None:
    rules = Rules(suppliers=2)
    stock, placed = twin.place(
        rules, twin.Stock.empty(rules, (1,)), torch.tensor([[3.0, 5.0]]), (0, 2), terms=twin.Terms(unit_cost=(2.0, 1.0))
    )  # fmt: skip
    assert [units.item() for units in stock.pipeline] == [3, 0, 5]
    assert placed.cost.item() == 11


def test_the_period_must_be_known_where_reviews_or_seasons_are() -> None:
    stock = twin.Stock.empty(Rules(), (1,))
    zero, rates = torch.zeros(1), twin.Rates(holding_cost=1.0, shortage_cost=1.0)
    twin.place(Rules(review_periods=2), stock, zero, 0, period=1)
    with pytest.raises(DataError, match="reviews of 2 periods"):
        twin.place(Rules(review_periods=2), stock, zero, 0)
    with pytest.raises(DataError, match="seasons of 2 periods"):
        twin.advance(Rules(season_periods=2), stock, zero, rates)
