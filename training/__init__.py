"""Recipes: how models are made and how claims are measured (read, split, fit, judge, log)."""
