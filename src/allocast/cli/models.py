"""Commands about registered models."""

from pathlib import Path
from typing import Annotated

import typer

from allocast.cli.commands import command, whoever_asks

__all__ = ["models_app"]

models_app = typer.Typer(
    help="Registered models: what serves, since when, on what evidence.", no_args_is_help=True
)
Tracking = Annotated[Path, typer.Option(help="Folder of the MLflow store.")]


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
