"""A progress bar for people, silence for machines."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

__all__ = ["track"]

T = TypeVar("T")


def track(items: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
    """The same items, with a progress bar on stderr while it is a terminal.

    Parameters
    ----------
    items : iterable
    description : str
        What is being done, shown beside the bar.
    total : int, optional
        How many items there are, where they cannot be counted.
    """
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console  # only here: a command's --help need not pay for it
    from rich.progress import track as bar

    yield from bar(items, description, total=total, console=Console(stderr=True), transient=True)
