"""Commands that train models and search for their settings."""

from pathlib import Path
from typing import Annotated

import typer

from allocast.cli.commands import AsOf, Config, DryRun, Overrides, command, opened, whoever_asks

__all__ = ["train_app", "tune_app"]

train_app = typer.Typer(help="Train one model, judge it on the past, register it.", no_args_is_help=True)
tune_app = typer.Typer(help="Search for better settings on past windows.", no_args_is_help=True)


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
