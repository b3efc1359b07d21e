"""What if demand, lead times, suppliers, money or service targets were others."""

from pathlib import Path
from typing import Annotated

import typer

from allocast.cli.commands import AsOf, Config, DryRun, Overrides, opened
from allocast.errors import DataError

__all__ = ["scenarios_command"]


def scenarios_command(
    config: Config,
    overrides: Overrides = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
    out: Annotated[Path, typer.Option(help="CSV or Parquet file, a row a scenario.")] = Path(
        "out/scenarios.csv"
    ),
    plot: Annotated[Path, typer.Option(help="Picture to write: .png, .svg or .pdf.")] = Path(
        "out/scenarios.png"
    ),
    periods: Annotated[
        int | None,
        typer.Option(min=1, help="Coming periods to play; by default all that are forecast."),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Threads; the result is the same.")] = 1,
) -> None:
    """Play the config's scenarios beside the unchanged plan, all on the same random numbers.

    From today's stock and open orders the registered policy orders through the coming periods;
    what comes of it is compared: cost, service, stock, cash and CO2e. Nothing is ordered.
    """
    from allocast.adapters.files import write_table
    from allocast.adapters.plots import save_plot
    from allocast.adapters.scenario_plots import scenarios_plot
    from allocast.cli.show_scenarios import show_scenarios
    from allocast.workflows.scenarios import scenarios

    if plot.suffix not in (".png", ".svg", ".pdf"):
        raise DataError(f"a picture is written as .png, .svg or .pdf; {plot} ends in {plot.suffix!r}.")
    job = opened(config, overrides, as_of, dry_run, out)
    result = scenarios(job, periods=periods, workers=workers)
    table = result.table()
    write_table(table, out)
    save_plot(scenarios_plot(table), plot)
    show_scenarios(table, result, out, plot)
