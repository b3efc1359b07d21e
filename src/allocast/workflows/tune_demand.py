"""Search for better settings of the demand model on past windows, and say honestly what the search gained."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
from ruamel.yaml import YAML

import allocast
from allocast.adapters.engine import cpu_quota
from allocast.adapters.files import write_text
from allocast.adapters.progress import track
from allocast.adapters.study import Study, Trial, require_optuna
from allocast.adapters.tracking import Run
from allocast.adapters.tuning_settings import Number
from allocast.errors import SettingsError
from allocast.workflows.job import Job
from allocast.workflows.tuning_windows import (
    DemandProblem,
    OuterWindow,
    latest_windows,
    outer_windows,
    panel_digest,
)

__all__ = ["Tuned", "require_yaml_name", "tune_demand"]

LIBRARIES = ("lightgbm", "optuna", "numpy", "pandas")  # another version of one is another problem
ERRORS_OF_DOUBT = 2.0  # standard errors that a mean gain must exceed to be called one
SOURCES = (  # as is another program in one of these folders and files
    "demand", "forecast", "numerics", "workflows/tuning_windows.py", "adapters/study.py", "adapters/tuning_settings.py",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """What a search found.

    Parameters
    ----------
    chosen : mapping of setting to number
        Of the best trial on the latest windows.
    defaults : mapping of setting to number
        What the job says now.
    trials : DataFrame
        One row a trial of every search: ``search``, ``trial``, ``state``, ``scaled_pinball`` and its settings.
    gains : DataFrame
        One row an outer window: ``window``, ``default``, ``tuned`` (scaled pinball), ``gain_percent``.
    verdict : str
        What the outer windows say about tuning, in a sentence.
    run_id : str
        The run in MLflow.
    """

    chosen: Mapping[str, Number]
    defaults: Mapping[str, Number]
    trials: pd.DataFrame
    gains: pd.DataFrame
    verdict: str
    run_id: str

    @property
    def overrides(self) -> list[str]:
        """What differs from the job's own settings, as any command takes it."""
        changed = {name: value for name, value in self.chosen.items() if value != self.defaults[name]}
        return [f"demand.{name}={value}" for name, value in changed.items()]

    def to_yaml(self) -> str:
        """The chosen settings as a section to paste into a config, under a comment that says what they gain."""
        text = StringIO()
        YAML().dump({"demand": dict(self.chosen)}, text)
        return f"# Tuned on past windows, run {self.run_id}.\n# {self.verdict}\n{text.getvalue()}"


def tune_demand(job: Job, out: Path, *, workers: int = 1) -> Tuned:
    """Search, estimate what searching gains, and write the chosen settings.

    There is one search for every outer window, on the windows before it, whose choice is compared with the job's
    own settings in the outer window; and a last search, on the latest windows, which gives the result.

    Parameters
    ----------
    job : Job
    out : Path
        YAML file of the chosen settings.
    workers : int, >= 1
        Processes, at most as many as there are cores; with one, the same seed gives the same trials.

    Raises
    ------
    AllocastError
        Optuna is not installed, or another process works on the same search.
    DataError
        The history is too short.
    """
    require_yaml_name(out)
    require_optuna()
    tuning, seed = job.settings.tuning, job.settings.seed
    latest = latest_windows(job.panel, job.demand_settings, tuning, seed=seed)
    outer = list(outer_windows(job.panel, job.demand_settings, tuning, seed=seed))
    with job.store.run(f"{job.settings.name}/demand", "tune demand") as run:
        job.record(run)
        search = _Search(job=job, run=run, workers=min(workers, cpu_quota()))
        trials = search.all([*[(str(window.start), window.inner) for window in outer], ("latest", latest)])
        gains = estimate_gain(outer, [best(found) for found in trials.values()], seeds=tuning.seeds)
        tuned = Tuned(
            chosen=best(trials["latest"]),
            defaults=defaults(job),
            trials=_trials_table(trials),
            gains=gains,
            verdict=verdict(gains),
            run_id=run.run_id,
        )
        _record(run, tuned, trials["latest"])
        write_text(out, tuned.to_yaml())
    return tuned


