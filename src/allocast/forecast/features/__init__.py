"""What a demand model looks at."""

from allocast.forecast.features.background import Background, GroupTotals, relative_of, units_of, values_of
from allocast.forecast.features.covariates import known_steps
from allocast.forecast.features.groups import SMALLEST_SCALE
from allocast.forecast.features.history import Kind
from allocast.forecast.features.labels import labels
from allocast.forecast.features.stream import FeatureRows
from allocast.forecast.features.table import NOWHERE, Features

__all__ = [
    "NOWHERE",
    "SMALLEST_SCALE",
    "Background",
    "FeatureRows",
    "Features",
    "GroupTotals",
    "Kind",
    "known_steps",
    "labels",
    "relative_of",
    "units_of",
    "values_of",
]
