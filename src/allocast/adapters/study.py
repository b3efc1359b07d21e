"""A search for better settings with Optuna: seeded, resumable, pruned, its trials kept in SQLite."""

import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from filelock import FileLock, Timeout

from allocast.adapters.engine import worker_pool
from allocast.adapters.tuning_settings import Number, SearchRange, is_whole
from allocast.errors import AllocastError, MissingExtraError
from allocast.numerics.streams import integer_seed

__all__ = ["Problem", "Study", "Trial", "require_optuna"]

DIGITS = 3  # of a searched number: more would say nothing, and nobody wants to paste them


class Problem(Protocol):
    """What a trial is judged by; it travels to other processes, so it can be pickled."""

    @property
    def n_folds(self) -> int:
        """How many folds there are."""

    def score(self, chosen: Mapping[str, Number], fold: int) -> float:
        """Loss of the chosen settings in one fold; lower is better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One choice of settings and what came of it.

    Parameters
    ----------
    number : int, >= 0
    chosen : mapping of setting to number
    scores : tuple of float
        Loss in each fold that was judged, in their order.
    pruned : bool
        Given up before the last fold.
    resumed : bool
        It was finished before this process began.
    """

    number: int
    chosen: Mapping[str, Number]
    scores: tuple[float, ...]
    pruned: bool
    resumed: bool

    @property
    def mean(self) -> float:
        """Mean loss of the folds that were judged."""
        return float(np.mean(self.scores))


@dataclass(kw_only=True)
class Attempt:
    """A trial under way."""

    trial: Any
    chosen: Mapping[str, Number]
    is_default: bool
    scores: list[float] = field(default_factory=list)


def require_optuna() -> Any:
    """The ``optuna`` module, imported only here and without its chatter.

    Raises
    ------
    MissingExtraError
        It is not installed; the message says how to.
    """
    try:
        import optuna
    except ImportError as error:
        raise MissingExtraError(
            'tuning needs Optuna, which is not installed. Install the extra: pip install "allocast[tuning]"'
        ) from error
    optuna.logging.set_verbosity(logging.WARNING)
    return optuna


@dataclass(frozen=True, kw_only=True)
class Study:
    """A search kept under its name; opened again, it goes on where it stopped.

    Parameters
    ----------
    folder : Path
        Holds ``tuning.db`` with the trials of all studies.
    name : str
        Stands for data, settings and space together, so that trials of different problems are never mixed.
    space : mapping of setting to SearchRange
    defaults : mapping of setting to number
        Tried first, so that what is chosen is never worse than them in the folds searched.
    seed : int
    prune : bool
    """

    folder: Path
    name: str
    space: Mapping[str, SearchRange]
    defaults: Mapping[str, Number]
    seed: int
    prune: bool = True

    def search(self, problem: Problem, trials: int, *, workers: int = 1) -> Iterator[Trial]:
        """Trials as they finish, first those that were finished before, until there are so many.

        A trial that was under way when its process was killed is begun again at its place.

        With one worker, trials follow from the seed alone, whether or not the search was interrupted. With more,
        what is tried next depends on which trial happens to finish first.

        Parameters
        ----------
        problem : Problem
        trials : int, >= 1
        workers : int, >= 1
            Processes of one thread each; one worker is this process.

        Raises
        ------
        AllocastError
            Optuna is not installed, another process works on this study, or a worker was killed.
        """
        optuna = require_optuna()
        with self._alone(), worker_pool(min(workers, trials)) as executor:
            under_way = _UnderWay(optuna=optuna, study=self._open(optuna), problem=problem, executor=executor)
            yield from (trial for place, trial in under_way.finished.items() if place < trials)
            try:
                yield from self._go_on(under_way, trials, workers)
            except BrokenProcessPool as error:
                raise AllocastError(
                    f"a worker process was killed, probably for want of memory, with {workers} of them at work. "
                    "Finished trials stay: run again to go on, with fewer workers."
                ) from error

    def _go_on(self, under_way: "_UnderWay", trials: int, workers: int) -> Iterator[Trial]:
        """Keep as many trials under way as there are workers; each judges one fold after the other."""
        left = [place for place in range(trials) if place not in under_way.finished]
        done = trials - len(left)
        while left or under_way.running:
            while left and len(under_way.running) < workers:
                under_way.begin(self._ask(under_way.optuna, under_way.study, left.pop(0)))
            for attempt in under_way.judged():
                yield under_way.tell(attempt, number=done)
                done += 1

    def _ask(self, optuna: Any, study: Any, place: int) -> Attempt:
        """The next choice. The sampler is seeded anew for each, so that a resumed search does not repeat itself."""
        study.sampler = optuna.samplers.TPESampler(seed=integer_seed(self.seed, "tuning", str(place)))
        waiting = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.WAITING,))
        if place == 0 and not waiting:  # a killed process may have left it
            study.enqueue_trial(dict(self.defaults))
        trial = study.ask()
        chosen = {name: self._suggest(trial, name) for name in sorted(self.space)}
        chosen = dict(self.defaults) if place == 0 else chosen
        trial.set_user_attr("place", place)
        trial.set_user_attr("chosen", chosen)
        return Attempt(trial=trial, chosen=chosen, is_default=place == 0)

    def _suggest(self, trial: Any, name: str) -> Number:
        searched = self.space[name].reaching(self.defaults[name])
        if is_whole(name):
            return int(trial.suggest_int(name, int(searched.low), int(searched.high), log=searched.log))
        exact = trial.suggest_float(name, searched.low, searched.high, log=searched.log)
        return min(max(float(f"{exact:.{DIGITS}g}"), searched.low), searched.high)

    def _open(self, optuna: Any) -> Any:
        self.folder.mkdir(parents=True, exist_ok=True)
        pruner = optuna.pruners.MedianPruner() if self.prune else optuna.pruners.NopPruner()
        with FileLock(self.folder / "tuning.lock"):  # two processes that make one database break it
            study = optuna.create_study(
                storage=f"sqlite:///{self.folder / 'tuning.db'}",
                study_name=self.name,
                pruner=pruner,
                load_if_exists=True,
            )
        running = (optuna.trial.TrialState.RUNNING,)
        for trial in study.get_trials(deepcopy=False, states=running):  # of a process that was killed
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        return study

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.folder / f"tuning-{self.name}.lock", timeout=0):
                yield
        except Timeout as error:
            raise AllocastError(
                f"another process is at work on the study {self.name} in {self.folder}; wait for it or end it."
            ) from error