def require_yaml_name(out: Path) -> None:
    """Refuse a file name that does not say YAML; before long work, not after it.

    Raises
    ------
    SettingsError
        The suffix is another one.
    """
    if out.suffix not in (".yaml", ".yml"):
        raise SettingsError(f"tuned settings are written as .yaml or .yml; {out} ends in {out.suffix!r}.")


def defaults(job: Job) -> dict[str, Number]:
    """The job's own values of the settings searched."""
    return {name: getattr(job.demand_settings, name) for name in sorted(job.settings.tuning.space)}


def best(trials: Sequence[Trial]) -> Mapping[str, Number]:
    """Settings of the trial with the lowest loss among those judged on all windows; of equals, the first."""
    return min((trial for trial in trials if not trial.pruned), key=lambda trial: trial.mean).chosen


def estimate_gain(
    windows: Sequence[OuterWindow], choices: Sequence[Mapping[str, Number]], *, seeds: int
) -> pd.DataFrame:
    """Loss of the job's own and of the tuned settings in each outer window, which the search never saw.

    Parameters
    ----------
    windows : sequence of OuterWindow
    choices : sequence of mappings
        For each window, what was chosen on the windows before it; further ones are not looked at.
    seeds : int, >= 1
        Trainings with seeds of their own, of whose losses the mean is taken.
    """
    rows = []
    for window, chosen in track(list(zip(windows, choices, strict=False)), "Tuning: later windows"):
        own, tuned = (_loss(window.outer, settings, seeds) for settings in ({}, chosen))
        gain = 100 * (own - tuned) / own if own > 0 else float("nan")
        rows.append((pd.Timestamp(window.start), own, tuned, gain))
    return pd.DataFrame(rows, columns=["window", "default", "tuned", "gain_percent"])


def _loss(problem: DemandProblem, chosen: Mapping[str, Number], seeds: int) -> float:
    each = [replace(problem, seed=problem.seed + extra).score(chosen, 0) for extra in range(seeds)]
    return float(np.mean(each))


def verdict(gains: pd.DataFrame) -> str:
    """What the outer windows say, in a sentence.

    Examples
    --------
    >>> verdict(pd.DataFrame({"gain_percent": [2.0, 4.0]}))
    'Tuning gained 3.0 % on later windows (2.0 to 4.0 % in each of 2).'
    >>> verdict(pd.DataFrame({"gain_percent": [-3.0, 4.0]}))
    'Tuning gained nothing that shows: 0.5 % on later windows, -3.0 to 4.0 % in each of 2. Keep the settings you have.'
    """
    gain = gains["gain_percent"].to_numpy(dtype=np.float64)
    if not len(gain):
        return "What tuning gains was not estimated (tuning.outer_windows=0)."
    mean, spread = float(gain.mean()), f"{gain.min():.1f} to {gain.max():.1f} % in each of {len(gain)}"
    if len(gain) == 1:
        return f"Tuning changed the loss by {-mean:+.1f} % on one later window; one window shows no spread."
    doubt = ERRORS_OF_DOUBT * float(gain.std(ddof=1)) / np.sqrt(len(gain))
    if mean > doubt:
        return f"Tuning gained {mean:.1f} % on later windows ({spread})."
    if mean < -doubt:
        return f"Tuning lost {-mean:.1f} % on later windows (gains of {spread}). Keep the settings you have."
    return (
        f"Tuning gained nothing that shows: {mean:.1f} % on later windows, {spread}. "
        "Keep the settings you have."
    )


