"""A progress bar for people, silence for machines."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

__all__ = ["progress_bar", "track"]

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


@contextmanager
def progress_bar(description: str, total: float) -> Iterator[Callable[[float], None]]:
    """A function to call with what is done of the total; a bar on stderr shows it while that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # only here, as above
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(description, total=total)
        yield lambda done: bar.update(task, completed=done)
