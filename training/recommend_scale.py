"""Recommendations for a million series from given forecasts: seconds, memory, the same bytes, also after a kill.

The forecasts are Parquet parts as ``allocast forecast`` writes them, made up here: gamma demand at nine levels over
eight weeks, whole units, 40 parts. Beside them lie a sourcing line and a stock figure of every series, a purchase order
on the way for every fifth, and items with unit cost and price. Lead times are the contracts' (1 to 4 weeks); the policy
is ``projected_need`` at each series' critical ratio with 50 scenarios a series. What is timed is the command
``allocast recommend --forecasts`` from its start to the finished folder, tables read and checked; memory is the sum
over its processes, shared pages counted in each. Beside the clock stands the processor's time, which a busy machine
changes less.
"""

import hashlib
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import gamma

from allocast.adapters.job_settings import ProjectedNeedSettings
from allocast.adapters.policy_document import PolicyDocument
from allocast.demand.calendar import Frequency, next_periods
from allocast.errors import DataError
from allocast.forecast.demand_forecast import DemandForecast, mean_within
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.streams import stream
from allocast.workflows.backtest import EXAMPLE
from allocast.workflows.job import open_job
from allocast.workflows.promotion import register_and_promote
from training.figures import Measured, Reference, Target

__all__ = ["measure"]

SEED = 1
N_SERIES, N_PARTS, HORIZON, N_LOCATIONS = 1_000_000, 40, 8, 50
LEVELS = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99])
SHAPES = (0.3, 1.0, 3.0)  # of a week's demand: lumpy, erratic, smooth
AS_OF = np.datetime64("2024-06-03")
SMALLER = 4  # the growth is from a world of so many times fewer series
PATIENCE = 600.0  # seconds

COMMAND = "from allocast.cli.main import app; app()"
CONFIG = """\
name: scale
seed: 1
data: {{kind: tables, root: {root}/tables}}
costs: {{kind: shares, holding_share_per_year: 0.3, margin_share_lost: 0.5}}
paths: 50
tracking: {root}/mlruns
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One command: clock and processor seconds, the most memory of all its processes in GB, and its bytes."""

    seconds: float
    processor_seconds: float
    memory: float
    digests: dict[str, str]


def measure() -> Measured:
    """A million series with two workers, with one, after a kill; and a quarter of them."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _world(root / "whole", N_SERIES)
        _world(root / "smaller", N_SERIES // SMALLER)
        _run(root / "smaller", "compiling", 2)
        smaller = _run(root / "smaller", "orders", 2)
        two = _run(root / "whole", "two", 2)
        one = _run(root / "whole", "one", 1)
        kept = _kill(root / "whole", "killed")
        again = _run(root / "whole", "killed", 2)
        orders = pd.read_parquet(root / "whole" / "two", columns=["order_units"])
    return Measured(
        targets=(
            Target(name="seconds", value=two.seconds, op="<=", target=60.0),
            Target(name="memory_gb", value=two.memory, op="<=", target=4.0),
            Target(name="files_that_differ_by_workers", value=_differing(two, one), op="<=", target=0),
            Target(name="files_that_differ_after_a_kill", value=_differing(two, again), op="<=", target=0),
        ),
        references=tuple(
            Reference(name=name, value=float(value))
            for name, value in {
                "rows": len(orders),
                "orders": (orders["order_units"] > 0).sum(),
                "processor_seconds": two.processor_seconds,
                "one_worker.seconds": one.seconds,
                "one_worker.memory_gb": one.memory,
                "quarter.seconds": smaller.seconds,
                "quarter.memory_gb": smaller.memory,
                "growth_of_seconds": two.seconds / smaller.seconds,
                "growth_of_memory": two.memory / smaller.memory,
                "after_a_kill.parts_kept": kept,
                "after_a_kill.seconds": again.seconds,
            }.items()
        ),
        seeds=(SEED,),
    )


def _differing(one: Ran, other: Ran) -> int:
    names = set(one.digests) | set(other.digests)
    return sum(one.digests.get(name) != other.digests.get(name) for name in names)


def _run(root: Path, out: str, workers: int) -> Ran:
    """The command in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    process = subprocess.Popen(
        _command(root, out, workers), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    with _peak_memory(process.pid) as peak:
        message = process.communicate(timeout=PATIENCE)[1]
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise DataError(f"the recommendations of {root} failed: {message.decode()[-2000:]}")
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    digests = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted((root / out).glob("*.parquet"))
    }
    return Ran(seconds=seconds, processor_seconds=used, memory=peak[0], digests=digests)