@dataclass(frozen=True, kw_only=True)
class _Search:
    """The searches of one command, every trial of which becomes a child run."""

    job: Job
    run: Run
    workers: int

    def all(self, problems: Sequence[tuple[str, DemandProblem]]) -> dict[str, list[Trial]]:
        """Trials of each search, by its name."""
        found: dict[str, list[Trial]] = {name: [] for name, _ in problems}
        total = len(problems) * self.job.settings.tuning.trials
        for name, trial in track(self._each(problems), "Tuning: trials", total=total):
            found[name].append(trial)
            self._log(name, trial)
        return found

    def _each(self, problems: Sequence[tuple[str, DemandProblem]]) -> Iterator[tuple[str, Trial]]:
        tuning = self.job.settings.tuning
        for name, problem in problems:
            study = Study(
                folder=self.job.store.folder,
                name=f"{self.job.settings.name}-{problem_digest(self.job, problem)[:16]}",
                space=tuning.space,
                defaults=defaults(self.job),
                seed=self.job.settings.seed,
                prune=tuning.prune,
            )
            for trial in study.search(problem, tuning.trials, workers=self.workers):
                yield name, trial

    def _log(self, name: str, trial: Trial) -> None:
        state = "pruned" if trial.pruned else "finished"
        tags = {"search": name, "state": state, "resumed": str(trial.resumed).lower()}
        title = f"{name} trial {trial.number}"
        with self.job.store.run(self.run.experiment, title, parent=self.run, tags=tags) as child:
            child.params(trial.chosen)
            child.metric_history({"window_scaled_pinball": trial.scores})
            child.metrics({"scaled_pinball": trial.mean, "windows_judged": len(trial.scores)})


def problem_digest(job: Job, problem: DemandProblem) -> str:
    """SHA-256 of all that a trial's loss and the next choice depend on; how many trials there are does not."""
    tuning = job.settings.tuning.model_dump(mode="json", include={"prune", "space"})
    known = {
        "panel": panel_digest(problem.panel),
        "demand": asdict(replace(problem.settings, threads=1)),
        "windows": [problem.starts, problem.origins, problem.seed],
        "tuning": tuning,
        "versions": [version(name) for name in LIBRARIES],
        "sources": [_source_digest(name) for name in SOURCES],
    }
    return hashlib.sha256(json.dumps(known, sort_keys=True, default=str).encode()).hexdigest()


def _source_digest(name: str) -> str:
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in source_files(name))).hexdigest()


def source_files(name: str) -> list[Path]:
    """The program files of a folder of the package and below it, or the one file."""
    place = Path(allocast.__file__).parent / name
    return [place] if place.is_file() else sorted(place.rglob("*.py"))


def _trials_table(trials: Mapping[str, Sequence[Trial]]) -> pd.DataFrame:
    rows = [
        {
            "search": name,
            "trial": trial.number,
            "state": "pruned" if trial.pruned else "finished",
            "scaled_pinball": trial.mean,
            "windows": len(trial.scores),
            **trial.chosen,
        }
        for name, found in trials.items()
        for trial in found
    ]
    return pd.DataFrame(rows)


def _record(run: Run, tuned: Tuned, latest: Sequence[Trial]) -> None:
    """What a person looks for in the parent run."""
    run.table(tuned.trials, "trials.csv")
    run.text(tuned.to_yaml(), "tuned.yaml")
    run.text("\n".join(tuned.overrides) + "\n", "overrides.txt")
    losses = {tuple(trial.chosen.items()): trial.mean for trial in latest}
    inner = {"inner.default": tuned.defaults, "inner.tuned": tuned.chosen}
    run.metrics({name: losses[tuple(settings.items())] for name, settings in inner.items()})
    if len(tuned.gains):
        run.table(tuned.gains, "gains.csv")
        gain = tuned.gains["gain_percent"].to_numpy(dtype=np.float64)
        run.metrics({"outer.gain_percent": gain.mean()})
        run.metric_history({"outer.window_gain_percent": gain.tolist()})
