"""Recommendations: what to order for each series, why, what is at stake, and where it all came from."""

from allocast.inventory.recommendation.explain import explain, without_order
from allocast.inventory.recommendation.lineage import Lineage
from allocast.inventory.recommendation.status import Status
from allocast.inventory.recommendation.table import COLUMNS, Recommendation, Recommendations

__all__ = ["COLUMNS", "Lineage", "Recommendation", "Recommendations", "Status", "explain", "without_order"]
