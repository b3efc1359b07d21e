"""Forecasts demand, judges suppliers, and decides what to order and who gets it."""

__version__ = "0.1.0"
