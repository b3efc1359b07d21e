from dataclasses import dataclass

import numpy as np
import pytest
import torch

from allocast.agents.saved_state import read_state, shaped_like, state_bytes, write_state
from allocast.errors import DataError


@dataclass(frozen=True)
class Inner:
    units: np.ndarray
    others: tuple = ()


@dataclass(frozen=True)
class Outer:
    inner: Inner
    price: float


@pytest.mark.parametrize(
    "tree",
    [
        None,
        {"big": 2**127 + 1, "small": 0.1 + 0.2, "endless": float("inf"), 3: True, "text": "a"},
        [1, (2.5, [None, "b"]), ()],
        np.float32(0.1),
    ],
)
def test_a_state_comes_back_as_it_was(tmp_path, tree):
    write_state(tree, tmp_path / "state.npz")
    assert read_state(tmp_path / "state.npz") == tree


def test_arrays_and_tensors_come_back_with_their_kind(tmp_path):
    tree = {
        "array": np.arange(6, dtype=np.int16).reshape(2, 3),
        "tensors": (torch.tensor([1.5]), torch.tensor(2)),
    }
    write_state(tree, tmp_path / "state.npz")
    again = read_state(tmp_path / "state.npz")
    np.testing.assert_array_equal(again["array"], tree["array"])
    assert again["array"].dtype == np.int16
    assert [(t.dtype, t.tolist()) for t in again["tensors"]] == [(torch.float32, [1.5]), (torch.int64, 2)]


def test_dataclasses_come_back_by_a_template(tmp_path):
    state = Outer(inner=Inner(units=np.array([1.0, 2.0]), others=(np.ones(1),)), price=3.0)
    write_state(state, tmp_path / "state.npz")
    again = shaped_like(Outer(inner=Inner(units=np.zeros(1)), price=0.0), read_state(tmp_path / "state.npz"))
    assert state_bytes(again) == state_bytes(state)
    assert isinstance(again.inner, Inner)


def test_what_is_neither_number_nor_array_is_refused(tmp_path):
    with pytest.raises(DataError, match="there is a set in it"):
        write_state({"a": {1, 2}}, tmp_path / "state.npz")
    assert not (tmp_path / "state.npz").exists()


def test_pickled_objects_are_neither_written_nor_read(tmp_path):
    with pytest.raises(ValueError, match="allow_pickle"):
        write_state(np.array([{}], dtype=object), tmp_path / "state.npz")
    np.savez(tmp_path / "other.npz", tree=np.array([{}], dtype=object))
    with pytest.raises(DataError, match="no saved state"):
        read_state(tmp_path / "other.npz")


@pytest.mark.parametrize("content", [b"", b"no archive"])
def test_what_is_no_saved_state_is_refused(tmp_path, content):
    (tmp_path / "state.npz").write_bytes(content)
    with pytest.raises(DataError, match="Remove it to start anew"):
        read_state(tmp_path / "state.npz")


def test_a_file_that_was_cut_is_refused(tmp_path):
    path = tmp_path / "state.npz"
    write_state({"units": np.arange(1000.0)}, path)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(DataError, match="no saved state"):
        read_state(path)
