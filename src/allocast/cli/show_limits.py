"""How shared limits look in a terminal: what each had, what orders use of it, what one more would save."""

from pathlib import Path

import numpy as np

from allocast.adapters.files import write_table
from allocast.cli.show import console, show_frame
from allocast.inventory.basket import Cut

__all__ = ["show_limits", "write_basket"]

SHOWN = 12


def show_limits(cut: Cut) -> None:
    """The limits that bind, the dearest first, and how much of what is wanted they leave."""
    table = cut.table
    binding = table[(table["price"] > 0) | (table["lines_cut"] > 0)]
    shown = binding.iloc[np.argsort(-binding["lines_cut"].to_numpy(), kind="stable")].head(SHOWN)
    headings = {
        "limit": "limit", "available": "available", "wanted": "wanted", "used": "used",
        "price": "one more saves", "lines_cut": "orders cut",
    }  # fmt: skip
    if len(shown):
        show_frame(shown.rename(columns=headings), "Limits that bind", digits=2)
    rest = len(table) - len(shown)
    console.print(
        f"\norders within all limits save {cut.value:,.0f} in expectation, at most {100 * cut.gap:.4f} % less than "
        f"the best would" + (f"; {rest} more limits do not bind" if rest else "")
    )


def write_basket(cut: Cut, out: Path) -> None:
    """The ranked list in a file."""
    write_table(cut.ranked, out)
    console.print(f"written: {out} ({len(cut.ranked):,} steps, what saves most for its money first)")
