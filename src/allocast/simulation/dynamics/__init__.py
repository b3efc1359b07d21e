"""One period of an inventory system, the order of its events stated once.

1. What is due arrives.
2. Demand is met as far as stock goes: what is owed first, then the new demand. What is missed is lost, waits, or
   waits in part.
3. What has reached its shelf life is wasted; costs are charged: holding on what is left, shortage on what was
   missed. At the end of a season what is left is then sold off.
4. The next order is placed, on the supplier's terms; with lead time L it is available at the start of the L-th
   period after the next.

``advance`` covers 1 to 3, ``place`` covers 4, ``run`` goes through many periods; all three run the same compiled
code of ``events``. They are pure and work on arrays of any leading shape: one series, series × scenarios, or a
thousand environments at once. What chance decides (demand, lead times, what is delivered) is drawn by the caller,
so that two policies can meet the same luck.
"""

from allocast.simulation.dynamics.period import advance, place
from allocast.simulation.dynamics.rates import Delivery, Rates, Terms
from allocast.simulation.dynamics.rules import Rules
from allocast.simulation.dynamics.run import run
from allocast.simulation.dynamics.sharing import ration
from allocast.simulation.dynamics.stock import Ledger, Placed, Stock

__all__ = [
    "Delivery",
    "Ledger",
    "Placed",
    "Rates",
    "Rules",
    "Stock",
    "Terms",
    "advance",
    "place",
    "ration",
    "run",
]
