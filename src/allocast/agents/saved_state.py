"""Nested state as plain arrays and JSON in one file: no pickle to write, none to read."""

import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from allocast.errors import DataError

__all__ = ["read_state", "shaped_like", "state_bytes", "write_state"]

T = TypeVar("T")
_TREE = "tree"


def state_bytes(tree: Any) -> bytes:
    """Numbers, texts, arrays and tensors in dicts, lists, tuples and dataclasses, as the bytes of an npz file.

    Raises
    ------
    DataError
        There is something else in it.
    """
    arrays: dict[str, NDArray[Any]] = {}
    plain = json.dumps(_plain(tree, arrays)).encode()
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{_TREE: np.frombuffer(plain, dtype=np.uint8)}, **arrays)
    return buffer.getvalue()


def write_state(tree: Any, path: Path) -> None:
    """Write a state into a file that is whole from the moment it can be seen, whatever happens to this process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    with unfinished.open("wb") as file:
        file.write(state_bytes(tree))
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def read_state(path: Path) -> Any:
    """What ``write_state`` wrote; dataclasses come back as dicts, see ``shaped_like``.

    Raises
    ------
    DataError
        The file is no such file.
    """
    try:
        with path.open("rb") as source, np.load(source, allow_pickle=False) as file:
            arrays = dict(file)
        return _tree(json.loads(arrays.pop(_TREE).tobytes()), arrays)
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} is no saved state: {error}. Remove it to start anew.") from error


def shaped_like(template: T, tree: Any) -> T:
    """A state that was read, its dicts as the dataclasses that the template has in their places."""
    if not is_dataclass(template) or isinstance(template, type):
        return tree  # type: ignore[no-any-return]
    own = {each.name: getattr(template, each.name) for each in fields(template) if each.init}
    return type(template)(**{name: shaped_like(part, tree[name]) for name, part in own.items()})


def _plain(tree: Any, arrays: dict[str, NDArray[Any]]) -> Any:
    """The tree as JSON can say it, its arrays moved out of it."""
    if tree is None or isinstance(tree, (bool, int, float, str)):
        return tree
    if isinstance(tree, np.generic):
        return tree.item()
    if isinstance(tree, (np.ndarray, torch.Tensor)):
        kind, name = ("tensor" if isinstance(tree, torch.Tensor) else "array"), f"array_{len(arrays)}"
        arrays[name] = tree.detach().cpu().numpy() if isinstance(tree, torch.Tensor) else tree
        return {kind: name}
    if isinstance(tree, Mapping):
        return {"pairs": [[_plain(key, arrays), _plain(value, arrays)] for key, value in tree.items()]}
    if isinstance(tree, (list, tuple)):
        return {type(tree).__name__: [_plain(part, arrays) for part in tree]}
    if is_dataclass(tree) and not isinstance(tree, type):
        return _plain({each.name: getattr(tree, each.name) for each in fields(tree) if each.init}, arrays)
    raise DataError(f"a state is made of numbers, texts and arrays; there is a {type(tree).__name__} in it.")


def _tree(plain: Any, arrays: dict[str, NDArray[Any]]) -> Any:
    if not isinstance(plain, dict):
        return plain
    ((kind, content),) = plain.items()
    if kind == "pairs":
        return {_tree(key, arrays): _tree(value, arrays) for key, value in content}
    if kind == "tensor":
        return torch.as_tensor(arrays[content])
    if kind == "array":
        return arrays[content]
    parts = [_tree(part, arrays) for part in content]
    return tuple(parts) if kind == "tuple" else parts