@dataclass(kw_only=True)
class _UnderWay:
    """A study being worked on: its trials that are finished, and those whose next fold is being judged.

    Finished ones are known by their place, in its order. Where several workers were killed, places may be missing
    among them, even that of the defaults.
    """

    optuna: Any
    study: Any
    problem: Problem
    executor: Executor
    running: dict[Future[float], Attempt] = field(default_factory=dict)
    finished: dict[int, Trial] = field(default_factory=dict)

    def __post_init__(self) -> None:
        states = (self.optuna.trial.TrialState.COMPLETE, self.optuna.trial.TrialState.PRUNED)
        earlier = {trial.user_attrs["place"]: trial for trial in self.study.get_trials(False, states)}
        self.finished = {place: _read(number, earlier[place]) for number, place in enumerate(sorted(earlier))}

    def begin(self, attempt: Attempt) -> None:
        """Judge the attempt's next fold."""
        fold = len(attempt.scores)
        self.running[self.executor.submit(self.problem.score, attempt.chosen, fold)] = attempt

    def judged(self) -> Iterator[Attempt]:
        """Wait for folds; the attempts that are done with all of theirs, or not worth another one."""
        for future in wait(self.running, return_when=FIRST_COMPLETED).done:
            attempt = self.running.pop(future)
            attempt.scores.append(self._result(attempt, future))
            attempt.trial.report(float(np.mean(attempt.scores)), len(attempt.scores) - 1)
            compared_with = attempt.is_default  # what the others must beat is judged in full
            hopeless = attempt.trial.should_prune() and not compared_with
            if hopeless or len(attempt.scores) == self.problem.n_folds:
                yield attempt
            else:
                self.begin(attempt)

    def tell(self, attempt: Attempt, *, number: int) -> Trial:
        """Keep what came of an attempt."""
        pruned = len(attempt.scores) < self.problem.n_folds
        attempt.trial.set_user_attr("scores", attempt.scores)
        if pruned:
            self.study.tell(attempt.trial, state=self.optuna.trial.TrialState.PRUNED)
        else:
            self.study.tell(attempt.trial, float(np.mean(attempt.scores)))
        return Trial(
            number=number,
            chosen=attempt.chosen,
            scores=tuple(attempt.scores),
            pruned=pruned,
            resumed=False,
        )

    def _result(self, attempt: Attempt, future: Future[float]) -> float:
        """The score of a fold; a trial whose fold failed is marked before the error goes on."""
        try:
            return future.result()
        except Exception:
            self.study.tell(attempt.trial, state=self.optuna.trial.TrialState.FAIL)
            raise


def _read(number: int, trial: Any) -> Trial:
    """A trial of an earlier process."""
    return Trial(
        number=number,
        chosen=trial.user_attrs["chosen"],
        scores=tuple(trial.user_attrs["scores"]),
        pruned=trial.state.name == "PRUNED",
        resumed=True,
    )
