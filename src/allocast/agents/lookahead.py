"""An agent that simulates the futures of rules and orders of every series, and shares a budget by its price."""

from dataclasses import dataclass
from math import inf

import numpy as np

from allocast.agents.lookahead_kernel import BY_RULE, simulated_costs
from allocast.agents.lookahead_rules import Rules, rules_of, season_of
from allocast.errors import SettingsError
from allocast.inventory.formulas.lot_size import economic_order_quantity
from allocast.inventory.situation import OrderDecision, Situation
from allocast.numerics.arrays import FloatArray

__all__ = ["LookaheadAgent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookaheadAgent:
    """Of several orders, the one that costs least over the scenarios if the best (s, S) rule goes on afterwards.

    First each series gets the rule of a grid that costs least on its scenarios; then each of several orders is tried in
    its place now: one step of policy improvement. Orders tried are the rule's own, shares and multiples of what lifts
    the position to its level, and what lifts it to its trigger. With a budget the orders of all series together
    must fit: money has a price then, the lowest at which each series, choosing for itself, leaves the sum affordable;
    what gaps between orders leave over buys the next best orders by their saving per unit of money.

    Parameters
    ----------
    budget : float, money per review, >= 0
        At unit costs.
    unit_served : float, >= 0, money per unit
        What a unit asked for and not missed is worth beyond its shortage cost when the agent decides: the price of
        the fill rate. More buys a better one, first where it takes least money.
    levels : tuple of float in (0, 1)
        Service levels over the protection interval of the rules' triggers.
    batches : tuple of float, > 0
        Multiples of the economic order quantity between the rules' triggers and levels.
    tried : tuple of float, > 0
        Shares of the rule's order up to its level.
    meetings : int, >= 1
        With how many paths of lead times each path of demand is simulated.

    References
    ----------
    Bertsekas, Tsitsiklis and Wu (1997), Rollout algorithms for combinatorial optimization, Journal of Heuristics 3;
    Hawkins (2003), A Lagrangian decomposition approach to weakly coupled dynamic optimization problems.
    """

    budget: float = inf
    unit_served: float = 0.0
    levels: tuple[float, ...] = (0.3, 0.5, 0.65, 0.8, 0.9, 0.97)
    batches: tuple[float, ...] = (0.6, 1.0, 1.5, 2.2, 3.2)
    tried: tuple[float, ...] = (0.25, 0.5, 0.75, 1.0, 1.4, 2.0, 3.0)
    meetings: int = 4

    def __post_init__(self) -> None:
        if not (self.budget >= 0 and self.unit_served >= 0):
            raise SettingsError(
                f"budget and unit_served must be >= 0; they are {self.budget} and {self.unit_served}."
            )
        if self.meetings < 1:
            raise SettingsError(f"meetings must be >= 1; it is {self.meetings}.")

    @property
    def name(self) -> str:
        """Name with the price of the fill rate."""
        return f"agent(lookahead, {self.unit_served:g})"

    def decide(self, situation: Situation) -> OrderDecision:
        """Order what costs least, at the price of money at which all can be paid."""
        rules = rules_of(situation, self.levels, self.batches)
        best = np.argmin(self._costs(situation, rules, np.full(rules.trigger.shape, BY_RULE)), axis=1)
        orders = self._orders(situation, rules.of(np.where(best == 0, rules.trigger.shape[1] - 1, best)))
        cost = self._costs(situation, rules.of(best), orders)
        spent = orders * situation.costs.unit_cost[:, None]
        units = orders[np.arange(len(orders)), cheapest_within(cost, spent, self.budget)]
        level = situation.position.units + units
        return OrderDecision(wanted_units=units, trigger=level, level=level)

    def _orders(self, situation: Situation, rule: Rules) -> FloatArray:
        """Feasible orders of each series, the first of them none, shape (n_series, n_orders)."""
        position, lines = situation.position.units, situation.sourcing
        trigger, level = rule.trigger[:, 0], rule.level[:, 0]
        due = position < trigger
        lot = np.where(due, level - position, np.maximum(level - position, level - trigger + 1.0))
        others = [np.maximum(trigger - position, 1.0)]
        others += [np.maximum(share * lot, 1.0) for share in self.tried]
        wanted = [np.zeros(len(lot)), *(np.rint(units) for units in others)]
        wanted.append(
            np.where(due, lot, 0.0)
        )  # as the rule has it, whatever the rounding: never dearer than the rule
        return np.column_stack([lines.feasible_units(units) for units in wanted])

    def _costs(self, situation: Situation, rules: Rules, orders: FloatArray) -> FloatArray:
        """Of each order now under each rule, or under one for all orders, shape (n_series, n_orders)."""
        costs, lines, scenarios = situation.costs, situation.sourcing, situation.scenarios
        share = scenarios.delivered_share
        mean = scenarios.demand.mean(axis=(1, 2))
        batch = economic_order_quantity(mean, order_cost=costs.order_cost, holding_cost=costs.holding_cost)
        worth = costs.order_cost / np.maximum(np.maximum(batch, lines.pack_units), 1.0)
        shortage = costs.shortage_cost + self.unit_served
        sells = mean * scenarios.demand.shape[2]  # what is left beyond another such time is worth nothing
        return simulated_costs(
            np.ascontiguousarray(scenarios.demand, dtype=np.float64),
            np.ascontiguousarray(scenarios.arrivals, dtype=np.float64),
            np.ascontiguousarray(scenarios.lead_time, dtype=np.int64),
            np.ones(scenarios.lead_time.shape) if share is None else np.ascontiguousarray(share),
            situation.position.on_hand - situation.position.backordered,
            orders,
            np.ascontiguousarray(np.broadcast_to(rules.trigger, orders.shape)),
            np.ascontiguousarray(np.broadcast_to(rules.level, orders.shape)),
            season_of(situation),
            np.column_stack([lines.minimum_order_units, lines.pack_units, lines.capacity_units]),
            np.column_stack(
                [costs.holding_cost, shortage, costs.order_cost, np.minimum(worth, shortage), sells]
            ),
            not costs.backorders,
            self.meetings,
        )


def cheapest_within(cost: FloatArray, spent: FloatArray, budget: float) -> FloatArray:
    """Which order of each series: together affordable, and as cheap as a price of money makes them.

    Parameters
    ----------
    cost, spent : arrays of shape (n_series, n_orders), in money
        What each order brings about, and what it takes from the budget; the first order takes nothing.
    budget : float, money

    Returns
    -------
    chosen : array of int, shape (n_series,)

    Examples
    --------
    The second series saves more for its money:

    >>> cost, spent = np.array([[5.0, 2.0], [5.0, 1.0]]), np.array([[0.0, 4.0], [0.0, 4.0]])
    >>> cheapest_within(cost, spent, 9.0), cheapest_within(cost, spent, 7.0)
    (array([1, 1]), array([0, 1]))
    """
    rows = np.arange(len(cost))

    def choice(price: float) -> FloatArray:
        return np.asarray(np.argmin(cost + price * spent, axis=1))

    chosen = choice(0.0)
    if spent[rows, chosen].sum() <= budget:
        return chosen
    low, high = 0.0, 1.0
    while spent[rows, choice(high)].sum() > budget and high < _HIGHEST_PRICE:
        low, high = high, 4 * high
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if spent[rows, choice(middle)].sum() <= budget else (middle, high)
    chosen = choice(high)
    return _filled(cost, spent, chosen, budget)


_HIGHEST_PRICE, _STEPS = 1e9, 50


def _filled(cost: FloatArray, spent: FloatArray, chosen: FloatArray, budget: float) -> FloatArray:
    """Better orders for what is left of the budget, those first that save most for their money; each series once."""
    rows, chosen = np.arange(len(cost)), chosen.copy()
    left = budget - spent[rows, chosen].sum()
    more = spent - spent[rows, chosen][:, None]
    saving = cost[rows, chosen][:, None] - cost
    rate = np.where((more > 0) & (saving > 0), saving / np.maximum(more, 1e-12), -np.inf)
    changed = np.zeros(len(cost), dtype=bool)
    for place in np.argsort(-rate, axis=None, kind="stable"):
        row, order = divmod(int(place), cost.shape[1])
        if rate[row, order] <= 0:
            break
        if not changed[row] and more[row, order] <= left:
            chosen[row], changed[row], left = order, True, left - more[row, order]
    return chosen
