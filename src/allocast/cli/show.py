"""How results look in a terminal: tables that fit the screen."""

from pathlib import Path
from typing import Any, Literal

import pandas as pd
import typer
from rich.console import Console
from rich.table import Table

from allocast.adapters.plots import contributions_plot, save_plot, waterfall_plot
from allocast.adapters.registry import ModelRegistry, ModelVersion
from allocast.adapters.tables import Tables
from allocast.adapters.tracking import TrackingStore
from allocast.agents.explained_order import ExplainedOrder
from allocast.forecast.explanation import Explanation
from allocast.forecast.lightgbm_model import DemandModel
from allocast.inventory.recommendation import Recommendations
from allocast.simulation.paired import PairedComparison
from allocast.workflows.recommend_parts import PartsRecommended
from allocast.workflows.run import RunResult
from allocast.workflows.train_demand import DemandTraining, segment_overview
from allocast.workflows.tune_demand import Tuned

__all__ = [
    "registry_of",
    "show_comparison",
    "show_curve",
    "show_demand",
    "show_details",
    "show_explanation",
    "show_forecast",
    "show_forecast_costs",
    "show_frame",
    "show_models",
    "show_order",
    "show_policies",
    "show_recommendations",
    "show_run",
    "show_segments",
    "show_suppliers",
    "show_supply_scores",
    "show_tables",
    "show_tuned",
    "show_version",
]  # fmt: skip

SHOWN_ORDERS = 10
SHOWN_FEATURES = 5
SCORE_HEADINGS = {
    "scaled_pinball": "pinball", "coverage_0.9": "≤q0.9", "placed_0.9": "PIT≤.9", "pit_error": "PIT err",
    "best_other": "best other", "demand": "of demand",
}  # fmt: skip
WIDEST_TEXT, NARROWEST_TEXT = 28, 10
console = Console(highlight=False)


def registry_of(folder: Path) -> ModelRegistry:
    """The registry of a store."""
    return ModelRegistry(TrackingStore(folder))


def show_frame(frame: pd.DataFrame, title: str, digits: int = 3) -> None:
    """A table; numbers to the right."""
    table = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=None,
        pad_edge=False,
    )
    widest_text = _widest_text(frame, digits)
    for name in frame:
        numeric = _is_number(frame[name])
        justify: Literal["left", "right"] = "right" if numeric else "left"
        table.add_column(
            str(name),
            justify=justify,
            width=_width(frame[name], digits) if numeric and widest_text else None,
            max_width=None if numeric else widest_text or WIDEST_TEXT,
            no_wrap=not numeric,
            overflow="ellipsis",
        )
    for row in frame.itertuples(index=False):
        table.add_row(*[_cell(value, digits) for value in row])
    console.print()
    console.print(table)


def _is_number(column: "pd.Series[Any]") -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _width(column: "pd.Series[Any]", digits: int) -> int:
    """Columns of the screen that no cell and no word of the heading exceeds."""
    words = str(column.name).split() if _is_number(column) else [str(column.name)]
    return max([len(_cell(value, digits)) for value in column] + [len(word) for word in words])


def _widest_text(frame: pd.DataFrame, digits: int) -> int | None:
    """Where text is to be cut so that every number is whole; None if all fits, or too little text would be left."""
    text = [min(_width(frame[name], digits), WIDEST_TEXT) for name in frame if not _is_number(frame[name])]
    numbers = [_width(frame[name], digits) for name in frame if _is_number(frame[name])]
    headings = [len(str(name)) for name in frame if _is_number(frame[name])]
    gaps = 2 * (len(text) + len(numbers) - 1)
    if sum(text) + sum(map(max, zip(numbers, headings, strict=True))) + gaps <= console.width:
        return None
    room = console.width - sum(numbers) - gaps
    fitting = [
        cap for cap in range(NARROWEST_TEXT, WIDEST_TEXT + 1) if sum(min(n, cap) for n in text) <= room
    ]
    return max(fitting, default=None)


