"""Car spare parts, sold seldom: the demand model beside the intermittent-demand methods of statsforecast.

At each of the last origins every model is trained on what came before it and judged on the months after it. The
settings were chosen on origins whose outcomes all lie before those judged here (each month from the 29th to the 36th
of the 51). Each peer is taken at its best: with whichever number of conformal windows, and with quantiles as they are
or rounded to whole units, scores best on the judged months themselves.

RMSSE, as an average of roots over series, asks for the median path, not for the mean (``median_path``): of two
forecasts of the same expected demand the one that says nearly nothing wins wherever most months have no sale. Ours is
judged by the path that the measure asks for; the RMSSE of the mean stands beside it, as does the error whose square is
averaged over series before the root is taken, which the mean does minimise, and the score of saying zero everywhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocast.adapters.assemble import demand_panel
from allocast.adapters.datasets.carparts import read_carparts
from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.forecast.demand_settings import DemandModelSettings, FeatureSettings
from allocast.forecast.judging.metrics import bias, coverage, mean_scaled_pinball, scaled_pinball, scaled_rmse
from allocast.forecast.judging.pit import covered, place_range
from allocast.forecast.judging.point_forecasts import median_path
from allocast.forecast.lightgbm_model import DemandModel
from allocast.numerics.arrays import BoolArray, FloatArray
from allocast.numerics.streams import stream
from training.figures import Measured, Reference, Target, data_folder
from training.peer_environment import run_peer

__all__ = ["measure"]

HORIZON = 6
N_ORIGINS = 4
N_PATHS = 300
SEEDS = (1, 2, 3)
WITH_INTERVALS = ("AutoETS", "SeasonalNaive")
CONFORMAL = ("CrostonSBA", "CrostonOptimized", "TSB(0.1)", "TSB(0.2)", "ADIDA", "IMAPA")
WINDOWS = (3, 5)
OURS, ZERO = "lightgbm", "zero"
SETTINGS = DemandModelSettings(
    horizon=HORIZON,
    anchors=(3, 6),
    rounds=150,
    learning_rate=0.05,
    leaves=15,
    smallest_leaf=300,
    tweedie_power=1.5,
    scale_power=0.0,  # series count alike, as in the measures
    young_share=0.0,  # no part is new
    half_life_periods=24,
    first_origin=12,
    calibration_periods=12,
    largest_rows=200_000,
    threads=1,
    features=FeatureSettings(lags=(1, 2, 3, 4, 5, 6, 12), windows=(3, 6, 12, 24, 48), scale_window=24),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one model said at one origin: mean, shape (n_series, horizon), quantiles and perhaps a point for RMSSE."""

    model: str
    mean: FloatArray
    quantiles: FloatArray
    point: FloatArray | None = None


def measure() -> Measured:
    """Scores of all models over the last origins, and ours over those of the best peer in each."""
    panel = demand_panel(
        read_carparts(data_folder("carparts_expsmooth")), as_of=None, frequency=Frequency.MONTHLY
    )
    last = len(panel.periods) - 1 - HORIZON
    rows = [row for origin in range(last - N_ORIGINS + 1, last + 1) for row in _origin(panel, origin)]
    scores = pd.DataFrame(rows).groupby("model").mean()
    ours, peers = scores.loc[OURS], scores.drop(index=[OURS, ZERO]).groupby(_peer).min()
    targets = {
        "pinball_ratio_to_best_peer": ours["pinball"] / peers["pinball"].min(),
        "series_pinball_ratio_to_best_peer": ours["series_pinball"] / peers["series_pinball"].min(),
        "rmsse_of_median_path_ratio_to_best_peer": ours["rmsse"] / peers["rmsse"].min(),
        "rmsse_of_mean_ratio_to_best_peer": ours["rmsse_of_mean"] / peers["rmsse"].min(),
    }
    beside = {
        "root_mean_square_ratio_to_best_peer": ours["root_mean_square"] / peers["root_mean_square"].min(),
    }
    return Measured(
        targets=tuple(
            Target(name=name, value=float(value), op="<=", target=1.0) for name, value in targets.items()
        ),
        references=(
            *(Reference(name=name, value=float(value)) for name, value in beside.items()),
            *(
                Reference(name=f"{model}.{score}", value=float(value))
                for model, row in _best_variants(scores).iterrows()
                for score, value in row.items()
                if np.isfinite(value)
            ),
        ),
        seeds=SEEDS,
    )


