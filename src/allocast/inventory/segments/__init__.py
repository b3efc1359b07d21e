"""Segments of series, rules from segments to targets, and where each effective value comes from."""
