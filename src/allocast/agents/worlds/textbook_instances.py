"""The named instances of the textbooks as worlds to act in, with gradients or without."""

from functools import partial
from typing import Any

from allocast.agents.worlds.textbook_world import TextbookWorld
from allocast.simulation.dynamics import Rates, Rules, Terms
from allocast.simulation.textbook.dual_sourcing import DualSourcing
from allocast.simulation.textbook.lost_sales import LostSales
from allocast.simulation.textbook.perishables import Perishable

__all__ = ["dual_sourcing_world", "lost_sales_world", "perishables_world"]


def lost_sales_world(instance: LostSales, **options: Any) -> TextbookWorld:
    """Lost sales with a lead time; options are those of ``TextbookWorld``, such as ``actions`` and ``n_periods``.

    An order is at most the newsvendor's quantile of one period's demand, which an optimal one never exceeds.
    """
    levels = options.get("actions") == ("level",)
    given = {"largest": (float(instance.levels[-1 if levels else 0]),)}
    return TextbookWorld(
        rules=Rules(),
        demand=instance.law,
        lead_times=(instance.lead_time,),
        rates=Rates(holding_cost=instance.holding_cost, shortage_cost=instance.shortage_cost),
        **(given | _twin(instance, options) | options),
    )


def dual_sourcing_world(instance: DualSourcing, **options: Any) -> TextbookWorld:
    """Dual sourcing: a level for the supplier that delivers at once, then the order from the other."""
    most = float(instance.largest_demand)
    given: dict[str, Any] = {"actions": ("level", "order"), "largest": (2.0 * most, 1.5 * most)}
    return TextbookWorld(
        rules=Rules(suppliers=2, waiting_share=1.0),
        demand=instance.law,
        lead_times=(0, instance.lead_time),
        rates=Rates(holding_cost=instance.holding_cost, shortage_cost=instance.shortage_cost),
        terms=Terms(unit_cost=[instance.expedited_cost, instance.regular_cost]),
        **(given | _twin(instance, options) | options),
    )


def perishables_world(instance: Perishable, **options: Any) -> TextbookWorld:
    """An item that perishes."""
    given = {"largest": (float(instance.largest_order),)}
    return TextbookWorld(
        rules=Rules(shelf_life=instance.life, issuing=instance.issuing),
        demand=instance.law,
        lead_times=(instance.lead_time,),
        rates=Rates(
            holding_cost=instance.holding_cost,
            shortage_cost=instance.shortage_cost,
            waste_cost=instance.waste_cost,
        ),
        terms=Terms(unit_cost=instance.unit_cost),
        **(given | _twin(instance, options) | options),
    )


def _twin(instance: LostSales | DualSourcing | Perishable, options: dict[str, Any]) -> dict[str, Any]:
    """The differentiable form, where actions mean there what they mean here."""
    return {} if {"actions", "largest"} & options.keys() else {"twin": partial(_paths, instance)}


def _paths(instance: LostSales | DualSourcing | Perishable) -> Any:
    """The instance as a differentiable world, with the orders that are best to learn with."""
    from allocast.agents.pathwise.dual_sourcing import DualSourcingPaths  # torch costs seconds to import
    from allocast.agents.pathwise.lost_sales import LostSalesPaths
    from allocast.agents.pathwise.perishables import PerishablePaths

    if isinstance(instance, LostSales):
        return LostSalesPaths(instance, orders="real")
    if isinstance(instance, DualSourcing):
        return DualSourcingPaths(instance, orders="rounded")
    return PerishablePaths(instance, orders="rounded")