def _best_variants(scores: pd.DataFrame) -> pd.DataFrame:
    """Each model in the variant of its quantiles that scores best by pinball loss."""
    ordered = scores.sort_values("pinball")
    return ordered[~ordered.index.map(_peer).duplicated()]


def _peer(variant: str) -> str:
    """A peer's name without how its quantiles were made."""
    return variant.split(" ")[0]


def _origin(panel: DemandPanel, origin: int) -> Iterator[dict[str, object]]:
    """Scores of every model at one origin, on series watched without a gap until there."""
    known = panel.until(panel.periods[origin])
    rows = _without_gaps(known.demand)
    actual = panel.demand[rows, origin + 1 : origin + 1 + HORIZON]
    for seed in SEEDS:
        yield _scores(_ours(known, rows, seed), actual, known.demand[rows])
    nothing = np.zeros((int(rows.sum()), len(SETTINGS.levels), HORIZON))
    yield _scores(Said(model=ZERO, mean=nothing[:, 0], quantiles=nothing), actual, known.demand[rows])
    for said in _peers(known.demand[rows]):
        yield _scores(said, actual, known.demand[rows])


def _without_gaps(demand: FloatArray) -> BoolArray:
    seen = ~np.isnan(demand)
    kept: BoolArray = (np.diff(seen.astype(np.int8), axis=1) >= 0).all(axis=1) & seen[:, -1]
    return kept


def _ours(known: DemandPanel, rows: BoolArray, seed: int) -> Said:
    model = DemandModel.train(known, SETTINGS, seed=seed)
    forecast = model.forecast(known, np.flatnonzero(rows))
    paths = forecast.sample_paths(N_PATHS, stream(seed, "carparts", "paths"))
    quantiles = np.stack([forecast.quantiles(step + 1) for step in range(HORIZON)], axis=2)
    return Said(model=OURS, mean=forecast.mean, quantiles=quantiles, point=median_path(paths))


def _peers(demand: FloatArray) -> Iterator[Said]:
    """Each peer, its quantiles in every way that it may be judged by."""
    asked = [(WITH_INTERVALS, 0), *((CONFORMAL, windows) for windows in WINDOWS)]
    for models, windows in asked:
        found = run_peer(
            "statistical",
            {"demand": demand},
            models=models,
            season=Frequency.MONTHLY.season,
            horizon=HORIZON,
            levels=SETTINGS.levels,
            windows=windows,
        )
        for model in models:
            mean, quantiles = found[f"{model}.mean"], found[f"{model}.quantiles"]
            name = f"{model} windows={windows}" if windows else model
            yield Said(model=name, mean=mean, quantiles=quantiles)
            yield Said(model=f"{name} rounded", mean=mean, quantiles=np.rint(quantiles))


def _scores(said: Said, actual: FloatArray, history: FloatArray) -> dict[str, object]:
    """All scores of one forecast; ``root_mean_square`` takes its root after the mean over series."""
    levels = np.array(SETTINGS.levels)
    each = scaled_rmse(actual, said.mean, history)
    point = said.mean if said.point is None else said.point
    nine = int(np.argmin(np.abs(levels - 0.9)))
    return {
        "model": said.model,
        "pinball": scaled_pinball(actual, said.quantiles, levels),
        "series_pinball": mean_scaled_pinball(actual, said.quantiles, levels, history),
        "rmsse": np.nanmean(scaled_rmse(actual, point, history)),
        "rmsse_of_mean": np.nanmean(each),
        "root_mean_square": np.sqrt(np.nanmean(each**2)),
        "bias": bias(actual, said.mean),
        "coverage_0.9": coverage(actual, said.quantiles)[nine],
        "placed_0.9": np.nanmean(covered(*place_range(actual, said.quantiles, levels), levels[nine])),
    }