def _cell(value: Any, digits: int) -> str:
    if isinstance(value, float):
        if pd.isna(value):
            return "–"
        return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:,.{digits}f}"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return "–" if value is pd.NaT or value is None else str(value)


def show_models(models: pd.DataFrame) -> None:
    """What fits a narrow screen of each version: ``models show`` has the rest."""
    shown = pd.DataFrame(
        {
            "name": models["name"],
            "version": models["version"],
            "aliases": models["aliases"].map(", ".join),
            "created": models["created"].map(lambda moment: f"{moment:%Y-%m-%d %H:%M}"),
            "run": models["run_id"].str[:8],
        }
    )
    show_frame(shown, "Registered models")


def show_forecast(forecast: pd.DataFrame, n_rows: int, out: Path) -> None:
    """The first rows: mean and, where they were forecast, three quantiles."""
    quantiles = [name for name in ("q0.1", "q0.5", "q0.9") if name in forecast]
    first = forecast[["item_id", "location_id", "date", "mean", *quantiles]].head(8)
    show_frame(first, f"Forecast: {n_rows:,} rows in {out}", digits=1)


def show_explanation(explanation: Explanation, out: Path) -> None:
    """One series from the usual to the expected units; or, of several, what moves them on average."""
    if len(explanation.series) == 1:
        console.print(
            f"\nThe next {explanation.periods[0]} {explanation.period}s, in units a {explanation.period}:"
        )
        show_frame(explanation.table(0), "", digits=2)
        console.print(f"\n{explanation.sentence(0)}")
        figure = waterfall_plot(explanation, 0)
    else:
        console.print(
            f"\nHow far each moves the forecast, in units a {explanation.period}, "
            f"on average over {len(explanation.series)} series:"
        )
        families = explanation.family_importance().rename_axis("family").reset_index(name="units")
        show_frame(families, "", digits=2)
        show_frame(explanation.importance().head(SHOWN_ORDERS), "The features that move it most", digits=2)
        figure = contributions_plot(explanation)
    console.print(f"\nplot: {save_plot(figure, out)}")


def show_tables(tables: Tables) -> None:
    """What was brought, and what was set aside."""
    rows = [(name, len(table), table.shape[1], "") for name, table in tables.present.items()]
    rows += [(name, len(table), table.shape[1], "set aside") for name, table in tables.set_aside.items()]
    show_frame(pd.DataFrame(rows, columns=["table", "rows", "columns", ""]), "Tables")
    console.print()


def show_demand(trained: DemandTraining) -> None:
    """Forecast scores of periods and of totals, the best first, and our model in each segment."""
    titles = {
        "period": "Demand: past windows, each period, mean over origins",
        "total": "Demand: past windows, totals over the protection intervals",
    }
    columns = {
        "period": [
            "model",
            "scaled_pinball",
            "rmsse",
            "wrmsse",
            "bias",
            "placed_0.9",
            "pit_error",
        ],
        "total": ["model", "scaled_pinball", "bias", "coverage_0.9", "placed_0.9", "pit_error"],
    }
    for target, title in titles.items():
        own = trained.scores[trained.scores["target"] == target]
        shown = own[[name for name in columns[target] if name in own]]
        show_frame(shown.rename(columns=SCORE_HEADINGS), title)
    show_segments(trained.segments)


def show_segments(segments: pd.DataFrame) -> None:
    """Our demand model in each ABC class, pattern and age: its bias, and how often outcomes lay within a quantile."""
    overview = segment_overview(segments, DemandModel.label).drop(columns=["rmsse", "pit_error"])
    show_frame(overview.rename(columns=SCORE_HEADINGS), "Demand: our model by segment, each period")


