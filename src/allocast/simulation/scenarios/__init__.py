"""Futures to live through: from textbook distributions, from history, from the models."""
