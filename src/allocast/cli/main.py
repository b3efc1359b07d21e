"""The commands: each opens a job, calls one workflow, and shows what it gave."""

import functools
import getpass
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from allocast.errors import AllocastError, DataError

if TYPE_CHECKING:
    from allocast.workflows.job import Job

__all__ = ["app"]

app = typer.Typer(
    help="Forecasts demand, judges suppliers, and decides what to order and who gets it.",
    epilog="Start with: allocast run configs/demo.yaml",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
data_app = typer.Typer(help="Look at the tables of a job.", no_args_is_help=True)
train_app = typer.Typer(help="Train one model, judge it on the past, register it.", no_args_is_help=True)
models_app = typer.Typer(
    help="Registered models: what serves, since when, on what evidence.", no_args_is_help=True
)
tune_app = typer.Typer(help="Search for better settings on past windows.", no_args_is_help=True)
app.add_typer(data_app, name="data")
app.add_typer(train_app, name="train")
app.add_typer(tune_app, name="tune")
app.add_typer(models_app, name="models")

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
Tracking = Annotated[Path, typer.Option(help="Folder of the MLflow store.")]

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


@command(train_app, "demand")
def train_demand_command(
    config: Config, overrides: Overrides = None, as_of: AsOf = None, dry_run: DryRun = False
) -> None:
    """Train the demand model, judge it on past windows beside the baselines, register it."""
    from allocast.cli.show import show_demand, show_version
    from allocast.workflows.train_demand import train_demand

    trained = train_demand(opened(config, overrides, as_of, dry_run), actor=whoever_asks())
    show_demand(trained)
    show_version(trained.version)


@command(train_app, "supply")
def train_supply_command(
    config: Config, overrides: Overrides = None, as_of: AsOf = None, dry_run: DryRun = False
) -> None:
    """Train the supplier model, judge it on past days beside Kaplan-Meier, register it."""
    from allocast.cli.show import show_supply_scores, show_version
    from allocast.workflows.train_supply import train_supply

    job = opened(config, overrides, as_of, dry_run)
    _, version, scores = train_supply(job, actor=whoever_asks())
    show_supply_scores(scores)
    show_version(version)


@command(train_app, "agent")
def train_agent_command(
    config: Config, overrides: Overrides = None, as_of: AsOf = None, dry_run: DryRun = False
) -> None:
    """Train the agent on scenarios of the registered models, register it."""
    from allocast.cli.show import show_curve, show_version
    from allocast.workflows.train_agent import train_agent

    job = opened(config, overrides, as_of, dry_run)
    _, version, curve = train_agent(job, actor=whoever_asks())
    show_curve(curve)
    show_version(version)


@command(tune_app, "demand")
def tune_demand_command(
    config: Config,
    overrides: Overrides = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
    trials: Annotated[
        int | None,
        typer.Option(min=1, help="Settings tried in each search; the config's tuning.trials by default."),
    ] = None,
    out: Annotated[Path, typer.Option(help="YAML file of the chosen settings.")] = Path("out/tuned.yaml"),
    workers: Annotated[
        int,
        typer.Option(
            min=1, help="Processes, within the cores; with one, the same seed gives the same result."
        ),
    ] = 1,
) -> None:
    """Search for better settings of the demand model on past windows; a restart goes on where it stopped.

    Settings are judged by the scaled pinball loss of the running totals at the anchors, in past windows, by models
    trained before each. What the search gains is estimated on later windows that it does not see (one search for
    each, so tuning.outer_windows + 1 in all). The chosen settings are written to --out as a section to paste into
    the config, and shown as key=value for any command; every trial is a child run in MLflow.

    Needs Optuna, the extra "tuning". Ranges, windows and trials are the config's section tuning.
    """
    from allocast.cli.show import show_tuned
    from allocast.workflows.tune_demand import require_yaml_name, tune_demand

    require_yaml_name(out)
    given = [] if trials is None else [f"tuning.trials={trials}"]
    job = opened(config, [*(overrides or []), *given], as_of, dry_run)
    show_tuned(tune_demand(job, out, workers=workers), config, out)


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
) -> None:
    """Say why the demand model expects what it does, for one series or on average."""
    from allocast.cli.show import show_explanation
    from allocast.workflows.explain import explain_overall, explain_series

    if (item is None) != (location is None):
        raise DataError("a series is an item at a location: bring both --item and --location, or neither.")
    if out.suffix not in (".png", ".svg", ".pdf"):
        raise DataError(f"a picture is written as .png, .svg or .pdf; {out} ends in {out.suffix!r}.")
    job = opened(config, overrides, as_of, dry_run)
    if item is None or location is None:
        show_explanation(explain_overall(job, periods), out)
    else:
        show_explanation(explain_series(job, item, location, periods), out)


@command(app, "recommend")
def recommend_command(
    config: Config,
    overrides: Overrides = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
    out: Annotated[Path, typer.Option(help="CSV or Parquet file of the recommendations.")] = Path(
        "out/orders.csv"
    ),
) -> None:
    """Recommend an order, or say why there is none, for every series, with the registered models."""
    from allocast.adapters.files import write_table
    from allocast.cli.show import show_recommendations
    from allocast.workflows.recommend import recommend

    recommendations = recommend(opened(config, overrides, as_of, dry_run, out))
    write_table(recommendations.table, out)
    show_recommendations(recommendations, out)


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
    from allocast.cli.show import show_forecast_costs, show_policies, show_segments, show_version
    from allocast.workflows.backtest import backtest

    choice = backtest(opened(config, overrides, as_of, dry_run), actor=whoever_asks(), forecasts=forecasts)
    show_policies(choice.summary)
    if choice.segments is not None:
        show_segments(choice.segments)
    if choice.forecast_costs is not None:
        show_forecast_costs(choice.forecast_costs)
    show_version(choice.version)


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


@command(models_app, "list")
def models_list(tracking: Tracking = Path("mlruns")) -> None:
    """All registered versions and the aliases that point at them."""
    from allocast.cli.show import registry_of, show_models

    show_models(registry_of(tracking).list())


@command(models_app, "show")
def models_show(
    name: Annotated[str, typer.Argument(help="Name of the model, such as demo-demand.")],
    version: Annotated[int, typer.Argument(help="Its version.")],
    tracking: Tracking = Path("mlruns"),
) -> None:
    """Signature, settings, metrics and data digests of one version."""
    from allocast.cli.show import registry_of, show_details

    show_details(registry_of(tracking).show(name, version))


@command(models_app, "promote")
def models_promote(
    name: Annotated[str, typer.Argument(help="Name of the model.")],
    version: Annotated[int, typer.Argument(help="Its version.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the history.")],
    alias: Annotated[str, typer.Option(help="champion recommends, challenger is on trial.")] = "champion",
    tracking: Tracking = Path("mlruns"),
) -> None:
    """Point an alias at a version; who, when and why is kept."""
    from allocast.cli.show import registry_of

    registry_of(tracking).promote(name, version, alias, reason=reason, actor=whoever_asks(), evidence={})
    typer.echo(f"{alias} of {name} is now version {version}")


@command(models_app, "history")
def models_history(
    name: Annotated[str, typer.Argument(help="Name of the model.")], tracking: Tracking = Path("mlruns")
) -> None:
    """Who moved which alias when, why, and on what evidence."""
    from allocast.cli.show import registry_of, show_frame

    show_frame(registry_of(tracking).history(name), f"Aliases of {name}")


if __name__ == "__main__":
    app()
