"""How a review of stock looks in a terminal."""

from pathlib import Path

import pandas as pd

from allocast.cli.show import console, show_frame
from allocast.inventory.excess import STATES, StockState
from allocast.workflows.stock import ReviewedStock

__all__ = ["show_stock", "show_transfers"]

SHOWN = 10


def show_stock(reviewed: ReviewedStock, out: Path) -> None:
    """Every state with how it is computed and its goal, the series with most money in excess, and what moves."""
    summary = reviewed.review.summary()
    titles = {"stock_money": "stock", "excess_units": "excess", "excess_money": "in money"}
    show_frame(summary.rename(columns=titles), "Stock by state, at cost", digits=0)
    console.print()
    for state in StockState:
        console.print(f"{state}: {STATES[state].how}. Goal: {STATES[state].goal}.")
    table = reviewed.review.table
    first = (
        table[table["excess_units"] > 0]
        .sort_values("excess_money", ascending=False, kind="stable")
        .head(SHOWN)
    )
    headings = {
        "item_id": "item", "location_id": "location", "state": "state", "on_hand": "on hand", "days_of_supply": "days",
        "excess_units": "excess", "excess_money": "money", "transfer_units": "moves", "way_out": "way out",
        "way_out_gain": "gain",
    }  # fmt: skip
    if len(first):
        show_frame(first[list(headings)].rename(columns=headings), "Most money in excess", digits=0)
    show_transfers(reviewed.transfers)
    if reviewed.uncounted:
        console.print(f"\n{reviewed.uncounted:,} series have no stock figure; count them")
    console.print(f"\nwritten: {out} ({len(table):,} series)")


def show_transfers(transfers: pd.DataFrame) -> None:
    """What moves between locations, what saves most first."""
    if transfers.empty:
        return
    headings = {
        "item_id": "item", "from_location_id": "from", "to_location_id": "to", "units": "units",
        "transfer_cost": "cost", "expected_gain": "saves", "co2e_grams": "g CO2e",
    }  # fmt: skip
    title = (
        f"Before buying: {len(transfers):,} transfers of {transfers['units'].sum():,.0f} units, expected to save "
        f"{transfers['expected_gain'].sum():,.0f}"
    )
    console.print(f"\n{title}", style="bold")
    show_frame(transfers.head(SHOWN)[list(headings)].rename(columns=headings), "", digits=1)
