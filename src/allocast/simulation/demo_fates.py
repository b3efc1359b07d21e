"""What befalls order lines of the demo world on the way: parts, cancellations, over-deliveries, new promises."""

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from allocast.numerics.arrays import BoolArray, FloatArray, IntArray, freeze

__all__ = ["Fates", "OrderFates", "part_of", "receipts_of_parts"]

CANCELLED_WITHIN = 40  # days after the order, each as likely
PART_FROM, PART_UNTIL = 0.3, 0.9  # of the quoted lead time: when the first part comes
MOST_OVER = 0.15  # of the units ordered
NEVER = 1e9  # days


def part_of(units: FloatArray) -> FloatArray:
    """The first of two parts of a delivery: half of it, rounded up; nothing of less than two units."""
    return np.where(units >= 2, np.ceil(units / 2), 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFates:
    """How likely each fate is, of every line alone and whatever its lead time will be.

    That is what keeps the truth exact: a part that has come, or has not, says nothing of when the rest comes, and
    what has not been cancelled yet only that it was not.

    Parameters
    ----------
    split_probability, cancellation_probability, over_delivery_probability, new_promise_probability : float, in [0, 1]
        A first part comes, or the line is cancelled, only if its day lies before the receipt.
    """

    split_probability: float
    cancellation_probability: float
    over_delivery_probability: float
    new_promise_probability: float

    def draw(self, quoted_days: FloatArray, rng: np.random.Generator) -> "Fates":
        """Fates of lines with these quoted lead times, arrays of any one shape."""
        chance, when = rng.random((4, *quoted_days.shape)), rng.random((4, *quoted_days.shape))
        part = np.ceil(quoted_days * (PART_FROM + (PART_UNTIL - PART_FROM) * when[0]))
        cancelled = np.ceil(CANCELLED_WITHIN * np.maximum(when[1], 1e-12))
        later = np.ceil(quoted_days * (0.1 + 0.4 * chance[3] / max(self.new_promise_probability, 1e-12)))
        return Fates(
            part_days=np.where(chance[0] < self.split_probability, np.maximum(part, 1.0), NEVER),
            cancelled_days=np.where(chance[1] < self.cancellation_probability, cancelled, NEVER),
            surplus=np.where(chance[2] < self.over_delivery_probability, MOST_OVER * when[2], 0.0),
            promise_days=np.where(
                chance[3] < self.new_promise_probability, np.ceil(quoted_days * when[3]), NEVER
            ),
            promise_shift=np.where(chance[3] < self.new_promise_probability, later, 0.0),
        )

    def not_cancelled_before(self, days: FloatArray) -> FloatArray:
        """P(a line is not cancelled earlier than so many whole days after its order)."""
        within = np.clip(days - 1, 0, CANCELLED_WITHIN) / CANCELLED_WITHIN
        remaining: FloatArray = 1 - self.cancellation_probability * within
        return remaining

    def no_part_by(self, quoted_days: FloatArray, days: FloatArray) -> FloatArray:
        """P(the first part of a split line takes longer than so many whole days)."""
        share = days / np.maximum(quoted_days, 1e-12)
        remaining: FloatArray = 1 - np.clip((share - PART_FROM) / (PART_UNTIL - PART_FROM), 0, 1)
        return np.where(days < 1, 1.0, remaining)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fates:
    """What would befall lines, were they still to come then; arrays of one shape, in days after the order.

    Parameters
    ----------
    part_days, cancelled_days, promise_days : arrays, in days
        When the first part comes, the line is cancelled, the promise is changed; far off where never.
    surplus : array
        What comes on top of what was ordered, as a share of it.
    promise_shift : array, in days
        By how much the promise is moved.
    """

    part_days: FloatArray
    cancelled_days: FloatArray
    surplus: FloatArray
    promise_days: FloatArray
    promise_shift: FloatArray

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, freeze(getattr(self, field.name)))

    def is_cancelled(self, days: IntArray) -> BoolArray:
        """Whether lines that would take so many days are cancelled before."""
        cancelled: BoolArray = self.cancelled_days < days
        return cancelled

    def parts(
        self, ordered: FloatArray, delivered: FloatArray, days: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """Units that come in a first part, and those that come with the receipt that closes the line.

        Parameters
        ----------
        ordered, delivered : arrays, in units
            ``delivered`` is what would come without surplus; a surplus comes only on top of all.
        days : array of int, in days
            Lead times.
        """
        more = np.where(delivered >= ordered, np.ceil(ordered * self.surplus), 0.0)
        whole = delivered + more
        comes = (self.part_days < days) & (self.part_days <= self.cancelled_days)
        first = np.where(comes, part_of(whole), 0.0)
        return first, np.where(self.is_cancelled(days), 0.0, whole - first)

    def at(self, *place: object) -> "Fates":
        """Those at a place of the arrays."""
        return Fates(**{field.name: getattr(self, field.name)[place] for field in fields(self)})


def receipts_of_parts(orders: pd.DataFrame) -> pd.DataFrame:
    """Both receipts of each order line that was received in two parts, as rows of the table ``receipts``.

    Parameters
    ----------
    orders : DataFrame
        Order lines with ``first_part_on`` and ``first_part_units``.
    """
    split = orders[orders["first_part_on"].notna()]
    first = pd.DataFrame(
        {
            "order_line_id": split["order_line_id"],
            "received_on": split["first_part_on"],
            "units": split["first_part_units"],
        }
    )
    closed = split[split["received_on"].notna()]
    last = pd.DataFrame(
        {
            "order_line_id": closed["order_line_id"],
            "received_on": closed["received_on"],
            "units": closed["units_received"] - closed["first_part_units"],
        }
    )
    return pd.concat([first, last]).sort_values(["order_line_id", "received_on"], ignore_index=True)
