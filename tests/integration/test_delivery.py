"""Parts handed over whole, as a file or as a folder; interrupted work is kept, other people's files are not touched."""

import json

import pandas as pd
import pytest
from filelock import FileLock

from allocast.adapters.delivery import deliver_file, deliver_folder, require_output, workplace
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
    (parts[0].parent / "job.json").touch()
    deliver_folder(parts[0].parent, out, {"as_of": "2024-01-01"})
    assert pd.read_parquet(out)["row"].tolist() == [0, 1, 2, 3]
    assert json.loads((out / "_made_by_allocast.json").read_text()) == {"as_of": "2024-01-01"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]
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
