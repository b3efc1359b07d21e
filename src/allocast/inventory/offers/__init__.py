"""Several suppliers for one series: whom to order from as a rule, how much from whom now, and what to expedite."""

from allocast.inventory.offers.early_units import ExtraUnits, early_units, rest_beyond_capacity
from allocast.inventory.offers.expediting import OpenOrders, expediting_table
from allocast.inventory.offers.line_costs import line_costs, main_lines
from allocast.inventory.offers.offers import Offers, SourcingRules
from allocast.inventory.offers.order_from import order_from, with_early

__all__ = [
    "ExtraUnits",
    "Offers",
    "OpenOrders",
    "SourcingRules",
    "early_units",
    "expediting_table",
    "line_costs",
    "main_lines",
    "order_from",
    "rest_beyond_capacity",
    "with_early",
]
