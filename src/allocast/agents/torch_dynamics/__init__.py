"""The dynamics of ``simulation.dynamics`` in torch, for gradients: the same events in the same order.

Names and the order of arguments are those of the compiled form, numbers are tensors. Orders are real numbers; where the
rules make units whole the value is rounded, and the gradient passes as if it were not. What is dated, and what is of
each supplier, is held as a tuple of tensors: letting time pass moves references, and nothing that is off is computed.
"""

from allocast.agents.torch_dynamics.period import advance, place
from allocast.agents.torch_dynamics.stock import Ledger, Placed, Rates, Stock
from allocast.agents.torch_dynamics.suppliers import Delivery, Terms

__all__ = ["Delivery", "Ledger", "Placed", "Rates", "Stock", "Terms", "advance", "place"]
