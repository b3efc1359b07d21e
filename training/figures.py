"""Named figures: every claim about accuracy, cost or speed, with the recipe that measures it.

``python -m training.figures`` lists them; ``python -m training.figures NAME`` measures one, prints a line a value
and writes ``docs/figures/NAME.json``. Exit codes: 0 all targets met, 1 one is short, 3 what it needs is missing.
"""

import argparse
import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from allocast.adapters.environment import environment
from allocast.adapters.files import write_text
from training.peer_environment import PEERS

__all__ = ["FIGURES", "Entry", "Measured", "Reference", "Target", "data_folder"]

FOLDER = Path("docs/figures")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A value that must be at most, or at least, its target."""

    name: str
    value: float
    op: Literal["<=", ">="]
    target: float

    @property
    def verdict(self) -> Literal["ok", "short"]:
        """Whether the target is met."""
        met = self.value <= self.target if self.op == "<=" else self.value >= self.target
        return "ok" if met else "short"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A value to compare with: a peer, a baseline, a part of a total."""

    name: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a recipe found, and the seeds it used."""

    targets: tuple[Target, ...]
    references: tuple[Reference, ...] = ()
    seeds: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A figure: what it shows, the data and peers it needs, about how long it takes, and the module that measures."""

    shows: str
    module: str
    minutes: float
    needs: tuple[str, ...] = field(default=())
    peers: bool = False


FIGURES = {
    "vn2_windows": Entry(
        shows="all policies and an agent that learned from history on six replay windows of VN2",
        module="training.vn2_windows",
        minutes=25,
        needs=("vn2",),
    ),
    "demo": Entry(
        shows="policies and models on the demo world against its known truth",
        module="training.demo",
        minutes=4,
    ),
    "carparts": Entry(
        shows="monthly car spare parts, sold seldom, beside the intermittent-demand methods of statsforecast",
        module="training.carparts",
        minutes=8,
        needs=("carparts_expsmooth",),
        peers=True,
    ),
    "lead_time_demand": Entry(
        shows="quantiles of 3 and 6 weeks' demand on VN2 at rolling origins, beside simpler constructions",
        module="training.lead_time_demand",
        minutes=8,
        needs=("vn2",),
    ),
    "vn2_forecasts": Entry(
        shows="forecasts of VN2 by segment: the demand model, rules of thumb, ETS and Croston's family in one table",
        module="training.vn2_forecasts",
        minutes=8,
        needs=("vn2",),
        peers=True,
    ),
    "cold_start": Entry(
        shows="quantiles of 3 weeks' demand of series and of items new to VN2, by age, beside those of their group",
        module="training.cold_start",
        minutes=5,
        needs=("vn2",),
    ),
    "scms": Entry(
        shows="lead times of SCMS as of rolling dates, beside Cox, AFT, survival forests and Kaplan-Meier",
        module="training.scms",
        minutes=6,
        needs=("scms",),
        peers=True,
    ),
    "recommend_scale": Entry(
        shows="recommendations for a million series from given forecasts: seconds, memory, the same bytes after a kill",
        module="training.recommend_scale",
        minutes=8,
    ),
    "scoring_speed": Entry(
        shows="scoring a million rows with our compiled trees, beside LightGBM's own predict",
        module="training.scoring_speed",
        minutes=1,
    ),
    "features_speed": Entry(
        shows="ten lag features of a panel shaped like M5, on one thread, beside mlforecast",
        module="training.features_speed",
        minutes=2,
        peers=True,
    ),
    "rolling_quantile_speed": Entry(
        shows="rolling medians of a panel shaped like M5, on one thread, beside coreforecast",
        module="training.rolling_quantile_speed",
        minutes=2,
        peers=True,
    ),
    "training_speed": Entry(
        shows="nine quantiles of two horizons trained, beside LightGBM's fits alone",
        module="training.training_speed",
        minutes=4,
    ),
    "m5_levels": Entry(
        shows="levels 1 to 9 of M5 on six windows of 28 days, beside seasonal naive and AutoETS",
        module="training.m5_levels",
        minutes=20,
        needs=("m5",),
        peers=True,
    ),
    "m5_items": Entry(
        shows="432 items of M5 on the same windows, beside MLForecast and StatsForecast",
        module="training.m5_items",
        minutes=30,
        needs=("m5",),
        peers=True,
    ),
    "censoring": Entry(
        shows="bias of latent demand in generated worlds, and of forecasts of FreshRetailNet on days in stock",
        module="training.censoring",
        minutes=8,
        needs=("freshretailnet50k",),
    ),
    "freshretail": Entry(
        shows="training and scoring 50,000 daily series with stock-outs: minutes, memory and scores",
        module="training.freshretail",
        minutes=4,
        needs=("freshretailnet50k",),
    ),
    "reorder_points": Entry(
        shows="achieved cycle service of reorder points on three lead-time mixtures, beside the formula with sigma",
        module="training.reorder_points",
        minutes=2,
    ),
    "hazard_scoring_speed": Entry(
        shows="full survival curves a second on one core, beside LightGBM on a row for each period",
        module="training.hazard_scoring_speed",
        minutes=1,
    ),
    "supplier_shrinkage": Entry(
        shows="lead times of suppliers with few orders and with drift, in generated worlds, against the truth",
        module="training.supplier_shrinkage",
        minutes=3,
    ),
    "hazard_training_speed": Entry(
        shows="a hazard model of a million orders and twelve features: seconds, memory, and what sampling costs",
        module="training.hazard_training_speed",
        minutes=3,
    ),
    "drift_alarm": Entry(
        shows="suppliers that take 35 % longer from a day on: orders until the alarm, and false alarms of the others",
        module="training.drift_alarm",
        minutes=1,
    ),
    "open_orders": Entry(
        shows="what is said of open orders of the demo world, given their age, against the exact probability",
        module="training.open_orders",
        minutes=6,
    ),
    "survival_sets": Entry(
        shows="METABRIC and SUPPORT in five folds: concordance and Brier score beside Cox, AFT and survival forests",
        module="training.survival_sets",
        minutes=6,
        needs=("survival",),
        peers=True,
    ),
    "calibration_sets": Entry(
        shows="calibration of survival curves of METABRIC and SUPPORT in the same folds",
        module="training.calibration_sets",
        minutes=1,
        needs=("survival",),
        peers=True,
    ),
    "scenarios_speed": Entry(
        shows="the plan of 10,000 series and five changes of it played side by side: seconds, two workers",
        module="training.scenarios_speed",
        minutes=3,
    ),
    "ppo_speed": Entry(
        shows="steps a second through the SB3 vector interface, and of PPO while it learns, beside DummyVecEnv",
        module="training.ppo_speed",
        minutes=3,
    ),
    "lost_sales": Entry(
        shows="Zipkin's 32 instances of lost sales with a lead time: exact optima, and the gaps of policies",
        module="training.lost_sales",
        minutes=60,
    ),
    "lost_sales_one_network": Entry(
        shows="one network for all lost-sales instances, on parameters that it was never trained on: exact gaps",
        module="training.lost_sales_one_network",
        minutes=6,
    ),
    "dual_sourcing": Entry(
        shows="six instances of dual sourcing: exact optima, and the gaps of policies",
        module="training.dual_sourcing",
        minutes=5,
    ),
    "perishables": Entry(
        shows="eight instances of a perishable item: exact optima, and the gaps of policies",
        module="training.perishables",
        minutes=9,
    ),
    "dynamics_speed": Entry(
        shows="series-periods a second of the compiled dynamics on one core, beside gym-invmgmt and stockpyl",
        module="training.dynamics_speed",
        minutes=1,
        peers=True,
    ),
    "unreliable_suppliers": Entry(
        shows="an agent with a budget beside classical policies, in demo worlds with unreliable, drifting suppliers",
        module="training.unreliable_suppliers",
        minutes=10,
    ),
    "demo_agent": Entry(
        shows="training the demo world's agent: seconds, and that one seed gives one agent",
        module="training.demo_agent",
        minutes=6,
    ),
    "one_warehouse": Entry(
        shows="one warehouse, several locations: classical and learned rules beside those of Kaynov et al. (2024)",
        module="training.one_warehouse",
        minutes=12,
    ),
    "vn2_classical": Entry(
        shows="a classical policy on VN2, its service level learned before each window, beside the organiser's",
        module="training.vn2_classical",
        minutes=12,
        needs=("vn2",),
    ),
    "carrying_cost": Entry(
        shows="carrying cost beside static rules of thumb at no less service, on VN2 and in demo worlds",
        module="training.carrying_cost",
        minutes=20,
        needs=("vn2",),
    ),
    "allocation_speed": Entry(
        shows="sharing out stock, volume, money and capacities among 400,000 claims: seconds and gaps, beside HiGHS",
        module="training.allocation_speed",
        minutes=4,
    ),
}


