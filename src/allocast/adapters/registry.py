"""Registered models: stored without pickle, found by alias, with a history of who moved it and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from allocast.adapters.alias_history import AliasHistory, utc_text
from allocast.adapters.bundles import ModelBundle, bundle_class, read_bundle
from allocast.adapters.logged_model import log_bundle
from allocast.adapters.tracking import Run, TrackingStore, quiet_mlflow
from allocast.errors import NoModelError, RegistryError

__all__ = ["LoadedModel", "ModelRegistry", "ModelVersion"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """One registered version: `digest` is the SHA-256 of all its files."""

    name: str
    version: int
    kind: str
    run_id: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A model ready for use, with what a recommendation must say about its origin."""

    bundle: ModelBundle
    name: str
    version: int
    run_id: str
    digest: str
    knows_until: str = ""


class ModelRegistry:
    """The registered models of one store.

    Parameters
    ----------
    store : TrackingStore
        Its folder also holds ``alias_history.db``: MLflow forgets where an alias pointed before.
    """

    def __init__(self, store: TrackingStore) -> None:
        self.store = store
        self._history = AliasHistory(store.folder)

    def register(
        self,
        name: str,
        bundle: ModelBundle,
        *,
        run: Run,
        signature_input: pd.DataFrame,
        knows_until: str = "",
    ) -> ModelVersion:
        """Store a model as the next version of this name.

        Parameters
        ----------
        name : str
            Of the model, shared by its versions.
        bundle : ModelBundle
            The trained model.
        run : Run
            In which it was trained.
        signature_input : DataFrame
            A few rows as `served_table` takes them; they become the signature and its example.
        knows_until : str
            The last period it learned from, as an ISO date; it must not serve decisions before.

        Raises
        ------
        UnknownNameError
            The bundle's kind is not in `BUNDLE_CLASSES`.
        RegistryError
            MLflow does not take this name.
        """
        bundle_class(bundle.kind)
        self._ensure_name(name)
        client = self.store.client
        logged, digest = log_bundle(client, bundle, name=name, run=run, signature_input=signature_input)
        # A source of "models:/..." would be looked up in MLflow's global store, not in this one.
        created = client.create_model_version(
            name,
            source=logged.artifact_location,
            run_id=run.run_id,
            model_id=logged.model_id,
            tags={"kind": bundle.kind, "digest": digest, "knows_until": knows_until},
            await_creation_for=0,
        )
        return ModelVersion(
            name=name, version=int(created.version), kind=bundle.kind, run_id=run.run_id, digest=digest
        )

    def load(
        self, name: str, *, alias: str = "champion", version: int | None = None, kind: str | None = None
    ) -> LoadedModel:
        """The model an alias points at, or a certain version.

        Parameters
        ----------
        name : str
            Of the model.
        alias : str
            Used when no version is given.
        version : int, optional
            A certain version.
        kind : str, optional
            What is expected; a model of another kind is refused, and the error says what to run.

        Raises
        ------
        NoModelError
            Nothing is registered under this name, alias or version.
        RegistryError
            It is of another kind, or its files are missing or were changed.
        """
        found = self._find(name, alias, version, kind)
        if kind is not None and found.tags["kind"] != kind:
            raise RegistryError(f"model {name!r} must be of kind {kind!r}; it is {found.tags['kind']!r}.")
        digest = found.tags["digest"]
        bundle = read_bundle(self._local_folder(found) / "artifacts" / "bundle", digest=digest)
        return LoadedModel(
            bundle=bundle,
            name=name,
            version=int(found.version),
            run_id=found.run_id,
            digest=digest,
            knows_until=found.tags.get("knows_until", ""),
        )

    def promote(
        self,
        name: str,
        version: int,
        alias: str,
        *,
        reason: str,
        actor: str,
        evidence: Mapping[str, float],
        now: datetime | None = None,
    ) -> None:
        """Point an alias at a version, and remember who did it, when, why and on what evidence.

        Parameters
        ----------
        name, version, alias : str, int, str
            Which alias of which model moves to which version.
        reason, actor : str
            Why, and who; neither may be empty.
        evidence : mapping
            Figure name to value: what the decision rests on.
        now : datetime with time zone, optional
            When; the clock is read when it is not given.

        Raises
        ------
        NoModelError
            There is no such version.
        RegistryError
            Reason or actor is empty, or MLflow does not take this alias.
        """
        for what, text in {"reason": reason, "actor": actor}.items():
            if not text.strip():
                raise RegistryError(
                    f"moving alias {alias!r} of model {name!r} needs a reason and an actor; "
                    f"the {what} is empty."
                )
        at = utc_text(now)
        self._find(name, alias, version, None)
        with self._history.transaction(name) as moves:
            before = self._live_aliases(name)
            moves.notice(before, at)
            self._set_alias(name, alias, version)
            moves.add(at, alias, before.get(alias), version, actor=actor, reason=reason, evidence=evidence)

    def history(self, name: str, *, now: datetime | None = None) -> pd.DataFrame:
        """All moves of a model's aliases, oldest first.

        An alias that someone moved with another tool is noticed here and by `promote`: it is added with
        ``moved_outside`` true, `now` as its time and no version where the alias was removed.

        Returns
        -------
        DataFrame
            Columns at (UTC), alias, from_version, to_version, actor, reason, evidence (dict), moved_outside.

        Raises
        ------
        NoModelError
            No model of this name was ever registered.
        """
        with self._history.transaction(name) as moves:
            moves.notice(self._live_aliases(name), utc_text(now))
            found = moves.table()
        if found.empty and not self._versions(name):
            raise NoModelError(_nothing_registered(name, None))
        return found

    def champion_at(self, name: str, when: datetime, *, alias: str = "champion") -> int:
        """The version an alias pointed at, at a time (with time zone).

        Raises
        ------
        NoModelError
            It pointed nowhere then.
        """
        moves = self.history(name)
        moves = moves[(moves["alias"] == alias) & (moves["at"] <= pd.Timestamp(utc_text(when)))]
        if moves.empty or pd.isna(moves["to_version"].iloc[-1]):
            raise NoModelError(f"model {name!r} had no version with alias {alias!r} at {when}.")
        return int(moves["to_version"].iloc[-1])

    def show(self, name: str, version: int) -> dict[str, Any]:
        """All that is known of one version: origin, signature, parameters, metrics, digests.

        Raises
        ------
        NoModelError
            There is no such version.
        """
        found = self._find(name, "", version, None)
        run = self.store.client.get_run(found.run_id)
        with quiet_mlflow() as mlflow:
            signature = mlflow.models.Model.load(str(self._local_folder(found))).signature
        return {
            **self._row(found, self._live_aliases(name)),
            "params": dict(run.data.params),
            "signature": {
                "inputs": signature.inputs.to_dict(),
                "outputs": signature.outputs.to_dict(),
            },
            "data": {used.dataset.name: used.dataset.digest for used in run.inputs.dataset_inputs},
        }

    def run_of(self, version: str) -> str:
        """The run that made a version, which is named as in tables: ``name/version``; empty where there was none.

        Raises
        ------
        NoModelError
            There is no such version.
        """
        name, _, number = version.rpartition("/")
        return self._find(name, "", int(number), None).run_id or ""

    def list(self) -> pd.DataFrame:
        """One row a version, the newest first, with the metrics of its run as a dict."""
        columns = ["name", "version", "kind", "aliases", "run_id", "created", "digest", "metrics"]
        found = self.store.client.search_model_versions(order_by=["name ASC", "version_number DESC"])
        live = {name: self._live_aliases(name) for name in {version.name for version in found}}
        return pd.DataFrame([self._row(version, live[version.name]) for version in found], columns=columns)

    def _row(self, found: Any, live: Mapping[str, int]) -> dict[str, Any]:
        version = int(found.version)
        # A version that another tool registered may come from no run.
        metrics = dict(self.store.client.get_run(found.run_id).data.metrics) if found.run_id else {}
        return {
            "name": found.name,
            "version": version,
            "kind": found.tags.get("kind", ""),
            "aliases": tuple(
                sorted(alias for alias, version in live.items() if version == int(found.version))
            ),
            "run_id": found.run_id,
            "created": pd.Timestamp(found.creation_timestamp, unit="ms", tz="UTC"),
            "digest": found.tags.get("digest", ""),
            "metrics": metrics,
        }

    def _ensure_name(self, name: str) -> None:
        try:
            self.store.client.create_registered_model(name)
        except _mlflow_error() as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise RegistryError(f"a model cannot be named {name!r}: {error}") from error

    def _set_alias(self, name: str, alias: str, version: int) -> None:
        try:
            self.store.client.set_registered_model_alias(name, alias, str(version))
        except _mlflow_error() as error:
            raise RegistryError(f"cannot set alias {alias!r} of model {name!r}: {error}") from error

    def _find(self, name: str, alias: str, version: int | None, kind: str | None) -> Any:
        client = self.store.client
        try:
            if version is not None:
                found = client.get_model_version(name, str(version))
            else:
                found = client.get_model_version_by_alias(name, alias)
        except _mlflow_error() as error:
            raise NoModelError(self._what_is_missing(name, alias, version, kind)) from error
        if "digest" not in found.tags:
            raise RegistryError(f"model {name!r} version {found.version} was not registered by Allocast.")
        return found

    def _what_is_missing(self, name: str, alias: str, version: int | None, kind: str | None) -> str:
        versions = ", ".join(str(number) for number in self._versions(name))
        if not versions:
            return _nothing_registered(name, kind)
        if version is not None:
            return f"model {name!r} has no version {version}; it has {versions}."
        return (
            f"model {name!r} has no version with alias {alias!r}; it has versions {versions}. "
            "Choose one with: allocast models promote"
        )

    def _versions(self, name: str) -> tuple[int, ...]:
        everything = self.store.client.search_model_versions()
        return tuple(sorted(int(found.version) for found in everything if found.name == name))

    def _local_folder(self, found: Any) -> Path:
        with quiet_mlflow() as mlflow:  # a local folder is read where it is; only a remote one is copied
            return Path(
                mlflow.artifacts.download_artifacts(
                    artifact_uri=found.source, tracking_uri=self.store.tracking_uri
                )
            )

    def _live_aliases(self, name: str) -> dict[str, int]:
        try:
            aliases = self.store.client.get_registered_model(name).aliases
        except _mlflow_error() as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return {}
        return {alias: int(version) for alias, version in aliases.items()}


def _nothing_registered(name: str, kind: str | None) -> str:
    one = {"policy": "allocast backtest CONFIG", None: ""}.get(kind, f"allocast train {kind} CONFIG")
    commands = f"{one}, or all of it: allocast run CONFIG" if one else "allocast run CONFIG"
    return f"no model named {name!r} is registered; run: {commands}"


def _mlflow_error() -> Any:
    """MLflow's exception; imported quietly, as this may be the first that anybody asks of it."""
    with quiet_mlflow() as mlflow:
        return mlflow.exceptions.MlflowException