def _kill(root: Path, out: str) -> int:
    """Kill the command, main process and workers, when some parts are finished; how many were."""
    process = subprocess.Popen(
        _command(root, out, 2), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    until = time.monotonic() + PATIENCE
    while len(done := list(root.glob(f".{out}.work/*/orders/part-*.parquet"))) < N_PARTS // 4:
        if process.poll() is not None or time.monotonic() > until:
            raise DataError("the command ended, or made nothing, before it could be killed.")
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return len(done)


def _command(root: Path, out: str, workers: int) -> list[str]:
    return [
        sys.executable, "-c", COMMAND, "recommend", str(root / "scale.yaml"),
        "--forecasts", str(root / "forecast"), "--out", str(root / out), "--workers", str(workers),
    ]  # fmt: skip


@contextmanager
def _peak_memory(process: int) -> Iterator[list[float]]:
    """The most resident memory of a process and its descendants together, in GB, looked at ten times a second."""
    peak, done = [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            peak[0] = max(peak[0], sum(map(_resident, _family(process))) / 1e9)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    yield peak
    done.set()
    thread.join()


def _family(process: int) -> list[int]:
    """A process and its descendants, as Linux lists them."""
    found, waiting = [], [process]
    while waiting:
        own = waiting.pop()
        found.append(own)
        for children in Path(f"/proc/{own}/task").glob("*/children"):
            try:
                waiting += map(int, children.read_text().split())
            except OSError:  # it has ended meanwhile
                continue
    return found


def _resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


def _world(root: Path, n_series: int) -> None:
    """Forecasts, tables, a config and a registered policy."""
    series = pd.DataFrame(
        {
            "item_id": [f"item-{k // N_LOCATIONS:06d}" for k in range(n_series)],
            "location_id": [f"store-{k % N_LOCATIONS:03d}" for k in range(n_series)],
        }
    )
    rng = stream(SEED, "recommend_scale", str(n_series))
    weekly = rng.lognormal(1.0, 1.2, n_series)
    (root / "forecast").mkdir(parents=True)
    for part, rows in enumerate(np.array_split(np.arange(n_series), N_PARTS)):
        table = _forecast(series.iloc[rows].reset_index(drop=True), weekly[rows], rows).to_frame()
        table.assign(model_version="").to_parquet(root / "forecast" / f"part-{part:05d}.parquet", index=False)
    _tables(root / "tables", series, weekly, rng)
    (root / "scale.yaml").write_text(CONFIG.format(root=root))
    job = open_job(root / "scale.yaml", as_of=AS_OF.astype(object))
    document = PolicyDocument(name="projected_need", settings=ProjectedNeedSettings(kind="projected_need"))
    with job.store.run("scale-policy", "policy") as run:
        register_and_promote(job, run, document, example=EXAMPLE, evidence={}, actor="figure")


def _forecast(series: pd.DataFrame, weekly: FloatArray, rows: IntArray) -> DemandForecast:
    each, totals = np.empty((2, len(series), len(LEVELS), HORIZON))
    for place, shape in enumerate(SHAPES):
        own = rows % len(SHAPES) == place
        unit = weekly[own, None, None] / shape
        each[own] = unit * gamma.ppf(LEVELS, shape)[:, None]
        totals[own] = unit * gamma.ppf(LEVELS[:, None], shape * np.arange(1, HORIZON + 1))
    mean = np.repeat(weekly[:, None], HORIZON, axis=1)
    return DemandForecast(
        series=series,
        as_of=AS_OF,
        periods=next_periods(AS_OF, HORIZON, Frequency.WEEKLY),
        levels=LEVELS,
        period_units=each,
        total_units=totals,
        mean=mean_within(mean, totals, LEVELS),
        whole=True,
    )


def _tables(root: Path, series: pd.DataFrame, weekly: FloatArray, rng: np.random.Generator) -> None:
    root.mkdir()
    n, cost = len(series), np.round(rng.lognormal(2.0, 1.0, series["item_id"].nunique()), 2) + 0.01
    items = pd.DataFrame({"item_id": series["item_id"].unique(), "unit_cost": cost, "price": cost * 1.6})
    days = 7.0 * rng.integers(1, 5, n)
    supplier = [f"supplier-{k:03d}" for k in rng.integers(0, 200, n)]
    sourcing = series.assign(
        supplier_id=supplier,
        unit_cost=np.repeat(cost, N_LOCATIONS)[:n],
        pack_units=rng.choice([1.0, 6.0, 12.0], n),
        minimum_order_units=rng.choice([0.0, 24.0], n),
        lead_time_days=days,
    )
    today = np.datetime64(Frequency.WEEKLY.end_of(AS_OF))
    stock = series.assign(as_of=today, on_hand=np.floor(weekly * rng.uniform(0, 12, n)), backordered=0.0)
    open_rows = np.arange(0, n, 5)
    age = rng.integers(0, 7, len(open_rows))
    ordered = today - age
    orders = series.iloc[open_rows].assign(
        order_line_id=[f"line-{k}" for k in open_rows],
        supplier_id=np.array(supplier)[open_rows],
        ordered_on=ordered,
        promised_on=ordered + days[open_rows].astype(np.int64),
        units_ordered=np.ceil(weekly[open_rows] * 2),
        units_received=0.0,
    )
    for name, table in {
        "items": items,
        "sourcing": sourcing,
        "stock": stock,
        "purchase_orders": orders,
    }.items():
        table.to_parquet(root / f"{name}.parquet", index=False)
