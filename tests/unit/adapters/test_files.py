import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from allocast.adapters.files import write_atomically, write_table
from allocast.errors import DataError

TABLE = pd.DataFrame(
    {"item_id": ["a", "b"], "units": [1.5, float("nan")], "day": pd.to_datetime(["2024-01-01"] * 2)}
)


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def write(path: Path, text: str) -> None:
    path.write_text(text)


def test_a_file_and_its_folder_are_made(tmp_path: Path) -> None:
    write_atomically(tmp_path / "new" / "note.txt", lambda path: write(path, "done"))
    assert (tmp_path / "new" / "note.txt").read_text() == "done"
    assert names(tmp_path / "new") == ["note.txt"]


def test_the_old_file_stays_when_the_writer_fails(tmp_path: Path) -> None:
    target = tmp_path / "note.txt"
    target.write_text("old")

    def fail(path: Path) -> None:
        path.write_text("ha")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_atomically(target, fail)

    assert target.read_text() == "old"
    assert names(tmp_path) == ["note.txt"]


def test_a_killed_writer_leaves_the_old_file_and_the_next_one_cleans_up(tmp_path: Path) -> None:
    target = tmp_path / "note.txt"
    target.write_text("old")
    code = (
        "import sys, time; from pathlib import Path; from allocast.adapters.files import write_atomically\n"
        "def half(path): path.write_text('ha'); print('written', flush=True); time.sleep(60)\n"
        f"write_atomically(Path({str(target)!r}), half)"
    )
    writer = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"written\n"
    write_atomically(tmp_path / "other.txt", lambda path: write(path, "done"))
    assert len(names(tmp_path)) == 3, "a living writer is left alone"
    writer.send_signal(signal.SIGKILL)
    writer.communicate()

    assert target.read_text() == "old"
    write_atomically(target, lambda path: write(path, "new"))
    assert target.read_text() == "new"
    assert names(tmp_path) == ["note.txt", "other.txt"]


def test_a_living_writer_of_the_same_file_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / f".note.txt.{os.getpid()}.abc_12"
    mine.mkdir()
    write_atomically(tmp_path / "note.txt", lambda path: write(path, "done"))
    assert mine.exists()


def test_the_file_has_the_usual_permissions(tmp_path: Path) -> None:
    write_atomically(tmp_path / "note.txt", lambda path: write(path, "done"))
    (tmp_path / "plain.txt").write_text("done")
    assert (tmp_path / "note.txt").stat().st_mode == (tmp_path / "plain.txt").stat().st_mode


@pytest.mark.parametrize("name", ["table.csv", "table.parquet"])
def test_a_table_gives_the_same_bytes_every_time(tmp_path: Path, name: str) -> None:
    write_table(TABLE, tmp_path / "one" / name)
    time.sleep(0.01)
    write_table(TABLE.set_axis([7, 3]), tmp_path / "two" / name)
    assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_table_comes_back_from_parquet_as_it_was(tmp_path: Path) -> None:
    write_table(TABLE, tmp_path / "table.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "table.parquet"), TABLE)


def test_a_csv_has_unix_lines_and_empty_fields_for_what_is_missing(tmp_path: Path) -> None:
    write_table(TABLE, tmp_path / "table.csv")
    assert (tmp_path / "table.csv").read_bytes() == b"item_id,units,day\na,1.5,2024-01-01\nb,,2024-01-01\n"


@pytest.mark.parametrize("name", ["table.xlsx", "table", "table.CSV"])
def test_another_suffix_is_refused_with_the_valid_ones(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"written as \.csv or \.parquet; .* ends in"):
        write_table(TABLE, tmp_path / name)
    assert names(tmp_path) == []
