"""Builders of segments and of what is measured; each test spells out only what it is about."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from allocast.inventory.segments.calibration import LABELS
from allocast.inventory.segments.effective import effective_values
from allocast.inventory.segments.rules import PolicyValues, Rule, Rulebook


def build_segments(n: int, **columns: Any) -> pd.DataFrame:
    """Series i0, i1, … at one place, all in the same segments unless said otherwise."""
    usual = {
        "abc": "A", "xyz": "X", "pattern": "smooth", "age": "52+", "criticality": "B", "importance": "high",
        "vulnerability": "low",
    }  # fmt: skip
    series = pd.DataFrame({"item_id": [f"i{row}" for row in range(n)], "location_id": "here"})
    return series.assign(**(usual | columns))


def build_rule(
    name: str, priority: int, where: dict[str, tuple[str, ...]] | None = None, **then: Any
) -> Rule:
    return Rule(name=name, priority=priority, where=where or {}, then=PolicyValues(**then))


def build_measured(n: int, *, rulebook: Rulebook | None = None, **columns: Any) -> pd.DataFrame:
    """What `measured` gives, with figures that are all the same unless said otherwise."""
    segments = build_segments(n)
    usual = {
        "demand_variation": 0.5, "lead_time_variation": 0.2, "safety_stock": 100.0, "safety_stock_money": 1000.0
    }  # fmt: skip
    table = effective_values(rulebook or Rulebook(), segments)
    return table.assign(**{name: segments[name] for name in LABELS}, **(usual | columns))


@pytest.fixture(scope="session")
def make_segments() -> Callable[..., pd.DataFrame]:
    return build_segments


@pytest.fixture(scope="session")
def make_rule() -> Callable[..., Rule]:
    return build_rule


@pytest.fixture(scope="session")
def make_measured() -> Callable[..., pd.DataFrame]:
    return build_measured
