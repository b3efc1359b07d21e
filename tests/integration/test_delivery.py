"""Parts handed over whole, as a file or as a folder; interrupted work is kept, other people's files are not touched."""

import itertools
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from filelock import FileLock

from allocast.adapters.delivery import deliver_file, deliver_folder, require_output, workplace
from allocast.adapters.engine import MANIFEST, run_shards, worker_pool
from allocast.adapters.files import write_table
from allocast.errors import AllocastError, DataError


@pytest.fixture
def parts(tmp_path):
    files = [tmp_path / "made" / f"part-{k}.parquet" for k in range(2)]
    for k, file in enumerate(files):
        write_table(pd.DataFrame({"row": [2 * k, 2 * k + 1], "name": ["a", None]}), file)
    return files


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_parts_become_one_file_in_their_order(parts, tmp_path, name):
    out = tmp_path / name
    deliver_file(parts, out)
    table = pd.read_csv(out) if name.endswith("csv") else pd.read_parquet(out)
    assert table["row"].tolist() == [0, 1, 2, 3]
    assert table["name"].isna().tolist() == [False, True, False, True]


def test_a_folder_takes_the_place_of_an_earlier_result_and_reads_as_one_table(parts, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    write_table(pd.DataFrame({"row": [99]}), out / "part-7.parquet")
    (parts[0].parent / MANIFEST).touch()
    deliver_folder(parts[0].parent, out, {"as_of": "2024-01-01"})
    assert pd.read_parquet(out)["row"].tolist() == [0, 1, 2, 3]
    assert json.loads((out / "_made_by_allocast.json").read_text()) == {"as_of": "2024-01-01"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]
    assert not (out / MANIFEST).exists()
    require_output(out)


def test_a_folder_with_other_files_is_refused_and_an_empty_one_is_not(tmp_path):
    require_output(tmp_path)
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(DataError, match="holds files that no forecast wrote"):
        require_output(tmp_path)


def test_a_name_that_is_neither_a_table_nor_a_folder_is_refused(tmp_path):
    require_output(tmp_path / "forecast.csv")
    with pytest.raises(DataError, match=r"ends in '\.txt'"):
        require_output(tmp_path / "forecast.txt")


def test_interrupted_work_is_kept_for_the_same_job_and_cleared_for_another(tmp_path):
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt), workplace(out, "1" * 64) as place:
        write_table(pd.DataFrame({"row": [1]}), place / "done.parquet")
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt), workplace(out, "1" * 64) as place:
        assert (place / "done.parquet").exists()
        raise KeyboardInterrupt
    with workplace(out, "2" * 64) as other:
        assert not place.exists() and other != place
    assert list(tmp_path.iterdir()) == []


def test_two_jobs_on_one_output_are_refused(tmp_path):
    (tmp_path / ".out.work").mkdir()
    with (
        FileLock(tmp_path / ".out.work" / "lock"),
        pytest.raises(AllocastError, match="another process is writing"),
        workplace(tmp_path / "out", "1" * 64),
    ):
        pass


class Killed(BaseException):
    """The process is gone: nothing that it would still do is done."""


@dataclass(frozen=True)
class Shard:
    name: str
    row: int


def score(shard):
    return pd.DataFrame({"row": [shard.row]})


def deliver(out, row, *, until=None):
    """A job of two shards, and its delivery; ``until`` is called before the delivery, as an accident may be."""
    with workplace(out, str(row) * 64) as place, worker_pool(1) as pool:
        shards = [Shard("part-0", row), Shard("part-1", row)]
        files = run_shards(score, shards, place / "forecast", workers=1, digest=str(row), pool=pool)
        if until:
            until()
        deliver_folder(files[0].parent, out, {})


def kill_after(steps, patch):
    """Let so many changes of the file system happen, and none after them."""
    left = itertools.count(steps, -1)

    def stopped(change):
        def changed(*arguments, **options):
            if next(left) <= 0:
                raise Killed
            return change(*arguments, **options)

        return changed

    for name in ("rename", "replace", "unlink", "rmdir", "mkdir"):
        patch.setattr(os, name, stopped(getattr(os, name)))


def killed_after(steps, monkeypatch, out, row):
    """Whether the job was killed so many steps into its delivery; false where it had been done by then."""
    with monkeypatch.context() as patch:
        try:
            deliver(out, row, until=lambda: kill_after(steps, patch))
        except Killed:
            return True
    return False


@pytest.mark.parametrize("earlier", [False, True])
def test_a_job_killed_at_any_step_of_its_delivery_is_finished_by_the_next_run(tmp_path, monkeypatch, earlier):
    for steps in itertools.count():
        out = tmp_path / str(steps) / "out"
        if earlier:
            deliver(out, 1)
        if not killed_after(steps, monkeypatch, out, 2):
            break
        assert not out.exists() or pd.read_parquet(out)["row"].tolist() in ([1, 1], [2, 2])
        deliver(out, 2)
        assert pd.read_parquet(out)["row"].tolist() == [2, 2]
        assert [path.name for path in out.parent.iterdir()] == ["out"]
    assert steps > 10 + 5 * earlier


def test_after_a_killed_delivery_another_job_that_fails_leaves_a_whole_result(tmp_path, monkeypatch):
    for steps in itertools.count():
        out = tmp_path / str(steps) / "out"
        deliver(out, 1)
        if not killed_after(steps, monkeypatch, out, 2):
            break
        with suppress(KeyboardInterrupt), workplace(out, "3" * 64):
            raise KeyboardInterrupt
        assert pd.read_parquet(out)["row"].tolist() in ([1, 1], [2, 2])
    assert steps > 15


def test_an_earlier_result_is_put_back_where_the_new_one_cannot_take_its_name(parts, tmp_path, monkeypatch):
    out, folder = tmp_path / "out", parts[0].parent
    deliver(out, 1)
    rename = Path.rename

    def refuse(path, target):
        if path == folder:
            raise OSError("no space left")
        return rename(path, target)

    with monkeypatch.context() as patch, pytest.raises(OSError, match="no space left"):
        patch.setattr(Path, "rename", refuse)
        deliver_folder(folder, out, {})
    assert pd.read_parquet(out)["row"].tolist() == [1, 1]
    deliver_folder(folder, out, {})
    assert pd.read_parquet(out)["row"].tolist() == [0, 1, 2, 3]
