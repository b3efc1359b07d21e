"""Worlds in the form that Gymnasium and Stable-Baselines3 take."""
