"""A trained model as a folder of plain files, checked on reading."""

import hashlib
import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, cast

import pandas as pd

from allocast.errors import RegistryError, UnknownNameError

__all__ = ["BUNDLE_CLASSES", "ModelBundle", "bundle_class", "read_bundle", "served_table", "write_bundle"]

BUNDLE_CLASSES = {
    "demand": "allocast.forecast.lightgbm_model:DemandModel",
    "supply": "allocast.supply.supplier_model:SupplierModel",
    "agent": "allocast.agents.saved_agent:SavedAgent",
    "policy": "allocast.adapters.policy_document:PolicyDocument",
}
"""Model kind to ``module:class``. The only place that says what is imported: a stored file never does."""

_SERVED = {"demand": "allocast.adapters.demand_table:forecast_table"}
"""Kinds that are asked with tables of data rather than with what the model itself takes."""

_MANIFEST = "bundle.json"


class ModelBundle(Protocol):
    """A trained model that can be turned into files and back; a key of `BUNDLE_CLASSES` is its kind."""

    kind: ClassVar[str]

    def state(self) -> dict[str, bytes]:
        """File name to content: text, JSON or plain arrays, never pickle."""

    @classmethod
    def from_state(cls, files: Mapping[str, bytes]) -> Self:
        """The model that `state` described."""

    def predict_table(self, frame: pd.DataFrame) -> pd.DataFrame:
        """One row of predictions for each row asked; whole numbers arrive as doubles."""


def served_table(bundle: ModelBundle, frame: pd.DataFrame) -> pd.DataFrame:
    """What a registered model answers: demand models take a demand table and give the forecast of its series.

    Other kinds answer each row, as ``ModelBundle.predict_table`` does.

    Parameters
    ----------
    bundle : ModelBundle
    frame : DataFrame
        Whole numbers arrive as doubles.
    """
    if bundle.kind not in _SERVED:
        return bundle.predict_table(frame)
    served: pd.DataFrame = _imported(_SERVED[bundle.kind])(bundle, frame)
    return served


def read_bundle(folder: Path | str, *, digest: str | None = None) -> ModelBundle:
    """The model stored in a folder, after a check that its files are those that were stored.

    Parameters
    ----------
    folder : Path
        As it was written when the model was registered.
    digest : str, optional
        What the registry says the folder's digest is.

    Raises
    ------
    RegistryError
        A file is missing or does not have the content it was stored with, or it has the form of another version.
    UnknownNameError
        The model is of a kind this version of Allocast does not know.
    """
    folder = Path(folder)
    try:
        manifest = (folder / _MANIFEST).read_bytes()
        stored = json.loads(manifest)
        files = {name: (folder / _plain(name)).read_bytes() for name in stored["files"]}
    except FileNotFoundError as error:
        raise RegistryError(
            f"a file of the model is missing: {error.filename}. Restore the store's artifacts folder, "
            "or train and register again."
        ) from error
    changed = sorted(name for name, content in files.items() if _sha256(content) != stored["files"][name])
    if digest not in (None, _sha256(manifest)):
        changed.append(_MANIFEST)
    if changed:
        raise RegistryError(f"files in {folder} were changed after registering: {', '.join(changed)}.")
    try:
        return bundle_class(stored["kind"]).from_state(files)
    except (KeyError, TypeError) as error:
        raise RegistryError(
            f"the {stored['kind']} model in {folder} was stored by another version of Allocast, in another "
            f"form ({error}). Train and register it again."
        ) from error


def write_bundle(bundle: ModelBundle, folder: Path) -> str:
    """Write a model into a new folder; gives the digest of all its files."""
    folder.mkdir()
    files = bundle.state()
    for name, content in files.items():
        (folder / _plain(name)).write_bytes(content)
    hashes = {name: _sha256(files[name]) for name in sorted(files)}
    manifest = json.dumps({"kind": bundle.kind, "files": hashes}).encode()
    (folder / _MANIFEST).write_bytes(manifest)
    return _sha256(manifest)


def _plain(name: str) -> str:
    if Path(name).name != name or name == _MANIFEST:
        raise RegistryError(f"a model's file must have a plain name other than {_MANIFEST}; it is {name!r}.")
    return name


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def bundle_class(kind: str) -> type[ModelBundle]:
    """The class of a kind.

    Raises
    ------
    UnknownNameError
        The kind is not in `BUNDLE_CLASSES`.
    """
    if kind not in BUNDLE_CLASSES:
        raise UnknownNameError("model kind", kind, BUNDLE_CLASSES)
    return cast(type[ModelBundle], _imported(BUNDLE_CLASSES[kind]))


def _imported(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)
