"""Batch work in shards, on local processes: restartable, and with the same bytes out for any number of them."""

import json
import math
import multiprocessing
import os
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from allocast.adapters.files import write_table, write_text
from allocast.adapters.progress import track
from allocast.errors import AllocastError, DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MANIFEST", "Shard", "cpu_quota", "run_shards", "shard_pool", "worker_pool"]

MANIFEST = "_job.json"  # a name that begins with "_" is no part to whoever reads the folder
_THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


class Shard(Protocol):
    """A part of the work that stands alone; it travels to another process, so it can be pickled."""

    @property
    def name(self) -> str:
        """Its name, which becomes the name of its file."""


S = TypeVar("S", bound=Shard)


def run_shards(
    score: Callable[[S], "pd.DataFrame"],
    shards: Sequence[S],
    folder: Path,
    *,
    workers: int,
    digest: str,
    doing: str = "Scoring shards",
    pool: Executor | None = None,
) -> list[Path]:
    """Score every shard and write each result as a file of its own; files that are there are not made again.

    Libraries in a worker compute with one thread unless they are told otherwise, so that sums are taken in the same
    order whatever the number of workers.

    Parameters
    ----------
    score : callable
        A pure function of the shard, importable by its name.
    shards : sequence of Shard
        With names of letters, digits and ``_ - = .``, each name once.
    folder : Path
        Where the files go. A folder belongs to one job: it remembers the digest.
    workers : int, >= 1
        Processes.
    digest : str
        Of all that the results depend on: settings, models and data.
    doing : str
        What the progress bar says.
    pool : Executor, optional
        Processes of `shard_pool`, for work of several passes: they are started once.

    Returns
    -------
    files : list of Path
        ``<shard name>.parquet`` in the folder, in the order of the shards.

    Raises
    ------
    DataError
        A name cannot be used or comes twice, or the folder holds the results of another job.
    AllocastError
        A worker was killed. What is finished stays: run again to go on.
    """
    if workers < 1:
        raise DataError(f"workers must be >= 1; it is {workers}.")
    _check_names([shard.name for shard in shards])
    _claim(folder, digest)
    files = [folder / f"{shard.name}.parquet" for shard in shards]
    jobs = [(shard, file) for shard, file in zip(shards, files, strict=True) if not file.exists()]
    if jobs:
        _run(score, jobs, workers, doing, pool)
    return files


def cpu_quota(groups: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> int:
    """How many processors this process may use, at least 1: a container's quota counts, not its machine.

    Parameters
    ----------
    groups, own : Path
        Where Linux shows the control groups, and those of this process.
    """
    affinity = getattr(os, "sched_getaffinity", None)  # Linux only
    available = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, int(min([available, *map(_quota, _own_groups(groups, own))])))


@contextmanager
def worker_pool(workers: int) -> Iterator[Executor]:
    """Fresh processes of one thread each, or this process where one worker is enough; what waits is called off.

    Parameters
    ----------
    workers : int, >= 1
    """
    if workers < 1:
        raise DataError(f"workers must be >= 1; it is {workers}.")
    if workers == 1:
        yield _ThisProcess()
        return
    with shard_pool(workers) as pool:
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)


class _ThisProcess(Executor):
    """Does at once what it is given."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The result, there already."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def shard_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that compute with one thread and end with this one; started when the first work comes."""
    spawned = multiprocessing.get_context("spawn")  # a fork would copy locks that other threads hold
    with _one_thread_each(), ProcessPoolExecutor(workers, spawned, initializer=_end_with_parent) as pool:
        yield pool


def _own_groups(groups: Path, own: Path) -> Iterator[Path]:
    """The control groups of this process for processors, versions 1 and 2, and those around them."""
    for line in own.read_text().splitlines() if own.exists() else []:
        number, controllers, path = line.split(":", 2)
        if number == "0" or "cpu" in controllers.split(","):
            top = groups if number == "0" else groups / "cpu"
            group = top / path.strip("/")
            yield from (folder for folder in (group, *group.parents) if folder.is_relative_to(top))


def _quota(group: Path) -> float:
    """Processors that a control group allows; infinite where it sets no limit."""
    try:
        if (group / "cpu.max").exists():
            quota, period = (group / "cpu.max").read_text().split()
        else:
            quota, period = (
                (group / f"cpu.cfs_{part}_us").read_text().strip() for part in ("quota", "period")
            )
    except OSError:
        return math.inf
    return math.inf if quota in ("max", "-1") else int(quota) / int(period)


def _check_names(names: Sequence[str]) -> None:
    """Refuse names that cannot be those of files, or that come twice."""
    wrong = [name for name in names if not re.fullmatch(r"[\w=-][\w=.-]*", name)]
    twice = [name for name, times in Counter(names).items() if times > 1]
    for problem, found in (("hold letters, digits and _ - = . only", wrong), ("differ", twice)):
        if found:
            raise DataError(
                f"names of shards must {problem}; {found[0]!r} does not ({len(found)} such names)."
            )


def _claim(folder: Path, digest: str) -> None:
    """Make the folder this job's, or refuse one that belongs to another."""
    manifest = folder / MANIFEST
    mine = json.dumps({"digest": digest}) + "\n"
    if manifest.exists():
        if manifest.read_text() != mine:
            raise DataError(
                f"{folder} holds the results of another job: {manifest} says {manifest.read_text().strip()}, "
                f"this job is {mine.strip()}. Choose another folder, or remove that one."
            )
    elif any(folder.glob("*.parquet")):
        raise DataError(
            f"{folder} holds tables of unknown origin (there is no {manifest}). Choose another folder."
        )
    else:
        write_text(manifest, mine)


def _run(
    score: Callable[[S], "pd.DataFrame"],
    jobs: Sequence[tuple[S, Path]],
    workers: int,
    doing: str,
    pool: Executor | None = None,
) -> None:
    """Do all jobs; at the first error those that have not begun are called off."""
    own = shard_pool(min(workers, len(jobs))) if pool is None else nullcontext(pool)
    with own as at_work:
        running = {at_work.submit(_score_to_file, score, shard, file): shard for shard, file in jobs}
        try:
            for finished in track(as_completed(running), doing, total=len(running)):
                finished.result()
        except BrokenProcessPool as error:
            raise AllocastError(
                f"a worker process was killed, probably for want of memory, with {workers} of them at work. "
                "Finished shards stay: run again to go on, with fewer workers or smaller shards."
            ) from error
        finally:
            for job in running:
                job.cancel()


def _score_to_file(score: Callable[[S], "pd.DataFrame"], shard: S, file: Path) -> None:
    write_table(score(shard), file)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes started inside compute with one thread; libraries read this when they are loaded."""
    before = {name: os.environ.get(name) for name in _THREAD_LIMITS}
    os.environ.update(dict.fromkeys(_THREAD_LIMITS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _end_with_parent() -> None:
    """End this worker when its parent is killed; it would wait for work forever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_wait_and_exit, args=(parent.sentinel,), daemon=True).start()


def _wait_and_exit(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
