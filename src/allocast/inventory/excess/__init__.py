"""Stock in plain words: too little, enough, too much, slow or dead, in days and in money, and what to do with it."""

from allocast.inventory.excess.states import STATES, StockRules, StockState
from allocast.inventory.excess.stock_review import REVIEW, StockReview, review_stock
from allocast.inventory.excess.stock_view import StockView
from allocast.inventory.excess.ways_out import WaysOut

__all__ = [
    "REVIEW",
    "STATES",
    "StockReview",
    "StockRules",
    "StockState",
    "StockView",
    "WaysOut",
    "review_stock",
]
