"""The named instances of the textbooks as worlds to act in."""

from typing import Any

from allocast.agents.textbook_world import TextbookWorld
from allocast.simulation.dynamics import Rates, Rules, Terms
from allocast.simulation.textbook.dual_sourcing import DualSourcing
from allocast.simulation.textbook.lost_sales import LostSales
from allocast.simulation.textbook.perishables import Perishable

__all__ = ["dual_sourcing_world", "lost_sales_world", "perishables_world"]


def lost_sales_world(instance: LostSales, **options: Any) -> TextbookWorld:
    """Lost sales with a lead time; options are those of ``TextbookWorld``, such as ``action`` and ``n_periods``."""
    return TextbookWorld(
        rules=Rules(),
        demand=instance.law,
        lead_times=(instance.lead_time,),
        rates=Rates(holding_cost=instance.holding_cost, shortage_cost=instance.shortage_cost),
        bounded=True,
        **options,
    )


def dual_sourcing_world(instance: DualSourcing, **options: Any) -> TextbookWorld:
    """Dual sourcing: the first number of an action is for the supplier that delivers at once."""
    return TextbookWorld(
        rules=Rules(suppliers=2, waiting_share=1.0),
        demand=instance.law,
        lead_times=(0, instance.lead_time),
        rates=Rates(holding_cost=instance.holding_cost, shortage_cost=instance.shortage_cost),
        terms=Terms(unit_cost=[instance.expedited_cost, instance.regular_cost]),
        **options,
    )


def perishables_world(instance: Perishable, **options: Any) -> TextbookWorld:
    """An item that perishes."""
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
        **({"largest_orders": (float(instance.largest_order),)} | options),
    )
