from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import poisson

from allocast.demand.calendar import next_periods
from allocast.demand.panel import DemandPanel
from allocast.forecast.baseline_model import BaselineModel
from allocast.forecast.baselines import MovingAverage
from allocast.forecast.demand_forecast import DemandForecast
from allocast.forecast.judging.backtest import overall, rolling_origin, summarise

Panels = Callable[..., DemandPanel]
LEVELS = np.array([0.1, 0.5, 0.9])


@dataclass
class Always:
    """Says the same for every series and period, two ahead, and remembers how long the panels were that it saw."""

    units: float
    name: str = "always"
    saw: list[int] = field(default_factory=list)

    def forecast(self, panel: DemandPanel) -> DemandForecast:
        self.saw.append(len(panel.periods))
        n = panel.n_series
        return DemandForecast(
            series=panel.series,
            as_of=panel.as_of,
            periods=next_periods(panel.as_of, 2, panel.frequency),
            levels=LEVELS,
            period_units=np.full((n, 3, 2), self.units),
            total_units=np.broadcast_to(self.units * np.array([1.0, 2.0]), (n, 3, 2)),
            mean=np.full((n, 2), self.units),
        )

    def forecasts(self, panel: DemandPanel, origins: np.ndarray) -> list[DemandForecast]:
        return [self.forecast(panel.until(origin)) for origin in origins]


def test_each_model_is_judged_at_each_origin_for_periods_and_totals(make_panel: Panels) -> None:
    panel = make_panel(np.arange(1.0, 21.0).reshape(2, 10))
    table = rolling_origin([Always(1), Always(2, "twice")], panel, panel.periods[[5, 7]], anchors=(2,))
    assert table[["model", "origin", "target"]].value_counts().tolist() == [1] * 8
    assert set(table["target"]) == {"period", "total"}
    assert set(table["origin"]) == set(pd.to_datetime(panel.periods[[5, 7]]))


def test_a_model_sees_only_what_was_known_at_its_origin(make_panel: Panels) -> None:
    model, panel = Always(1), make_panel(np.ones((1, 10)))
    rolling_origin([model], panel, panel.periods[[3, 7]], anchors=(2,))
    assert model.saw == [4, 8]


def test_scores_are_those_of_the_periods_after_the_origin(make_panel: Panels) -> None:
    panel = make_panel([[1.0, 2.0, 1.0, 4.0, 6.0, 99.0]])
    period, total = judged(Always(5), panel, 2)
    assert (period["cells"], total["cells"]) == (2, 1)
    assert period["bias"] == total["bias"] == 0
    assert period["rmsse"] == pytest.approx(1.0)  # missed by 1 each time, as the naive forecast did
    assert period["scaled_pinball"] == pytest.approx(2 * 0.5 / 5)
    assert total["scaled_pinball"] == 0
    assert (period["coverage_0.5"], total["coverage_0.9"]) == (0.5, 1.0)
    assert "coverage_0.1" not in period


def judged(model: Always, panel: DemandPanel, origin: int) -> list[dict[str, Any]]:
    """The rows of one origin, of periods and of totals."""
    return rolling_origin([model], panel, panel.periods[[origin]], anchors=(2,)).to_dict("records")


def test_cells_out_of_stock_or_beyond_the_panel_count_for_nothing(make_panel: Panels) -> None:
    panel = make_panel([[1.0, 2.0, 1.0, np.nan, 6.0], [1.0, 2.0, 1.0, 4.0, 6.0]])
    period, total = judged(Always(5), panel, 2)
    assert (period["cells"], total["cells"]) == (3, 1)
    (alone,) = judged(Always(5), panel, 3)
    assert (alone["target"], alone["cells"]) == ("period", 2)


def test_an_origin_without_any_outcome_has_no_scores(make_panel: Panels) -> None:
    panel = make_panel(np.ones((2, 5)))
    assert judged(Always(1), panel, 4) == []


def test_a_better_model_has_the_better_scores(seasonal_panel: DemandPanel) -> None:
    known = seasonal_panel.until(seasonal_panel.periods[100])
    common = {"horizon": 4, "levels": (0.1, 0.5, 0.9), "calibration_periods": 20}
    good = BaselineModel.train(known, MovingAverage(window=4), **common)
    table = rolling_origin(
        [good, Always(500)], seasonal_panel, seasonal_panel.periods[[102, 110]], anchors=(2,)
    )
    scores = table.groupby("model")[["scaled_pinball", "bias", "rmsse"]].mean()
    assert (scores.loc["moving_average(4)"].abs() < scores.loc["always"].abs()).all()


