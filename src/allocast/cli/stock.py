"""The command about stock: what is too little, too much, slow or dead, and what to do with it."""

from pathlib import Path
from typing import Annotated

import typer

from allocast.cli.commands import AsOf, Config, DryRun, Overrides, command, opened

__all__ = ["add_stock_command"]


def add_stock_command(app: typer.Typer) -> None:
    """Give an app the command ``stock``."""
    command(app, "stock")(stock_command)


def stock_command(
    config: Config,
    overrides: Overrides = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
    out: Annotated[Path, typer.Option(help="CSV or Parquet file, a row a series.")] = Path("out/stock.csv"),
    transfers: Annotated[
        Path | None, typer.Option(help="CSV or Parquet file of what goes to other locations.")
    ] = None,
) -> None:
    """How the stock of every series stands: stocked out, about to be, dead, slow, excess, or ok.

    With days of supply, units and money in excess, what goes to other locations, and the way out
    that pays best: return, refurbish, markdown or disposal, against keeping. Needs the registered
    demand model, and supplier model if the job has one.
    """
    from allocast.adapters.files import require_table_name, write_table
    from allocast.cli.show_stock import show_stock
    from allocast.workflows.stock import reviewed_stock

    if transfers is not None:
        require_table_name(transfers)
    reviewed = reviewed_stock(opened(config, overrides, as_of, dry_run, out))
    write_table(reviewed.review.table, out)
    if transfers is not None:
        write_table(reviewed.transfers, transfers)
    show_stock(reviewed, out)
