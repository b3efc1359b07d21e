"""Everything Allocast refuses, as one tree. What is wrong with a value is a ``ValueError`` too.

::

    AllocastError
    ├── DataError          a table or an array that was brought cannot be used as it is
    │   └── InfeasibleError  rules of an allocation contradict each other; names a smallest set that does
    ├── SettingsError      a config or an override is wrong (all mistakes at once)
    ├── UnknownNameError   a name that is not among the valid ones (they are listed, nearest first)
    ├── MissingExtraError  an optional library is not installed; says what to install
    └── RegistryError      the model store cannot serve what was asked
        └── NoModelError   nothing is registered yet; says what to run
"""

import difflib
from collections.abc import Iterable

__all__ = [
    "AllocastError",
    "DataError",
    "InfeasibleError",
    "MissingExtraError",
    "NoModelError",
    "RegistryError",
    "SettingsError",
    "UnknownNameError",
]


class AllocastError(Exception):
    """Base of all errors that Allocast raises on purpose; the command line shows it in one line."""


class DataError(AllocastError, ValueError):
    """A table or an array cannot be used as it is; the message says what, where, how many, what to do."""


class InfeasibleError(DataError):
    """Rules that cannot all hold: dropping any one of ``rules`` would let the others.

    Parameters
    ----------
    rules : tuple of str
        As they are called in the problem.

    Examples
    --------
    >>> str(InfeasibleError(("stock (5)", "least_units of shop (6)")))
    'these 2 rules cannot hold together: stock (5); least_units of shop (6). Relax one of them.'
    """

    def __init__(self, rules: tuple[str, ...]) -> None:
        count = (
            "this rule cannot be kept"
            if len(rules) == 1
            else f"these {len(rules)} rules cannot hold together"
        )
        ending = "Relax it." if len(rules) == 1 else "Relax one of them."
        super().__init__(f"{count}: {'; '.join(rules)}. {ending}")
        self.rules = rules

    def __reduce__(self) -> tuple[type["InfeasibleError"], tuple[tuple[str, ...]]]:
        """So that it can travel between processes, which rebuild an error from its arguments."""
        return type(self), (self.rules,)


class SettingsError(AllocastError, ValueError):
    """One or more settings are wrong; the message has one line a mistake."""


class UnknownNameError(AllocastError, ValueError):
    """A name is not among the valid ones.

    Examples
    --------
    >>> str(UnknownNameError("policy", "base_stok", ["min_max", "base_stock"]))
    "unknown policy 'base_stok'; valid are base_stock, min_max"
    """

    def __init__(self, kind: str, name: str, valid: Iterable[str]) -> None:
        def likeness(candidate: str) -> float:
            return difflib.SequenceMatcher(None, name, candidate).ratio()

        nearest_first = sorted(valid, key=likeness, reverse=True)
        super().__init__(
            f"unknown {kind} {name!r}; valid are {', '.join(nearest_first) or 'none: there are none'}"
        )
        self._made_of = (kind, name, nearest_first)

    def __reduce__(self) -> tuple[type["UnknownNameError"], tuple[str, str, list[str]]]:
        """So that it can travel between processes, which rebuild an error from its arguments."""
        return type(self), self._made_of


class MissingExtraError(AllocastError, ModuleNotFoundError):
    """An optional library is not installed; the message says what needs it and how it is installed."""


class RegistryError(AllocastError):
    """The model store cannot serve what was asked."""


class NoModelError(RegistryError):
    """No model of this kind is registered; the message says which command makes one."""
