"""What policies are worth, in a terminal."""

from allocast.cli.show import show_frame
from allocast.simulation.worth import Worth

__all__ = ["show_worth"]

HEADINGS = {
    "policy": "policy", "carrying_cost": "carry", "carrying_percent_of_goods": "% of goods", "fill_rate": "fill",
    "turns": "turns", "days_of_supply": "days", "stock_out_share": "stock-outs", "orders_while_short": "urgent",
    "working_capital": "capital",
}  # fmt: skip
SAVINGS = {
    "policy": "policy", "carrying_percent": "carry saved, %", "carrying_low": "from", "carrying_high": "to",
    "fill_points": "fill gained, points", "fill_low": "from ", "fill_high": "to ",
}  # fmt: skip


def show_worth(worth: Worth) -> None:
    """Measures of a window, means over windows; then savings beside the reference, with intervals."""
    table = worth.wide()
    table["stock_out_share"] *= 100
    shown = table[list(HEADINGS)].rename(columns=HEADINGS | {"stock_out_share": "out, %"})
    show_frame(shown.dropna(axis=1, how="all"), "What policies are worth: means of a window", digits=2)
    if len(worth.savings):
        title = f"Beside {worth.reference}: 95 % intervals over windows"
        show_frame(worth.savings[list(SAVINGS)].rename(columns=SAVINGS), title, digits=1)