def data_folder(name: str) -> Path:
    """Folder of a real data set, below ``ALLOCAST_DATA`` or beside the project."""
    return Path(os.environ.get("ALLOCAST_DATA", "../shared/data")) / name


def main(arguments: list[str]) -> int:
    """List the figures, or measure one."""
    parser = argparse.ArgumentParser(prog="python -m training.figures", description=__doc__)
    parser.add_argument("name", nargs="?", choices=sorted(FIGURES))
    name = parser.parse_args(arguments).name
    if name is None:
        _list()
        return 0
    missing = _missing(FIGURES[name])
    if missing:
        print(f"figure {name} needs {missing}", file=sys.stderr)
        return 3
    measure: Callable[[], Measured] = importlib.import_module(FIGURES[name].module).measure
    started = time.monotonic()
    measured = measure()
    _print(name, measured)
    _write(name, measured, time.monotonic() - started)
    return 0 if all(target.verdict == "ok" for target in measured.targets) else 1


def _missing(entry: Entry) -> str:
    """What an entry needs and is not there, and what to do about it; empty if nothing is missing."""
    absent = [str(data_folder(need)) for need in entry.needs if not data_folder(need).exists()]
    if absent:
        return f"{', '.join(absent)}: not there. Set ALLOCAST_DATA."
    if entry.peers and not PEERS.exists():
        return f"the peers' environment, {PEERS}: not there. Run: make peers"
    return ""


def _list() -> None:
    for name, entry in FIGURES.items():
        needs = ", ".join([*entry.needs, *(["peers"] if entry.peers else [])]) or "nothing"
        print(f"{name:<14} {entry.shows} (needs {needs}, about {entry.minutes:g} min)")


def _print(name: str, measured: Measured) -> None:
    for reference in measured.references:
        print(f"reference\t{name}.{reference.name}\t{reference.value:.6g}")
    for target in measured.targets:
        print(
            f"figure\t{name}.{target.name}\t{target.value:.6g}\ttarget\t{target.op}\t{target.target:g}\t{target.verdict}"
        )


def _write(name: str, measured: Measured, seconds: float) -> None:
    made_with = environment()
    document = {
        "figures": [asdict(target) | {"verdict": target.verdict} for target in measured.targets],
        "references": [asdict(reference) for reference in measured.references],
        "seeds": measured.seeds,
        "commit": made_with.pop("commit"),
        "machine": made_with.pop("machine"),
        "versions": made_with,
        "seconds": round(seconds, 1),
    }
    write_text(FOLDER / f"{name}.json", json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