def test_what_was_sold_out_of_stock_changes_no_score_but_the_places(seasonal_panel: DemandPanel) -> None:
    other = replace(seasonal_panel, units=np.where(seasonal_panel.observed, seasonal_panel.units, 777.0))
    tables = [
        rolling_origin([Always(30)], p, p.periods[[100]], anchors=(2,)) for p in (seasonal_panel, other)
    ]
    assert tables[0].filter(regex="^(?!placed|pit)").equals(tables[1].filter(regex="^(?!placed|pit)"))
    assert (tables[1]["placed_0.9"] < tables[0]["placed_0.9"]).all()


class Right:
    """Says the truth of counts that are Poisson with mean 20."""

    name = "right"

    def forecasts(self, panel: DemandPanel, origins: np.ndarray) -> list[DemandForecast]:
        levels = np.linspace(0.01, 0.99, 99)
        one = np.broadcast_to(poisson.ppf(levels, 20)[:, None], (panel.n_series, 99, 1))
        return [
            DemandForecast(series=panel.series, as_of=origin, periods=panel.periods[:1], levels=levels,
                           period_units=one, total_units=one, mean=np.full((panel.n_series, 1), 20.0))
            for origin in origins
        ]  # fmt: skip


def test_where_stock_runs_out_places_stay_right_and_coverage_in_stock_does_not(make_panel: Panels) -> None:
    rng = np.random.default_rng(3)
    demand, stock = rng.poisson(20, (2000, 30)), rng.poisson(22, (2000, 30))
    panel = replace(make_panel(np.minimum(demand, stock)), observed=demand <= stock)
    table = rolling_origin([Right()], panel, panel.periods[[10, 15, 20]], anchors=(1,))
    own = summarise(table[table["target"] == "period"], ["model"]).iloc[0]
    assert own["placed_0.9"] == pytest.approx(0.9, abs=0.015)
    assert own["coverage_0.9"] > 0.95 and own["bias"] > 0.05
    assert own["pit_error"] < 0.03 and own["placed_cells"] > 1.3 * own["cells"]


def by_size(panel: DemandPanel) -> pd.DataFrame:
    level = np.nanmean(panel.demand[:, -20:], axis=1)
    return pd.DataFrame(
        {"size": np.where(level > 20, "large", "small"), "half": np.where(np.arange(50) < 25, "one", "two")}
    )


def test_segments_stand_beside_the_whole_and_add_up_to_it(seasonal_panel: DemandPanel) -> None:
    origins = seasonal_panel.periods[[90, 100]]
    whole = rolling_origin([Always(30)], seasonal_panel, origins, anchors=(2,))
    table = rolling_origin([Always(30)], seasonal_panel, origins, anchors=(2,), segments=by_size)
    pd.testing.assert_frame_equal(overall(table, ("size", "half")), whole)
    for own in (
        table[(table["size"] != "all") & (table["half"] == "all")],
        table[(table[["size", "half"]] != "all").all(axis=1)],
    ):
        sums = own.groupby(["origin", "target"])[["series", "cells", "demand"]].sum()
        pd.testing.assert_frame_equal(
            sums, whole.set_index(["origin", "target"])[["series", "cells", "demand"]]
        )


def test_a_segment_has_the_scores_of_its_series_alone(seasonal_panel: DemandPanel) -> None:
    origin = seasonal_panel.periods[[100]]
    table = rolling_origin([Always(30)], seasonal_panel, origin, anchors=(2,), segments=by_size)
    large = by_size(seasonal_panel.until(origin[0]))["size"].to_numpy() == "large"
    alone = rolling_origin([Always(30)], seasonal_panel.take(large), origin, anchors=(2,))
    own = table[(table["size"] == "large") & (table["half"] == "all")].drop(columns=["size", "half"])
    pd.testing.assert_frame_equal(own.reset_index(drop=True), alone)


def test_segments_are_told_from_what_was_known_at_the_origin(seasonal_panel: DemandPanel) -> None:
    seen = []

    def segments(panel: DemandPanel) -> pd.DataFrame:
        seen.append(panel.as_of)
        return by_size(panel)

    rolling_origin(
        [Always(30)], seasonal_panel, seasonal_panel.periods[[90, 100]], anchors=(2,), segments=segments
    )
    assert seen == [seasonal_panel.periods[90], seasonal_panel.periods[100]]


def test_origins_together_are_scored_as_all_their_cells_at_once(make_panel: Panels) -> None:
    panel = make_panel([[1.0, 2.0, 1.0, 4.0, 6.0, 99.0, 3.0]])
    table = summarise(
        rolling_origin([Always(5)], panel, panel.periods[[2, 4]], anchors=(2,)), ["model", "target"]
    )
    period = table[table["target"] == "period"].iloc[0]
    assert (period["cells"], period["demand"]) == (4, 112)
    assert period["bias"] == pytest.approx((20 - 112) / 112)
    assert period["coverage_0.5"] == pytest.approx(2 / 4)
