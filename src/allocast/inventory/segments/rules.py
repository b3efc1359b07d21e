"""What a rulebook says: defaults, rules with priority, and users' values for single series."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Lt, MinLen

from allocast.errors import SettingsError

__all__ = ["PARAMETERS", "PolicyValues", "Rule", "Rulebook", "UserValue"]

Text = Annotated[str, MinLen(1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyValues:
    """How a series is to be controlled, as far as it is said here.

    Parameters
    ----------
    policy : {"champion", "order_up_to", "reorder_point", "projected_need"}, optional
        ``champion`` is the registered one.
    cycle_service_level : float in (0, 1) or "own", optional
        ``own`` leaves it to the policy: its own, or else the series' critical ratio.
    largest_cover_periods : float > 0 or "unlimited", optional
        No order raises the position above the expected demand of so many periods.
    stocked : bool, optional
        Whether it is ordered at all.
    """

    policy: Literal["champion", "order_up_to", "reorder_point", "projected_need"] | None = None
    cycle_service_level: Annotated[float, Gt(0), Lt(1)] | Literal["own"] | None = None
    largest_cover_periods: Annotated[float, Gt(0)] | Literal["unlimited"] | None = None
    stocked: bool | None = None

    def said(self) -> dict[str, str | float | bool]:
        """The parameters that are said here, with their values."""
        values = {name: getattr(self, name) for name in PARAMETERS}
        return {name: value for name, value in values.items() if value is not None}


PARAMETERS = tuple(parameter.name for parameter in fields(PolicyValues))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Values for all series of some segments.

    Parameters
    ----------
    name : str
    priority : int, >= 1
        1 comes first: of two rules that say something of one series, the smaller number wins.
    where : mapping of a segment or an attribute to its values
        A series must have one of the values of each; empty means every series.
    then : PolicyValues

    Raises
    ------
    SettingsError
        Nothing is said.
    """

    name: Text
    priority: Annotated[int, Ge(1)]
    where: Mapping[str, Annotated[tuple[str, ...], MinLen(1)]] = field(default_factory=dict)
    then: PolicyValues

    def __post_init__(self) -> None:
        _require_something(f"rule {self.name!r}", self.then)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserValue:
    """What somebody has set for one series; it beats every rule.

    Parameters
    ----------
    item_id, location_id : str
    by : str
        Who has set it.
    reason : str
    then : PolicyValues

    Raises
    ------
    SettingsError
        Nothing is said.
    """

    item_id: Text
    location_id: Text
    by: Text
    reason: str = ""
    then: PolicyValues

    def __post_init__(self) -> None:
        _require_something(f"the value of {self.by} for {self.item_id} at {self.location_id}", self.then)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """Defaults, rules and users' values: from these, and the segments, follows every effective value.

    Parameters
    ----------
    defaults : PolicyValues
        What is not said is ``champion``, ``own``, ``unlimited`` and stocked.
    rules : tuple of Rule
        In any order: only priorities count, which is why those about one parameter have different ones.
    values : tuple of UserValue

    Raises
    ------
    SettingsError
        Two rules about one parameter have the same priority, two rules the same name, or a parameter of one series is
        set twice by users. All that is wrong is said at once.
    """

    defaults: PolicyValues = field(default_factory=PolicyValues)
    rules: tuple[Rule, ...] = ()
    values: tuple[UserValue, ...] = ()

    def __post_init__(self) -> None:
        mistakes = [*_same_names(self.rules), *_same_priorities(self.rules), *_set_twice(self.values)]
        if mistakes:
            raise SettingsError("; ".join(mistakes) + ".")

    @property
    def by_priority(self) -> tuple[Rule, ...]:
        """The rules, the strongest first."""
        return tuple(sorted(self.rules, key=lambda rule: (rule.priority, rule.name)))

    def without(self, name: str) -> "Rulebook":
        """The same without the rule of a name."""
        rules = tuple(rule for rule in self.rules if rule.name != name)
        return Rulebook(defaults=self.defaults, rules=rules, values=self.values)


def _require_something(what: str, values: PolicyValues) -> None:
    if not values.said():
        raise SettingsError(f"{what} says nothing; then must have one or more of {', '.join(PARAMETERS)}.")


def _same_names(rules: tuple[Rule, ...]) -> Iterator[str]:
    names = [rule.name for rule in rules]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"rules must have names of their own; {names.count(name)} are called {name!r}"


def _same_priorities(rules: tuple[Rule, ...]) -> Iterator[str]:
    holders: dict[tuple[str, int], list[str]] = defaultdict(list)
    for rule in rules:
        for parameter in rule.then.said():
            holders[parameter, rule.priority].append(rule.name)
    for (parameter, priority), names in sorted(holders.items()):
        if len(names) > 1:
            yield (
                f"rules about {parameter} must have different priorities; {', '.join(map(repr, sorted(names)))} "
                f"have {priority}"
            )


def _set_twice(values: tuple[UserValue, ...]) -> Iterator[str]:
    holders: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for value in values:
        for parameter in value.then.said():
            holders[value.item_id, value.location_id, parameter].append(value.by)
    for (item_id, location_id, parameter), names in sorted(holders.items()):
        if len(names) > 1:
            yield f"{parameter} of {item_id} at {location_id} is set {len(names)} times, by {', '.join(names)}"
