"""The order basket: every next pack ranked by money, and the cut of it that all shared limits allow."""

from allocast.inventory.basket.basket import Basket
from allocast.inventory.basket.cash import Every, calendar_period
from allocast.inventory.basket.cut import Cut, cut_to_limits
from allocast.inventory.basket.limits import Limits
from allocast.inventory.basket.loads import Loads, whole_loads
from allocast.inventory.basket.steps import Steps, worth_of_next_packs

__all__ = [
    "Basket",
    "Cut",
    "Every",
    "Limits",
    "Loads",
    "Steps",
    "calendar_period",
    "cut_to_limits",
    "whole_loads",
    "worth_of_next_packs",
]
