"""The commands: each opens a job, calls one workflow, and shows what it gave."""

from pathlib import Path
from typing import Annotated

import typer

from allocast.cli.commands import AsOf, Config, DryRun, Overrides, command, opened, whoever_asks
from allocast.cli.models import models_app
from allocast.cli.policy import policy_app
from allocast.cli.scenarios import scenarios_command
from allocast.cli.stock import add_stock_command
from allocast.cli.supply import supply_app
from allocast.cli.train import train_app, tune_app
from allocast.errors import DataError

__all__ = ["app"]

Challengers = Annotated[
    list[str] | None,
    typer.Option(
        help="Kind of model (demand, supply, policy, agent) whose challenger is used, on trial, in place of the "
        "champion; an agent on trial decides in place of any policy. May be repeated."
    ),
]

app = typer.Typer(
    help="Forecasts demand, judges suppliers, and decides what to order and who gets it.",
    epilog="Start with: allocast run configs/demo.yaml",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
data_app = typer.Typer(help="Look at the tables of a job.", no_args_is_help=True)
app.add_typer(data_app, name="data")
app.add_typer(train_app, name="train")
app.add_typer(tune_app, name="tune")
app.add_typer(supply_app, name="supply")
app.add_typer(policy_app, name="policy")
app.add_typer(models_app, name="models")


@command(data_app, "check")
def data_check(
    config: Config, overrides: Overrides = None, as_of: AsOf = None, dry_run: DryRun = False
) -> None:
    """Read the tables of a job and report what was found in them and what is done about it."""
    from allocast.adapters.data import read_data
    from allocast.cli.show import show_tables
    from allocast.workflows.job import resolve

    resolved = resolve(config, overrides or [])
    if dry_run:
        typer.echo("\n".join(resolved.lines()))
        raise typer.Exit(0)
    settings = resolved.settings
    data = read_data(settings.data, as_of=as_of.date() if as_of else None, seed=settings.seed)
    show_tables(data.tables)
    typer.echo(str(data.report))
    data.report.raise_if_refused()


@command(app, "forecast")
def forecast_command(
    config: Config,
    overrides: Overrides = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
    out: Annotated[
        Path, typer.Option(help="Forecast to write: a .parquet or .csv file, or a folder of Parquet parts.")
    ] = Path("out/forecast.parquet"),
    workers: Annotated[int, typer.Option(min=1, help="Processes; the result is the same.")] = 1,
) -> None:
    """Forecast every series with the registered demand model; a restart goes on where it stopped.

    Where demand is a folder of Parquet parts, it is never all in memory.
    """
    from allocast.adapters.delivery import require_output
    from allocast.adapters.demand_parts import demand_parts
    from allocast.cli.show import show_forecast
    from allocast.workflows.forecast import forecast
    from allocast.workflows.forecast_parts import forecast_parts
    from allocast.workflows.job import resolve

    resolved = resolve(config, overrides or [])
    require_output(out)
    parts = None if dry_run else demand_parts(resolved.settings.data)
    if parts is None:
        table = forecast(opened(config, overrides, as_of, dry_run), out, workers=workers)
        show_forecast(table, len(table), out)
        return
    result = forecast_parts(resolved, parts, out, as_of=as_of.date() if as_of else None, workers=workers)
    typer.echo(str(result.report), err=True)
    show_forecast(result.first, result.n_rows, out)


@command(app, "explain")
def explain_command(
    config: Config,
    overrides: Overrides = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
    item: Annotated[
        str | None, typer.Option(help="Item of the series; without it, all series on average.")
    ] = None,
    location: Annotated[str | None, typer.Option(help="Location of the series.")] = None,
    periods: Annotated[
        int | None, typer.Option(min=1, help="Coming periods to explain; by default the whole horizon.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Picture to write: .png, .svg or .pdf.")] = Path(
        "out/explanation.png"
    ),
    order: Annotated[
        bool, typer.Option("--order", help="Say why the agent orders what it does for the series, instead.")
    ] = False,
    challenger: Challengers = None,
) -> None:
    """Say why the demand model expects what it does, for one series or on average; or why the agent orders so."""
    from allocast.cli.show import show_explanation, show_order
    from allocast.workflows.explain import explain_overall, explain_series
    from allocast.workflows.recommend import explain_order

    if (item is None) != (location is None):
        raise DataError("a series is an item at a location: bring both --item and --location, or neither.")
    if out.suffix not in (".png", ".svg", ".pdf"):
        raise DataError(f"a picture is written as .png, .svg or .pdf; {out} ends in {out.suffix!r}.")
    if order and (item is None or location is None):
        raise DataError("an order is one of a series: bring --item and --location too.")
    job = opened(config, overrides, as_of, dry_run)
    if order and item is not None and location is not None:
        show_order(*explain_order(job, item, location, challengers=challenger or []))
    elif item is None or location is None:
        show_explanation(explain_overall(job, periods), out)
    else:
        show_explanation(explain_series(job, item, location, periods), out)


@command(app, "recommend")
def recommend_command(
    config: Config,
    overrides: Overrides = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
    out: Annotated[
        Path,
        typer.Option(
            help="CSV or Parquet file of the recommendations; with --forecasts also a folder of parts."
        ),
    ] = Path("out/orders.csv"),
    transfers: Annotated[
        Path | None, typer.Option(help="CSV or Parquet file of what is moved between locations first.")
    ] = None,
    challenger: Challengers = None,
    basket: Annotated[
        Path | None,
        typer.Option(
            help="CSV or Parquet file of all orders in steps, ranked by what they save for their money."
        ),
    ] = None,
    forecasts: Annotated[
        Path | None,
        typer.Option(
            help="Forecasts that 'allocast forecast' wrote: decide from them, in shards, without demand."
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Processes, with --forecasts; the result is the same.")
    ] = 1,
) -> None:
    """Recommend an order, or say why there is none, for every series, with the registered models."""
    from allocast.adapters.files import require_table_name, write_table
    from allocast.cli.show import show_parts_recommended, show_recommendations
    from allocast.cli.show_limits import show_limits, write_basket
    from allocast.cli.show_stock import show_transfers
    from allocast.workflows.job import resolve
    from allocast.workflows.recommend import recommend
    from allocast.workflows.recommend_parts import recommend_parts

    if forecasts is not None and not dry_run:
        if challenger or basket is not None or transfers is not None:
            raise DataError(
                "with --forecasts the champions decide each series by itself; leave --challenger, --basket and "
                "--transfers out."
            )
        day = as_of.date() if as_of else None
        result = recommend_parts(resolve(config, overrides or []), forecasts, out, as_of=day, workers=workers)
        typer.echo(str(result.report), err=True)
        show_parts_recommended(result, out)
        return
    for path in (basket, transfers):
        if path is not None:
            require_table_name(path)
    job = opened(config, overrides, as_of, dry_run, out)
    recommendations = recommend(job, challengers=challenger or [], with_basket=basket is not None)
    write_table(recommendations.table, out)
    if transfers is not None:
        write_table(recommendations.transfers, transfers)
    show_transfers(recommendations.transfers)
    show_recommendations(recommendations, out)
    if recommendations.cut is not None and recommendations.cut.limits:
        show_limits(recommendations.cut)
    if recommendations.cut is not None and basket is not None:
        write_basket(recommendations.cut, basket)


@command(app, "backtest")
def backtest_command(
    config: Config,
    overrides: Overrides = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
    forecasts: Annotated[
        bool,
        typer.Option(
            "--forecasts",
            help="Also judge the forecasts of the model and of every baseline, by segment and by their cost.",
        ),
    ] = False,
) -> None:
    """Replay the candidate policies on past windows, choose the one that cost least, register the choice."""
    from allocast.cli.show import (
        show_comparison,
        show_forecast_costs,
        show_policies,
        show_segments,
        show_version,
    )
    from allocast.cli.show_policy import show_ruled_past
    from allocast.cli.show_worth import show_worth
    from allocast.workflows.backtest import backtest

    choice = backtest(opened(config, overrides, as_of, dry_run), actor=whoever_asks(), forecasts=forecasts)
    show_policies(choice.summary)
    show_worth(choice.worth)
    show_comparison(choice.comparison)
    if choice.rulebook is not None:
        show_ruled_past(choice.rulebook)
    if choice.segments is not None:
        show_segments(choice.segments)
    if choice.forecast_costs is not None:
        show_forecast_costs(choice.forecast_costs)
    show_version(choice.version)


command(app, "scenarios")(scenarios_command)


@command(app, "run")
def run_command(
    config: Config,
    overrides: Overrides = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
    out: Annotated[Path, typer.Option(help="CSV or Parquet file of the recommendations.")] = Path(
        "out/orders.csv"
    ),
) -> None:
    """All of it: check the data, train and judge the models, choose the policy, register, recommend."""
    from allocast.cli.show import show_run
    from allocast.workflows.run import run

    job = opened(config, overrides, as_of, dry_run, out)
    show_run(run(job, out, actor=whoever_asks()), out, job.settings.tracking)


add_stock_command(app)

if __name__ == "__main__":
    app()
