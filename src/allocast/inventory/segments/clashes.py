"""What a rulebook may not say: one name for two rules, one thing settled twice, two targets for one series."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

__all__ = ["TARGETS", "same_names", "same_priorities", "set_twice", "two_targets"]

TARGETS = ("cycle_service_level", "fill_rate")
"""Two ways to say one thing: how well a series is to be served."""
Clash = tuple[int, str, str]
"""Place in the list, the parameter or key at fault, and a sentence without its full stop."""


def same_names(names: Sequence[str]) -> Iterator[Clash]:
    """Rules of one name, told at the second that has it.

    Examples
    --------
    >>> list(same_names(["a", "b", "a"]))
    [(2, 'name', "rules must have names of their own; 2 are called 'a'")]
    """
    places: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(names):
        places[name].append(place)
    for name, held in sorted(places.items()):
        if len(held) > 1:
            yield held[1], "name", f"rules must have names of their own; {len(held)} are called {name!r}"


def same_priorities(rules: Sequence[tuple[str, int, Collection[str]]]) -> Iterator[Clash]:
    """Rules about one parameter that have one priority, told at the second of them.

    Parameters
    ----------
    rules : sequence of (name, priority, parameters that it is about)
        The two targets count as one parameter.
    """
    holders: dict[tuple[str, int], list[int]] = defaultdict(list)
    for place, (_, priority, parameters) in enumerate(rules):
        for parameter in _things(parameters):
            holders[parameter, priority].append(place)
    for (parameter, priority), places in sorted(holders.items()):
        if len(places) > 1:
            names = ", ".join(map(repr, sorted(rules[place][0] for place in places)))
            yield (
                places[1],
                "priority",
                f"rules about {parameter} must have different priorities; {names} have {priority}",
            )


def set_twice(values: Sequence[tuple[str, str, str, Collection[str]]]) -> Iterator[Clash]:
    """Parameters of one series that users set more than once, told at the second.

    Parameters
    ----------
    values : sequence of (item_id, location_id, by, parameters that are set)
    """
    holders: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for place, (item_id, location_id, _, parameters) in enumerate(values):
        for parameter in _things(parameters):
            holders[item_id, location_id, parameter].append(place)
    for (item_id, location_id, parameter), places in sorted(holders.items()):
        if len(places) > 1:
            names = ", ".join(values[place][2] for place in places)
            what = f"{parameter} of {item_id} at {location_id}"
            yield places[1], "by", f"{what} is set {len(places)} times, by {names}"


def two_targets(said: Collection[str], policy: str | None) -> str:
    """What is wrong with the targets that are said in one place; empty if nothing is.

    Parameters
    ----------
    said : collection of str
        Parameters that are said there.
    policy : str, optional
        Kind of policy that is named there.

    Examples
    --------
    >>> two_targets(["fill_rate", "policy"], "order_up_to")
    "a fill_rate is served by the policy 'fill_rate'; leave 'order_up_to' out, or set a cycle_service_level"
    """
    if set(TARGETS) <= set(said):
        return "a series is served by a cycle_service_level or by a fill_rate, not by both; leave one out"
    if "fill_rate" in said and policy not in (None, "fill_rate"):
        return f"a fill_rate is served by the policy 'fill_rate'; leave {policy!r} out, or set a cycle_service_level"
    return ""


def _things(parameters: Collection[str]) -> list[str]:
    """Parameters, the two targets being one."""
    target = " or ".join(TARGETS)
    return sorted({target if parameter in TARGETS else parameter for parameter in parameters})
