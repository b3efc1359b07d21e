"""Moving stock between locations before any is bought."""

from allocast.inventory.rebalancing.best_transfers import Rebalancing, rebalance
from allocast.inventory.rebalancing.lanes import Lanes
from allocast.inventory.rebalancing.moved_stock import after_transfers, transfer_notes
from allocast.inventory.rebalancing.transfer_table import TRANSFERS, no_transfers, transfer_table
from allocast.inventory.rebalancing.transfers import Transfers

__all__ = [
    "TRANSFERS",
    "Lanes",
    "Rebalancing",
    "Transfers",
    "after_transfers",
    "no_transfers",
    "rebalance",
    "transfer_notes",
    "transfer_table",
]
