"""Checks that any table must pass, and ids that another table should know."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from allocast.adapters.quality import Inspection, RepairRules
from allocast.adapters.series_checks import mark_unobserved

__all__ = [
    "check_duplicates",
    "check_known_ids",
    "check_missing",
    "check_ranges",
    "check_whole_units",
    "sort_by_key",
]

# Which table, in which column, says which ids there are.
_DESCRIBED_BY = {
    "item_id": ("items", "item_id"),
    "location_id": ("locations", "location_id"),
    "from_location_id": ("locations", "location_id"),
    "to_location_id": ("locations", "location_id"),
    "supplier_id": ("sourcing", "supplier_id"),
    "order_line_id": ("purchase_orders", "order_line_id"),
}
_OF_MORE = {"suppliers"}  # may tell of some that deliver nothing now


def check_missing(inspection: Inspection, rules: RepairRules) -> None:
    """Required columns have a value in each row; demand without units falls under the rule ``gaps``."""
    schema = inspection.schema
    required = [name for name in schema.required if (schema.name, name) != ("demand", "units")]
    for name in required:
        mask = inspection.frame[name].isna().to_numpy()
        if rules.missing == "set_aside":
            inspection.set_aside(mask, "missing value", name, "rows set aside")
        else:
            advice = "fill them in, or set the rule missing to set_aside"
            inspection.note(mask, "missing value", name, "refused", advice)


def check_ranges(inspection: Inspection, rules: RepairRules) -> None:
    """Numbers lie in their range; only units below zero have rules of repair."""
    for column in inspection.schema.columns:
        if column.name in inspection.frame.columns and column.kind in ("number", "whole"):
            values = inspection.frame[column.name].to_numpy()
            if column.kind == "whole":
                _check_negative_units(inspection, rules, column.name)
            lowest = -np.inf if column.minimum is None else column.minimum
            highest = np.inf if column.maximum is None else column.maximum
            mask = (values < lowest) | (values > highest)
            if column.kind == "whole":
                mask &= values >= 0
            advice = f"repair them; they must lie in {lowest:g} .. {highest:g}"
            inspection.note(mask, "out of range", column.name, "refused", advice)


def _check_negative_units(inspection: Inspection, rules: RepairRules, name: str) -> None:
    mask = (inspection.frame[name] < 0).to_numpy()
    if not mask.any():
        return
    if rules.negative_units == "zero":
        inspection.note(mask, "negative units", name, "repaired", "set to 0")
        inspection.frame = inspection.frame.assign(**{name: inspection.frame[name].mask(mask, 0.0)})
    elif rules.negative_units == "unobserved" and inspection.schema.name == "demand":
        inspection.note(mask, "negative units", name, "repaired", "taken as unobserved")
        inspection.frame = mark_unobserved(inspection.frame, mask)
    else:
        words = "zero or unobserved" if inspection.schema.name == "demand" else "zero"
        advice = f"repair them, or set the rule negative_units to {words}"
        inspection.note(mask, "negative units", name, "refused", advice)


def check_whole_units(inspection: Inspection, rules: RepairRules) -> None:
    """Units of goods are whole."""
    for name in inspection.schema.of_kind("whole"):
        if name in inspection.frame.columns:
            values = inspection.frame[name]
            mask = (values.notna() & (values != values.round())).to_numpy()
            if rules.fractional_units == "round":
                inspection.note(mask, "fractional units", name, "repaired", "rounded half to even")
                inspection.frame = inspection.frame.assign(**{name: values.round()})
            elif rules.fractional_units == "keep":
                inspection.note(mask, "fractional units", name, "kept", "left as they are")
            else:
                advice = "units must be whole; repair them, or set the rule fractional_units to round or keep"
                inspection.note(mask, "fractional units", name, "refused", advice)


def check_duplicates(inspection: Inspection, rules: RepairRules) -> None:
    """A key occurs once; rows without a full key are the business of ``check_missing``."""
    frame, full = inspection.frame, list(inspection.schema.key)
    key = [*full, *(name for name in (inspection.schema.lots,) if name in frame.columns)]
    mask = (frame.duplicated(key, keep=False) & frame[full].notna().all(axis=1)).to_numpy()
    columns = ", ".join(key)
    if rules.duplicates == "last":
        earlier = mask & frame.duplicated(key, keep="last").to_numpy()
        inspection.set_aside(
            earlier, "duplicate key", columns, "the last row with the key stays, the others set aside"
        )
    elif rules.duplicates == "sum" and inspection.schema.name == "demand":
        inspection.note(mask, "duplicate key", columns, "repaired", "their units added to one row a key")
        if mask.any():
            inspection.frame = pd.concat([frame[~mask], _summed(frame[mask], key)]).sort_index()
    else:
        words = "sum or last" if inspection.schema.name == "demand" else "last"
        advice = f"remove all but one, or set the rule duplicates to {words}"
        inspection.note(mask, "duplicate key", columns, "refused", advice)


def _summed(rows: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """One row a key, standing where its first stood; units unknown in one row are unknown in the sum."""
    how = dict.fromkeys(rows.columns.drop(key), "last")
    how |= {
        name: rule for name, rule in {"in_stock": "min", "stockout_fraction": "max"}.items() if name in how
    }
    groups = rows.groupby(key, sort=False)
    one = groups.agg({name: rule for name, rule in how.items() if name != "units"}).reset_index()
    one["units"] = groups["units"].sum(skipna=False).to_numpy()
    return one.set_index(rows.index[~rows.duplicated(key)])[rows.columns]


def check_known_ids(inspection: Inspection, rules: RepairRules, tables: Mapping[str, pd.DataFrame]) -> None:
    """The ids that a table uses are in the table that describes them, as far as that table was brought."""
    if inspection.schema.name in _OF_MORE:
        return
    for name, (described_by, column) in _DESCRIBED_BY.items():
        used = name in inspection.frame.columns and inspection.schema.name != described_by
        if used and described_by in tables:
            ids = inspection.frame[name]
            mask = (ids.notna() & ~ids.isin(tables[described_by][column])).to_numpy()
            check = f"unknown to {described_by}"
            if rules.unknown_ids == "set_aside":
                inspection.set_aside(mask, check, name, "rows set aside")
            elif rules.unknown_ids == "keep":
                inspection.note(mask, check, name, "kept", "left as they are")
            else:
                advice = f"add them to {described_by}, or set the rule unknown_ids to keep or set_aside"
                inspection.note(mask, check, name, "refused", advice)


def sort_by_key(inspection: Inspection) -> None:
    """Rows in the order of the key, numbered from 0."""
    frame = inspection.frame
    codes = [pd.factorize(frame[name], sort=True)[0] for name in reversed(inspection.schema.key)]
    inspection.frame = frame.iloc[np.lexsort(codes)].reset_index(drop=True)
