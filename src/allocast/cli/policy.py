"""Commands about rulebooks: what holds for whom and why, what a rule costs, what has changed."""

from pathlib import Path
from typing import Annotated

import typer

from allocast.cli.commands import AsOf, Config, DryRun, Overrides, command, opened

__all__ = ["policy_app"]

policy_app = typer.Typer(
    help="Rulebooks: targets by segment, where each value comes from, what a change costs.",
    no_args_is_help=True,
)
CHANGED = 1  # exit code of diff, as of the tool of that name


@command(policy_app, "show")
def policy_show(
    config: Config,
    overrides: Overrides = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
    out: Annotated[Path, typer.Option(help="CSV or Parquet file, a row a series.")] = Path(
        "out/policy_values.csv"
    ),
) -> None:
    """What holds for every series, and where each value comes from: default, a rule, a user.

    The file has segments, figures behind them, and the origin of each value. Needs no trained
    model; with a registered supplier model the spread of lead times counts for vulnerability.
    """
    from allocast.adapters.files import write_table
    from allocast.cli.show_policy import show_values
    from allocast.workflows.policy_review import policy_values

    shown = policy_values(opened(config, overrides, as_of, dry_run, out))
    write_table(shown.table, out)
    show_values(shown, out)


@command(policy_app, "preview")
def policy_preview_command(
    config: Config,
    overrides: Overrides = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
    out: Annotated[Path, typer.Option(help="CSV or Parquet file, a row a rule.")] = Path(
        "out/policy_preview.csv"
    ),
) -> None:
    """How many series each rule reaches, and what it adds in stock and cost; nothing applies.

    Money is expected, with the rule less without it: stock left at the end of the protection
    interval, holding it for a period, and demand missed in one interval. Needs the registered
    models, as recommend does.
    """
    from allocast.adapters.files import write_table
    from allocast.cli.show_policy import show_preview
    from allocast.workflows.policy_review import policy_preview

    table, document = policy_preview(opened(config, overrides, as_of, dry_run, out))
    write_table(table, out)
    show_preview(table, document, out)


@command(policy_app, "diff")
def policy_diff(
    before: Annotated[Path, typer.Argument(help="YAML file of a rulebook.")],
    after: Annotated[Path, typer.Argument(help="YAML file of another version.")],
) -> None:
    """What one version of a rulebook says differently from another; exit code 1 if anything."""
    from allocast.adapters.rulebook_differences import rulebook_differences
    from allocast.adapters.rulebook_document import load_rulebook
    from allocast.cli.show_policy import show_differences

    old, new = load_rulebook(before), load_rulebook(after)
    table = rulebook_differences(old, new)
    show_differences(table, old, new)
    if len(table):
        raise typer.Exit(CHANGED)


@command(policy_app, "recalibrate")
def policy_recalibrate(
    config: Config,
    overrides: Overrides = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
    before: Annotated[
        Path | None, typer.Option(help="The last calibration, CSV or Parquet; by default there is none.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Calibration to write, CSV or Parquet.")] = Path(
        "out/calibration.csv"
    ),
    changes: Annotated[Path, typer.Option(help="What changed and why, CSV or Parquet.")] = Path(
        "out/calibration_changes.csv"
    ),
) -> None:
    """Find values anew for the series that are due: what changes, by how much, and why.

    A series is due when its last calibration is old, when the variation of its demand or of its
    lead time has left its band, or when the rulebook has changed. A large change needs approval
    and does not act until the rulebook's approvals name it. Put the calibration to work with
    calibration=FILE when recommending.
    """
    from allocast.adapters.files import require_table_name, write_table
    from allocast.cli.show_policy import show_recalibration
    from allocast.workflows.policy_review import recalibrated

    require_table_name(changes)
    found, document = recalibrated(opened(config, overrides, as_of, dry_run, out), before)
    write_table(found.changes, changes)
    write_table(found.table, out)
    show_recalibration(found, document, out, changes)