def show_supply_scores(scores: pd.DataFrame) -> None:
    """Supplier-model scores: a row a metric of future or open orders, a column a model, ours first."""
    if scores.empty:
        console.print("\nSuppliers: no past day with enough orders before and after it to judge by")
        return
    headings = {
        "crps_days": "CRPS, days",
        "brier_within_45_days": "Brier, 45 days",
        "bias_within_45_days": "bias, 45 days",
        "uneven_tenths": "uneven tenths",
        "brier_on_due_day": "Brier, due day",
        "bias_on_due_day": "bias, due day",
        "unreliability_on_due_day": "unreliability, due day",
    }
    names = scores["orders_judged"] + ": " + scores["metric"].map(lambda name: headings.get(name, name))
    rows = scores.assign(score=names).drop_duplicates(["score", "model"])
    models = rows["model"].unique()
    wide = rows.pivot(index="score", columns="model", values="value")[models].reindex(names.unique())
    show_frame(wide.reset_index(), "Suppliers: past days, mean over orders (future and open ones)")


def show_suppliers(suppliers: pd.DataFrame) -> None:
    """The largest suppliers' last year; on-time figures with the number of orders that they rest on."""
    headings = {
        "supplier_id": "supplier", "orders": "orders", "open_orders": "open", "due_orders": "due",
        "on_time_rate": "on time", "on_time_estimate": "shrunken", "lead_time_p50_days": "P50 days",
        "lead_time_p90_days": "P90 days",
    }  # fmt: skip
    title = "Suppliers: the last year (on time of those due)"
    show_frame(suppliers[list(headings)].rename(columns=headings).head(8), title, digits=2)


def show_curve(curve: pd.DataFrame) -> None:
    """The learning curve's ends and its best point."""
    best = curve.loc[[curve["cost"].idxmin()]]
    points = pd.concat([curve.head(1), best, curve.tail(1)]).drop_duplicates()
    show_frame(points, "Agent: cost per decision on fixed scenarios (first, best, last)")


def show_forecast_costs(costs: pd.DataFrame) -> None:
    """Demand models by what one policy costs on their forecasts, cheapest first."""
    shown = costs[["policy", "cost", "holding_cost", "shortage_cost", "fill_rate"]].rename(
        columns={"policy": "forecast", "holding_cost": "hold", "shortage_cost": "short", "fill_rate": "fill"}
    )
    show_frame(shown, "Forecasts: cost of ordering the projected need on each, past windows")


def show_policies(summary: pd.DataFrame) -> None:
    """Policies over the past windows, cheapest first."""
    headings = {
        "policy": "policy", "cost": "cost", "holding_cost": "hold", "shortage_cost": "short",
        "order_cost": "order", "fill_rate": "fill", "average_stock": "stock",
    }  # fmt: skip
    shown = summary[list(headings)].rename(columns=headings)
    show_frame(shown, "Policies: past windows, cheapest first")


def show_comparison(comparison: PairedComparison) -> None:
    """Each policy against the champion, window by window, and what that decides."""
    table = comparison.table.rename(columns={"mean": "cost a window"})
    show_frame(table, "Paired with the champion, difference a window with its interval", digits=1)
    console.print(f"\n{comparison.verdict}")


def show_order(explanation: ExplainedOrder, row: int, reason: str) -> None:
    """An agent's order taken apart, in units, and its reason."""
    item_id, location_id = explanation.series.iloc[row]
    show_frame(
        explanation.table(row), f"Item {item_id} at {location_id}: how far to stock up, in units", digits=1
    )
    show_frame(
        explanation.features(row).head(SHOWN_FEATURES), "What it looks at that moves it most", digits=2
    )
    console.print(f"\n{reason}")


def show_tuned(tuned: Tuned, config: Path, out: Path) -> None:
    """The chosen settings beside the job's own, what tuning gained on later windows, and how to use it."""
    rows = [(name, f"{tuned.defaults[name]:g}", f"{value:g}") for name, value in tuned.chosen.items()]
    show_frame(pd.DataFrame(rows, columns=["demand setting", "now", "tuned"]), "Best on the latest windows")
    states = tuned.trials["state"].value_counts()
    console.print(f"\n{len(tuned.trials)} trials, of which {states.get('pruned', 0)} were given up early")
    if len(tuned.gains):
        headings = {"window": "later window", "default": "now", "gain_percent": "gain, %"}
        show_frame(tuned.gains.rename(columns=headings), "Pinball on windows not searched")
    console.print(f"\n{tuned.verdict}")
    console.print(f"written: {out} (run {tuned.run_id})")
    if tuned.overrides:
        typer.echo(f"\nto use it: allocast train demand {config} \\")
        typer.echo(" \\\n".join(f"  {override}" for override in tuned.overrides))


