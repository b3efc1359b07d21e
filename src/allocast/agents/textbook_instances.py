"""The named instances of the textbooks as worlds to act in."""

from typing import Any

from allocast.agents.textbook_world import TextbookWorld
from allocast.simulation.dynamics import Rates, Rules
from allocast.simulation.textbook.lost_sales import LostSales

__all__ = ["lost_sales_world"]


def lost_sales_world(instance: LostSales, **options: Any) -> TextbookWorld:
    """A lost-sales instance; options are those of ``TextbookWorld``, such as ``action`` and ``n_periods``."""
    return TextbookWorld(
        rules=Rules(),
        demand=instance.law,
        lead_times=(instance.lead_time,),
        rates=Rates(holding_cost=instance.holding_cost, shortage_cost=instance.shortage_cost),
        bounded=True,
        **options,
    )
