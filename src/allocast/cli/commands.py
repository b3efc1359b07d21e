"""What all commands share: their options, how a job is opened, how an error is told."""

import functools
import getpass
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from allocast.errors import AllocastError

if TYPE_CHECKING:
    from allocast.workflows.job import Job

__all__ = ["AsOf", "Config", "DryRun", "Overrides", "command", "opened", "whoever_asks"]

Config = Annotated[Path, typer.Argument(help="YAML file of the job, such as configs/demo.yaml.")]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(
        help="Settings that replace the file's: key=value, such as data.root=my/tables.",
        metavar="[KEY=VALUE]...",
    ),
]
AsOf = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"], help="Last period whose demand is known; by default the last of the data."
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show the resolved settings and where each came from, and stop.")
]

F = TypeVar("F", bound=Callable[..., None])


def command(group: typer.Typer, name: str) -> Callable[[F], F]:
    """Register a command whose own errors are one message on stderr and exit code 2."""

    def register(function: F) -> F:
        @functools.wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> None:
            try:
                function(*args, **kwargs)
            except (AllocastError, OSError) as error:  # OSError: a folder that cannot be written, a full disk
                typer.echo(f"error: {error}", err=True)
                raise typer.Exit(2) from None

        group.command(name)(guarded)
        return function

    return register


def whoever_asks() -> str:
    """Who asked, for the alias history; in a container the user may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def opened(
    config: Path,
    overrides: list[str] | None,
    as_of: datetime | None,
    dry_run: bool,
    out: Path | None = None,
) -> "Job":
    """The job, or its resolved settings shown and nothing done; a result that cannot be written is refused."""
    from allocast.adapters.files import require_table_name
    from allocast.workflows.job import open_job, resolve

    if dry_run:
        typer.echo("\n".join(resolve(config, overrides or []).lines()))
        raise typer.Exit(0)
    if out is not None:
        require_table_name(out)
    job = open_job(config, overrides or [], as_of=as_of.date() if as_of else None)
    if findings := len(job.data.report.findings):
        typer.echo(f"data quality: {findings} findings; allocast data check {config} shows them", err=True)
    return job
