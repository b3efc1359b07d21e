"""Newly listed series on VN2: quantiles of three weeks' demand where nothing or little of the series is known.

A fifth of the series, drawn by seed, is kept out of training. At each of the last origins whose outcome is known they
are shown to the model as if they had begun some weeks earlier: not yet, 1 to 4 weeks, 5 to 12 weeks ago, or with all
their history; the other series keep theirs. Mostly the product is known from other stores. The same is done with a
fifth of the products (``new_item``): all series of one begin in the same week, so that nothing is known of it anywhere.

Everything is trained once, on what was known of the other series at the first of the origins, with the copies of
blanked series that the model learns cold starts from (``young_share`` as it comes) and without (0). Beside them stand
plain quantiles of the group: of past demand of the same product group, scaled to the store, and to the series as far
as it was seen.

An outcome counts where all three weeks were in stock; its age is the number of weeks observed until the origin, for
``new_item`` those in which the product was observed anywhere. The score is twice the mean pinball loss over ten levels,
divided by mean demand; coverage is the share of outcomes at or below a quantile, not rounded to whole units. Settings
are those of ``configs/vn2.yaml``; how many copies are of whole items was chosen on these origins with other seeds.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from allocast.adapters.engine import cpu_quota
from allocast.demand.ages import YOUNG
from allocast.demand.panel import DemandPanel
from allocast.forecast.demand_settings import DemandModelSettings
from allocast.forecast.fitting.young import begun_at
from allocast.forecast.judging.metrics import coverage, scaled_pinball
from allocast.forecast.lightgbm_model import DemandModel
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray
from allocast.workflows.job import open_job
from training.figures import Measured, Reference, Target, data_folder

__all__ = ["group_quantiles", "measure"]

SPAN = 3  # weeks
LEVELS = np.array([0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99])
COVERED = (0.5, 0.8, 0.9, 0.95)
ORIGINS, EVERY = 26, 2  # weeks
HELD_OUT = 0.2  # of the series
AGES = ("age_0", "age_1_to_4", "age_5_to_12", "grown")
SHOWN = ((0, 0), (1, 4), (5, 12), None)  # weeks since they began, drawn at random; None shows all
OURS, WITHOUT, GROUP = "with_copies", "without_copies", "group_quantiles"
TOLERANCE = 0.05  # of coverage at 0.8 and 0.9
FEWEST = 5  # series that make a group
PAST = 26  # weeks that quantiles of the group look back
TRUSTED = 4  # weeks of its own that count as much as the group
SEEDS = (1, 2, 3)
SERIES, ITEM = (
    "",
    "new_item.",
)  # what is held out and begins at once; goes before the age in the names of results
Scores = dict[str, float]
Judged = tuple[FloatArray, IntArray, dict[str, FloatArray]]  # outcomes, ages, quantiles of each model


def measure() -> Measured:
    """Scores and coverages by age, means over seeds."""
    with ProcessPoolExecutor(cpu_quota(), mp_context=get_context("spawn")) as pool:
        runs = list(pool.map(_run, SEEDS))
    mean = {name: float(np.mean([run[name] for run in runs])) for name in runs[0]}
    return Measured(
        targets=tuple(
            target for what in (SERIES, ITEM) for age in AGES[:-1] for target in _targets(what + age, mean)
        ),
        references=tuple(Reference(name=name, value=value) for name, value in mean.items())
        + tuple(
            Reference(name=f"{name}_seed_{seed}", value=run[name])
            for name in mean
            for seed, run in zip(SEEDS, runs, strict=True)
            if name.startswith((OURS, WITHOUT)) and name.endswith("score")
        ),
        seeds=SEEDS,
    )


def _targets(age: str, mean: Scores) -> list[Target]:
    found = []
    for level in (0.8, 0.9):
        off = abs(mean[f"{OURS}.{age}.coverage_{level:g}"] - level)
        found.append(Target(name=f"{age}.coverage_error_{level:g}", value=off, op="<=", target=TOLERANCE))
    ratio = mean[f"{OURS}.{age}.score"] / mean[f"{GROUP}.{age}.score"]
    return [*found, Target(name=f"{age}.score_beside_the_group", value=ratio, op="<=", target=1.0)]


def _run(seed: int) -> Scores:
    """All of one draw of the series, then of the items; a process of its own, one thread."""
    job = open_job(Path("configs/vn2.yaml"), [f"seed={seed}", f"data.root={data_folder('vn2')}"])
    settings = replace(job.demand_settings, horizon=SPAN, anchors=(SPAN,), levels=tuple(LEVELS), threads=1)
    panel, rng = job.panel, np.random.default_rng(seed)
    together = {SERIES: np.arange(panel.n_series), ITEM: panel.series["item_id"].factorize()[0]}
    scores: Scores = {}
    for what, code in together.items():
        scores |= _scores(what, _judged(panel, settings, code, seed, rng))
    return scores


def _judged(
    panel: DemandPanel, settings: DemandModelSettings, together: IntArray, seed: int, rng: np.random.Generator
) -> list[Judged]:
    """Models that some series were held out from, at each origin; series with one code are held out together."""
    chosen = rng.permutation(together.max() + 1)[: int(HELD_OUT * (together.max() + 1))]
    held = np.isin(together, chosen)
    origins = np.arange(len(panel.periods) - SPAN - ORIGINS, len(panel.periods) - SPAN, EVERY)
    known = panel.take(~held).until(panel.periods[origins[0]])
    shares = {OURS: settings.young_share, WITHOUT: 0.0}
    models = {
        name: DemandModel.train(known, replace(settings, young_share=share), seed=seed)
        for name, share in shares.items()
    }
    return [part for origin in origins for part in _at(panel, held, together, int(origin), models, rng)]


def _at(
    panel: DemandPanel,
    held: BoolArray,
    together: IntArray,
    origin: int,
    models: dict[str, DemandModel],
    rng: np.random.Generator,
) -> Iterator[Judged]:
    """What each model says at one origin of the series held out, shown as they were or younger."""
    rows, known = np.flatnonzero(held), panel.until(panel.periods[origin])
    ahead = panel.demand[rows, origin + 1 : origin + 1 + SPAN].sum(axis=1)  # NaN if one week was not observed
    distinct, code = np.unique(together[rows], return_inverse=True)
    for shown in SHOWN:
        begin = np.zeros(panel.n_series, dtype=np.int64)
        if shown is not None:
            begin[rows] = origin + 1 - rng.integers(shown[0], shown[1] + 1, len(distinct))[code]
        past = begun_at(known, begin)
        said = {
            name: model.forecast(past, rows).total_units[:, :, SPAN - 1] for name, model in models.items()
        }
        age = np.searchsorted(YOUNG, _weeks_seen(past.observed[rows], code))
        yield ahead, age, said | {GROUP: group_quantiles(past, held)[rows]}


def _weeks_seen(observed: BoolArray, code: IntArray) -> IntArray:
    """Weeks in which any series of the same code was observed, shape (n_series,)."""
    anywhere = np.zeros((code.max() + 1, observed.shape[1]), dtype=bool)
    np.logical_or.at(anywhere, code, observed)
    seen: IntArray = anywhere.sum(axis=1)[code]
    return seen


def _scores(what: str, judged: list[Judged]) -> Scores:
    """Scores and coverages of each model at each age, and how many outcomes they are of."""
    actual, age = (np.concatenate([part[place] for part in judged]) for place in (0, 1))
    scores: Scores = {}
    for place, name in enumerate(AGES):
        own = (age == place) & ~np.isnan(actual)
        scores[f"{what}{name}.outcomes"] = float(own.sum())
        for model in judged[0][2]:
            quantiles = np.concatenate([part[2][model] for part in judged])[own][:, :, None]
            scores[f"{model}.{what}{name}.score"] = scaled_pinball(actual[own][:, None], quantiles, LEVELS)
            shares = coverage(actual[own][:, None], quantiles)
            scores |= {
                f"{model}.{what}{name}.coverage_{level:g}": float(share)
                for level, share in zip(LEVELS, shares, strict=True)
                if level in COVERED
            }
    return scores


def group_quantiles(past: DemandPanel, held: BoolArray) -> FloatArray:
    """Quantiles of past three-week totals of the same product group, scaled to each store and series.

    Totals of the last half year of the series not held out, divided by the level of their store, are pooled by
    product group; where that has few series by department, or of all. A series that was seen for n weeks is scaled by
    its own mean with weight n, and by the pool's with weight 4.

    Parameters
    ----------
    past : DemandPanel
    held : array of bool, shape (n_series,)

    Returns
    -------
    quantiles : array of shape (n_series, n_levels), in units
    """
    demand = past.demand[:, -PAST:]
    totals = np.lib.stride_tricks.sliding_window_view(demand, SPAN, axis=1).sum(axis=2)
    known = np.where(held[:, None], np.nan, totals)
    level = _store_level(known, past.series["location_id"])
    pooled, expected = _pooled(known / level[:, None], past.series, held)
    seen, sold = (~np.isnan(demand)).sum(axis=1), np.nansum(demand, axis=1)
    own: FloatArray = (sold / (expected * level) + TRUSTED) / (seen + TRUSTED)
    return pooled * (level * own)[:, None]


def _store_level(known: FloatArray, stores: pd.Series) -> FloatArray:
    """Mean of each series' store, as a share of the mean of all; 1 where nothing is known of the store or sold."""
    cells = pd.DataFrame({"sum": np.nansum(known, axis=1), "n": (~np.isnan(known)).sum(axis=1)})
    of_store = cells.groupby(stores.to_numpy()).transform("sum")
    level = (of_store["sum"] / of_store["n"]).to_numpy() / (cells["sum"].sum() / cells["n"].sum())
    return np.where(level > 0, level, 1.0)


def _pooled(relative: FloatArray, series: pd.DataFrame, held: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Quantiles of totals, and mean of a week, in each series' group, of shapes (n_series, n_levels), (n_series,)."""
    pooled, weekly = np.zeros((len(series), len(LEVELS))), np.zeros(len(series))
    everybody = pd.Series("", index=series.index)
    for groups in (
        everybody,
        series["department"],
        series["product_group"],
    ):  # the narrowest that is wide enough
        for name in groups[held].unique():
            members = (groups == name).to_numpy()
            if (members & ~held).sum() >= FEWEST:
                pooled[members] = np.nanquantile(relative[members], LEVELS)
                weekly[members] = np.nanmean(relative[members]) / SPAN
    return pooled, np.maximum(weekly, np.finfo(np.float64).tiny)
