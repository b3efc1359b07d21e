import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from allocast.adapters.engine import cpu_quota, run_shards
from allocast.errors import AllocastError, DataError

# Workers import what they run by name, so it lives in a module of its own.
SCORING = """
import os, sys, time
from dataclasses import dataclass
from pathlib import Path
import numpy as np, pandas as pd

@dataclass(frozen=True)
class Part:
    name: str
    first: int
    folder: str

def score(part):
    if part.name == "poison":
        raise ValueError("bad shard")
    if part.name == "murder":
        os.kill(os.getpid(), 9)
    with open(Path(part.folder) / "calls.txt", "a") as calls:
        calls.write(f"{part.name} {os.getpid()} {os.environ['OMP_NUM_THREADS']}\\n")
    gate = Path(part.folder) / "wait"
    while gate.exists() and part.first >= 2:
        time.sleep(0.02)
    return pd.DataFrame({"row": np.arange(part.first, part.first + 3), "value": np.sin(np.arange(3) + part.first)})

if __name__ == "__main__":
    from allocast.adapters.engine import run_shards
    folder, digest = sys.argv[1:3]
    parts = [Part(f"part-{i}", i, folder) for i in range(5)]
    run_shards(score, parts, Path(folder) / "out", workers=1, digest=digest)
"""


@dataclass
class Work:
    """A scoring module, shards for it, and a record of its calls."""

    folder: Path
    module: Any

    def parts(self, *names: str) -> list[Any]:
        return [self.module.Part(name, place, str(self.folder)) for place, name in enumerate(names)]

    def run(self, parts: list[Any], out: str = "out", workers: int = 1, digest: str = "d1") -> list[Path]:
        return run_shards(self.module.score, parts, self.folder / out, workers=workers, digest=digest)

    def calls(self) -> list[list[str]]:
        record = self.folder / "calls.txt"
        return [line.split() for line in record.read_text().splitlines()] if record.exists() else []


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Work:
    (tmp_path / "scoring_job.py").write_text(SCORING)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "scoring_job", raising=False)
    import scoring_job

    return Work(tmp_path, scoring_job)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_one_and_two_workers_give_the_same_bytes_in_the_order_of_the_shards(work: Work) -> None:
    parts = work.parts("b", "a", "c")
    one, two = work.run(parts, "one", workers=1), work.run(parts, "two", workers=2)

    assert [file.name for file in one] == ["b.parquet", "a.parquet", "c.parquet"]
    assert [file.read_bytes() for file in one] == [file.read_bytes() for file in two]
    assert pd.read_parquet(one[2])["row"].tolist() == [2, 3, 4]
    assert {threads for _, _, threads in work.calls()} == {"1"}
    assert str(os.getpid()) not in {process for _, process, _ in work.calls()}


def test_finished_shards_are_not_made_again(work: Work) -> None:
    work.run(work.parts("a", "b"))
    work.run(work.parts("a", "b", "c"))
    assert [name for name, _, _ in work.calls()] == ["a", "b", "c"]


def test_a_killed_run_goes_on_where_it_was_and_gives_the_same_bytes(work: Work) -> None:
    command = [sys.executable, str(work.folder / "scoring_job.py"), str(work.folder), "d1"]
    gate, out = work.folder / "wait", work.folder / "out"
    gate.touch()
    killed = subprocess.Popen(command)
    until(lambda: any(name == "part-2" for name, _, _ in work.calls()))
    worker = int(work.calls()[-1][1])
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    until(lambda: not _runs(worker))  # it does not outlive its parent
    assert sorted(file.name for file in out.glob("*.parquet")) == ["part-0.parquet", "part-1.parquet"]

    gate.unlink()
    subprocess.run(command, check=True)

    assert [name[-1] for name, _, _ in work.calls()] == ["0", "1", "2", "2", "3", "4"]
    fresh = work.run(work.parts(*(f"part-{i}" for i in range(5))), "fresh")
    assert [file.read_bytes() for file in fresh] == [(out / file.name).read_bytes() for file in fresh]
    assert len(list(out.iterdir())) == 6, "five tables and the manifest, no leftovers"


def _runs(process: int) -> bool:
    """Whether a process runs; one that has ended and waits to be collected does not."""
    status = Path(f"/proc/{process}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_folder_of_another_job_is_refused(work: Work) -> None:
    work.run(work.parts("a"), digest="d1")
    with pytest.raises(DataError, match=r'holds the results of another job: .*"d1".*"d2"'):
        work.run(work.parts("a"), digest="d2")


def test_a_folder_of_unknown_tables_is_refused(work: Work) -> None:
    (work.folder / "out").mkdir()
    (work.folder / "out" / "a.parquet").touch()
    with pytest.raises(DataError, match="tables of unknown origin"):
        work.run(work.parts("a"))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a", "b", "a"], r"names of shards must differ; 'a' does not \(1 such names\)"),
        (["a/b"], "must hold letters, digits and _ - = . only; 'a/b' does not"),
        ([".a"], "must hold letters"),
        ([""], "must hold letters"),
    ],
)
def test_names_that_cannot_be_files_are_refused(work: Work, names: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        work.run(work.parts(*names))


def test_no_workers_are_refused(work: Work) -> None:
    with pytest.raises(DataError, match=r"workers must be >= 1; it is 0"):
        work.run(work.parts("a"), workers=0)


def test_an_error_in_a_shard_is_raised_and_finished_shards_stay(work: Work) -> None:
    with pytest.raises(ValueError, match="bad shard"):
        work.run(work.parts("a", "poison", *(f"late-{i}" for i in range(8))))
    assert (work.folder / "out" / "a.parquet").exists()
    assert len(work.calls()) < 9


def test_a_killed_worker_is_told_with_what_to_do(work: Work) -> None:
    with pytest.raises(AllocastError, match=r"a worker process was killed.*run again to go on"):
        work.run(work.parts("murder"))


def test_the_environment_is_as_it_was_afterwards(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    work.run(work.parts("a"))
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "MKL_NUM_THREADS" not in os.environ


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        ("0::/a/b\n", {"a/b/cpu.max": "max 100000", "a/cpu.max": "150000 100000"}, 1),
        ("0::/\n", {"cpu.max": "300000 100000"}, 3),
        ("0::/elsewhere\n", {"cpu.max": "50000 100000"}, 1),
        ("4:memory:/x\n3:cpu,cpuacct:/x\n", {"cpu/x/cpu.cfs_quota_us": "200", "cpu/x/cpu.cfs_period_us": "100"}, 2),
        ("3:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 4),
        ("", {}, 4),
    ],
)  # fmt: skip
def test_the_quota_of_the_control_group_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: str, files: dict[str, str], expected: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    (tmp_path / "own").write_text(own)
    for name, text in files.items():
        (tmp_path / "groups" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "groups" / name).write_text(text + "\n")
    assert cpu_quota(tmp_path / "groups", tmp_path / "own") == expected


def test_the_quota_of_this_machine_is_at_least_one() -> None:
    assert 1 <= cpu_quota() <= (os.cpu_count() or 1)
