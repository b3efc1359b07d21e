"""Commands about suppliers and open orders, for buyers and controllers."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from allocast.cli.commands import AsOf, Config, DryRun, Overrides, command, opened
from allocast.errors import DataError

if TYPE_CHECKING:
    from allocast.supply.suppliers.line_verdicts import ScorecardRules

__all__ = ["supply_app"]

supply_app = typer.Typer(
    help="How reliable suppliers are, which orders are late, and what will come.", no_args_is_help=True
)
Plot = Annotated[Path | None, typer.Option(help="Picture to write: .png, .svg or .pdf; none by default.")]
LateDays = Annotated[int, typer.Option(min=0, help="Days after the promise that are still on time.")]
Promise = Annotated[
    Literal["first", "latest"],
    typer.Option(help="Which promise counts: as first given, or as changed since."),
]


@command(supply_app, "scorecard")
def scorecard_command(
    config: Config,
    overrides: Overrides = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
    out: Annotated[Path, typer.Option(help="CSV or Parquet file of all figures.")] = Path(
        "out/suppliers.csv"
    ),
    plot: Plot = None,
    promise: Promise = "first",
    late_days: LateDays = 0,
    early_days: Annotated[
        int | None,
        typer.Option(min=0, help="Days before the promise that are still on time; by default any number."),
    ] = None,
    window_days: Annotated[int, typer.Option(min=1, help="Orders placed in so many days count.")] = 365,
) -> None:
    """How reliable each supplier was until a day, and what Odoo, ERPNext and SAP would say.

    An order counts once its promise has passed: an overdue open order is late, and nothing is
    left out for not having come. "Shrunk" is the on-time share pulled towards all suppliers by
    as much as few orders leave open, with its 90 % interval; "due" is the number of orders it
    rests on. Lead times count open orders as long as they have waited. "Drift" says who has
    become slower or faster within the window; overdue open orders count before they arrive.

    The second table has what other systems show for the same orders, and how many of the due
    ones each leaves out: Odoo those of which nothing came, SAP those without a receipt, while
    ERPNext calls late what came in two parts.

    Needs no trained model. The file has all columns: money on order, units on time, intervals.
    """
    from allocast.adapters.files import write_table
    from allocast.cli.show_supply import show_suppliers_report
    from allocast.workflows.supply_reports import supplier_report

    require_picture(plot)
    rules = rules_of(promise, late_days, early_days, window_days)
    report = supplier_report(opened(config, overrides, as_of, dry_run, out), rules)
    write_table(report.table, out)
    show_suppliers_report(report, out, plot)


@command(supply_app, "overdue")
def overdue_command(
    config: Config,
    overrides: Overrides = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
    out: Annotated[
        Path, typer.Option(help="Table to write: a .csv or .parquet file, or a folder of Parquet parts.")
    ] = Path("out/overdue.csv"),
    plot: Plot = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every open order, not only those past their promise.")
    ] = False,
    promise: Promise = "first",
    late_days: LateDays = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes; the result is the same.")] = 1,
) -> None:
    """Open orders past their promise: how old, what they are worth, and when they will come.

    The chances are of the registered supplier model, given that the order has waited as long as
    it has: "7 d" is the probability that it is there within the next 7 days, P50 and P90 the
    days by which it is there with a probability of one half and nine tenths. Most money first.

    Train the model first: allocast train supply CONFIG. Where purchase orders are a folder of
    Parquet parts they are never all in memory; a restart goes on where it stopped.
    """
    from allocast.adapters.delivery import require_output
    from allocast.adapters.order_parts import order_parts
    from allocast.cli.show_supply import show_open_orders
    from allocast.workflows.job import resolve
    from allocast.workflows.open_orders import open_orders
    from allocast.workflows.open_orders_parts import open_orders_of_parts

    require_picture(plot)
    require_output(out)
    rules = rules_of(promise, late_days)
    resolved = resolve(config, overrides or [])
    parts = None if dry_run else order_parts(resolved.settings.data)
    if parts is None:
        job = opened(config, overrides, as_of, dry_run)
        found = open_orders(job, out, rules=rules, every=every, workers=workers)
    else:
        day = as_of.date() if as_of else None
        found = open_orders_of_parts(
            resolved, parts, out, as_of=day, rules=rules, every=every, workers=workers
        )
    if found.report is not None:
        typer.echo(str(found.report), err=True)
    show_open_orders(found, out, plot, every=every)


@command(supply_app, "arrivals")
def arrivals_command(
    config: Config,
    overrides: Overrides = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
    out: Annotated[
        Path, typer.Option(help="CSV or Parquet file, a row an item, location and period.")
    ] = Path("out/arrivals.csv"),
    plot: Plot = None,
    new_order_by: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Instead: the probability that an order placed today is there by this day, a row a sourcing line.",
        ),
    ] = None,
    periods: Annotated[
        int, typer.Option(min=1, max=366, help="Coming periods: days, weeks or months, as demand has them.")
    ] = 8,
) -> None:
    """What the open orders will bring: expected units, and P10, P50 and P90, by item and coming period.

    Each open order has its own chances, given how long it has waited; orders of one shipment
    come together, and a later order may overtake an earlier one. How much of an order comes in
    the end is what its supplier's lines usually bring. The units are those that come within a
    period; "any" is the probability that anything does. What comes later is not shown.

    With --new-order-by DAY the question is another one: what is ordered today, from each supplier
    of each item, is it there by that day? No open order plays a part, and there is no picture.

    Train the model first: allocast train supply CONFIG.
    """
    import numpy as np

    from allocast.adapters.files import write_table
    from allocast.cli.show_supply import show_arrivals, show_new_orders
    from allocast.workflows.supply_reports import expected_arrivals, new_orders

    require_picture(plot)
    if new_order_by and plot:
        raise DataError("there is no picture of new orders; leave out --plot.")
    job = opened(config, overrides, as_of, dry_run, out)
    if new_order_by:
        day = np.datetime64(new_order_by.date(), "D")
        table = new_orders(job, day=day)
        write_table(table, out)
        show_new_orders(table, job.today, day, out)
        return
    table, _ = expected_arrivals(job, n_periods=periods)
    write_table(table, out)
    show_arrivals(table, job.today, out, plot)


@command(supply_app, "expedite")
def expedite_command(
    config: Config,
    overrides: Overrides = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
    out: Annotated[Path, typer.Option(help="CSV or Parquet file, a row an open order line.")] = Path(
        "out/expedite.csv"
    ),
) -> None:
    """Which open orders are worth paying for to come earlier, and up to which price.

    For each open order: what its waiting is expected to cost in shortage, against its being there
    in the coming period, or after the expedited_lead_time_days of the table sourcing. Divided by
    its units that is the price up to which expediting pays; where sourcing has the supplier's
    expedite_cost_per_unit it says yes or no. Two orders for one item do not both save what is
    shown of each: look again after one has been expedited.

    Needs the registered models: allocast run CONFIG.
    """
    from allocast.adapters.files import write_table
    from allocast.cli.show_supply import show_expediting
    from allocast.workflows.expedite import expedite

    job = opened(config, overrides, as_of, dry_run, out)
    table = expedite(job)
    write_table(table, out)
    show_expediting(table, job.today, out)


def require_picture(plot: Path | None) -> None:
    """Refuse a picture of another kind; before long work, not after it."""
    if plot is not None and plot.suffix not in (".png", ".svg", ".pdf"):
        raise DataError(f"a picture is written as .png, .svg or .pdf; {plot} ends in {plot.suffix!r}.")


def rules_of(
    promise: Literal["first", "latest"],
    late_days: int,
    early_days: int | None = None,
    window_days: int = 365,
) -> "ScorecardRules":
    """What was said on the command line, as rules."""
    from allocast.supply.suppliers.line_verdicts import ScorecardRules

    return ScorecardRules(
        promise=promise, late_days=late_days, early_days=early_days, window_days=window_days
    )
