"""Demand of which only a lower bound was seen, because the stock ran out."""
