"""What one version of a rulebook says differently from another."""

from typing import Any

import pandas as pd

from allocast.adapters.rulebook_document import RulebookDocument

__all__ = ["DIFFERENCES", "rulebook_differences"]

DIFFERENCES = ["part", "key", "change", "before", "after"]


def rulebook_differences(before: RulebookDocument, after: RulebookDocument) -> pd.DataFrame:
    """Each value that was added, removed or changed.

    Rules are compared by name, users' values by series: their order in the file does not matter.

    Parameters
    ----------
    before, after : RulebookDocument

    Returns
    -------
    table : DataFrame, columns ``DIFFERENCES``, by part
        ``part``: ``rule NAME``, ``ITEM at LOCATION``, ``defaults``, ``segments`` and so on; ``key`` within it;
        ``before`` and ``after`` as text, empty where there is none. No rows where both say the same.
    """
    old, new = _flat(before), _flat(after)
    rows = []
    for place in sorted({*old, *new}):
        was, is_now = old.get(place, ""), new.get(place, "")
        if was != is_now:
            change = "added" if place not in old else "removed" if place not in new else "changed"
            rows.append((*place, change, was, is_now))
    return pd.DataFrame(rows, columns=DIFFERENCES)


def _flat(document: RulebookDocument) -> dict[tuple[str, str], str]:
    """Every value as text, under its part and its key."""
    plain = document.plain()
    parts: dict[str, Any] = {f"rule {rule['name']}": rule for rule in plain.pop("rules")}
    for value in plain.pop("values"):
        parts.setdefault(f"{value['item_id']} at {value['location_id']}", {})[value["by"]] = value
    for approval in plain.pop("approvals"):
        of = " ".join(str(approval.get(name, "any")) for name in ("item_id", "location_id"))
        parts[f"approval {approval['calibrated_on']} {of}"] = approval
    flat: dict[tuple[str, str], str] = {}
    for part, value in {**plain, **parts}.items():
        for key, text in _leaves(value, ""):
            flat[part, key] = text
    return flat


def _leaves(value: Any, key: str) -> list[tuple[str, str]]:
    if not isinstance(value, dict):
        return [(key, ", ".join(map(str, value)) if isinstance(value, list) else str(value))]
    return [leaf for name, inner in value.items() for leaf in _leaves(inner, f"{key}.{name}".lstrip("."))]