def show_version(version: ModelVersion) -> None:
    """Where a model can be found again."""
    console.print(f"\nregistered {version.name}/{version.version} (run {version.run_id})")


def show_recommendations(recommendations: Recommendations, out: Path) -> None:
    """The orders with most at stake, and how many series need nothing and why."""
    _show_first_orders(recommendations.orders.head(SHOWN_ORDERS))
    counts = recommendations.table["status"].value_counts().rename_axis("status").reset_index(name="series")
    show_frame(counts, "All series")
    console.print(
        f"\nwritten: {out} ({len(recommendations):,} series, {len(recommendations.orders):,} orders)"
    )


def show_parts_recommended(result: PartsRecommended, out: Path) -> None:
    """The orders with most at stake, and how many rows there are of each status."""
    _show_first_orders(result.first.head(SHOWN_ORDERS))
    show_frame(result.statuses.rename_axis("status").reset_index(name="rows"), "All series")
    console.print(
        f"\nwritten: {out} ({result.n_rows:,} rows, {result.n_orders:,} orders worth {result.order_value:,.0f})"
    )


def _show_first_orders(first: pd.DataFrame) -> None:
    headings = {
        "item_id": "item", "location_id": "location", "supplier_id": "supplier", "order_units": "order",
        "position": "position", "level": "level", "demand_p10": "P10", "demand_p50": "P50", "demand_p90": "P90",
        "cost_at_stake": "at stake",
    }  # fmt: skip
    if len(first):
        shown = first[list(headings)].rename(columns=headings)
        show_frame(shown, "Recommendations with most at stake", digits=0)
        console.print(f"\nWhy the first: {first.iloc[0]['reason']} {first.iloc[0]['demand_reason']}")


def show_run(result: RunResult, out: Path, tracking: Path) -> None:
    """Everything a run found, and where to look further."""
    if result.supply_scores is not None:
        show_supply_scores(result.supply_scores)
    if result.suppliers is not None and result.suppliers["received_orders"].any():
        show_suppliers(result.suppliers)
    if result.open_orders is not None:
        headings = {
            "order_line_id": "line", "supplier_id": "supplier", "ordered_on": "ordered on", "age_days": "age",
            "units_ordered": "units", "probability_within_45_days": "P(45 days)",
        }  # fmt: skip
        shown = result.open_orders.rename(columns=headings)
        known = [name for name in headings.values() if name in shown]
        show_frame(shown[known].head(SHOWN_ORDERS), "Open orders, oldest first", digits=2)
        typer.echo(f"\nwritten: {out} ({len(result.open_orders):,} open orders)")
    if result.demand is not None:
        show_demand(result.demand)
    if result.recommendations is not None:
        show_recommendations(result.recommendations, out)
    if result.choice is not None:
        show_policies(result.choice.summary)
        show_comparison(result.choice.comparison)
        console.print(f"\nchosen by its past: {result.choice.document.name}")
    for path in result.plots:
        console.print(f"plot: {path}")
    console.print(f"runs and models: mlflow ui --backend-store-uri sqlite:///{tracking}/mlflow.db")


def show_details(details: dict[str, Any]) -> None:
    """One model version, key by key."""
    for key, value in details.items():
        if isinstance(value, dict):
            console.print(f"[bold]{key}[/bold]")
            for name, inner in value.items():
                console.print(f"  {name}: {inner}")
        else:
            console.print(f"[bold]{key}[/bold] {value}")
