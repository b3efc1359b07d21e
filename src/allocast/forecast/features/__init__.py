"""What a demand model looks at."""

from allocast.forecast.features.groups import SMALLEST_SCALE
from allocast.forecast.features.stream import FeatureRows
from allocast.forecast.features.table import Features

__all__ = ["SMALLEST_SCALE", "FeatureRows", "Features"]
