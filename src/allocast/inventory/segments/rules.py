"""What a rulebook says: defaults, rules with priority, and users' values for single series."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Lt, MinLen

from allocast.errors import SettingsError
from allocast.inventory.segments.clashes import same_names, same_priorities, set_twice, two_targets

__all__ = ["PARAMETERS", "PolicyValues", "Rule", "Rulebook", "UserValue"]

Text = Annotated[str, MinLen(1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyValues:
    """How a series is to be controlled, as far as it is said here.

    Parameters
    ----------
    policy : str, optional
        ``champion`` is the registered one. Any other text names a policy to whoever builds them for `SegmentedPolicy`.
    cycle_service_level : float in (0, 1) or "own", optional
        ``own`` leaves it to the policy: its own, or else the series' critical ratio.
    fill_rate : float in (0, 1), optional
        Share of demand to be met from stock; served by the policy ``fill_rate``, which it stands for. A series has this
        target or a cycle service level: of two that are said, the stronger holds.
    largest_cover_periods : float > 0 or "unlimited", optional
        No order raises the position above the expected demand of so many periods.
    stocked : bool, optional
        Whether it is ordered at all.

    Raises
    ------
    SettingsError
        Both targets are said here, or a fill rate beside a policy that serves none.
    """

    policy: str | None = None
    cycle_service_level: Annotated[float, Gt(0), Lt(1)] | Literal["own"] | None = None
    fill_rate: Annotated[float, Gt(0), Lt(1)] | None = None
    largest_cover_periods: Annotated[float, Gt(0)] | Literal["unlimited"] | None = None
    stocked: bool | None = None

    def __post_init__(self) -> None:
        mistake = two_targets(self.said(), self.policy)
        if mistake:
            raise SettingsError(f"{mistake}.")

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
        mistakes = [
            *same_names([rule.name for rule in self.rules]),
            *same_priorities([(rule.name, rule.priority, rule.then.said()) for rule in self.rules]),
            *set_twice([(one.item_id, one.location_id, one.by, one.then.said()) for one in self.values]),
        ]
        if mistakes:
            raise SettingsError("; ".join(said for _, _, said in mistakes) + ".")

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
