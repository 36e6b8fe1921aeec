"""A sweep in a folder: first every trial at one seed, then the best trial of each candidate at the other seeds.

DIR/sweep.json             the config
DIR/tokenizer.model        one for all runs: losses per piece can be compared
DIR/runs/ID/               one run each (chatkit.training.sweep.trial)
DIR/workers.log            what the processes printed
"""

from __future__ import annotations

import dataclasses
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

from chatkit.checkpoint import check_replaceable, read_json, storage_errors, write_aside, write_json
from chatkit.config import from_table, to_table
from chatkit.errors import ConfigError, ModelError, StorageError
from chatkit.model_files import RUN_FOLDER
from chatkit.training.building import find_head
from chatkit.training.prepare import make_tokenizer
from chatkit.training.reading import training_records
from chatkit.training.recipe import Recipe, differences
from chatkit.training.sweep.board import Board
from chatkit.training.sweep.choose import chosen_trials, seeds_of
from chatkit.training.sweep.config import SweepConfig
from chatkit.training.sweep.plan import Planned, candidates, plan, trials
from chatkit.training.sweep.pool import Outcome, Pool
from chatkit.training.sweep.progress import most_later
from chatkit.training.sweep.results import FAILED, RESULT, RUNS, SWEEP, Result, read_result, write_result
from chatkit.training.tradeoff import tell_models


class Sweep:
    """All runs that a config's ``[sweep]`` asks for.

    Args:
        recipe: The config; without ``[sweep]`` the defaults hold.
        folder: The folder of the sweep.
        board: Told how it goes.
        jobs: Runs at once, a thread each.
        minutes: Stop after so many, as Ctrl-C would: what runs is saved, and ``resume`` goes on.
    """

    def __init__(self, recipe: Recipe, folder: Path, board: Board, *, jobs: int, minutes: float | None = None) -> None:
        self.config = recipe.sweep or SweepConfig()
        self.recipe, self.folder, self.board = dataclasses.replace(recipe, sweep=self.config), folder, board
        self.candidates = candidates(self.recipe)
        self._pool = Pool(jobs, folder / "workers.log")
        self._minutes = minutes
        self.out_of_time = False
        self.failed: dict[str, str] = {}

    def start(self) -> None:
        """Begin: one tokenizer for all runs.

        Raises:
            StorageError: If the folder holds a sweep or a run already.
            ConfigError: If a run of the plan cannot be.
        """
        check_replaceable(self.folder)
        if (self.folder / SWEEP).exists() or (self.folder / RUN_FOLDER).exists():
            raise StorageError(f"{self.folder}: holds a run already", hint="go on with --resume, or name another --out")
        self._check()
        if not self.recipe.tokenizer.path and not self.recipe.init:
            heads = {name: find_head(name, config.head) for name, config in self.recipe.heads.items()}
            records = {
                name: training_records(head, self.recipe.heads[name], self.recipe, self.board.note)
                for name, head in heads.items()
            }
            write_aside(self.folder / "tokenizer.model", make_tokenizer(self.recipe, records).to_bytes())
        write_json(self.folder / SWEEP, to_table(self.recipe))

    def resume(self) -> None:
        """Go on; what ``[sweep]`` asks for may have changed, and finished runs count where it still asks for them.

        Raises:
            ModelError: If there is no sweep.
            ConfigError: If the rest of the config changed.
        """
        file = self.folder / SWEEP
        if not file.is_file():
            raise ModelError(f"{self.folder}: no sweep to resume", hint="start it without --resume")
        old = to_table(from_table(Recipe, read_json(file), where=str(file)))
        free = ("sweep.", "objectives.keep")
        changed = [key for key in differences(old, to_table(self.recipe)) if not key.startswith(free)]
        if changed:
            raise ConfigError(
                f"the config differs from the sweep's in {', '.join(changed[:4])}", hint="use another --out"
            )
        self._check()
        write_json(file, to_table(self.recipe))

    def run(self) -> bool:
        """Run everything that has no result yet.

        Returns:
            False if it was interrupted, or its time ended (``out_of_time``).
        """
        if self._minutes is None:
            return self._run()
        timer = threading.Timer(60 * self._minutes, self._time_ends)
        timer.daemon = True
        timer.start()
        try:
            return self._run()
        finally:
            timer.cancel()

    def _time_ends(self) -> None:
        self.out_of_time = True
        self._pool.stop()

    def _run(self) -> bool:
        first = self.recipe.seed
        tuning = [self._plan(each.name, trial, first) for each in self.candidates for trial in trials(self.recipe)]
        self.board.expect(len(tuning) + most_later(self.candidates, self.config))
        if not self._run_all(tuning):
            return False
        results = [result for each in tuning if (result := self._result(each)) is not None]
        chosen = chosen_trials(results, first)
        counts = seeds_of(self.candidates, chosen, self.config)
        later = [
            self._plan(name, chosen[name].trial, first + i)
            for i in range(1, self.config.seeds)
            for name, count in counts.items()
            if i < count
        ]
        self.board.expect(len(tuning) + len(later))
        finished = self._run_all(later)
        if finished and self.config.save_models:
            tell_models(self.folder)
        return finished

    def _plan(self, name: str, trial: str, seed: int) -> Planned:
        candidate = next(each for each in self.candidates if each.name == name)
        recipe = self.recipe
        shared = self.folder / "tokenizer.model"
        if shared.is_file():
            tokenizer = dataclasses.replace(recipe.tokenizer, path=str(shared.resolve()))
            recipe = dataclasses.replace(recipe, tokenizer=tokenizer)
        return plan(recipe, candidate, trial, seed)

    def _check(self) -> None:
        """Every run of the plan is a config that can be, before the first one begins."""
        from chatkit.objectives.weighting import make_weighting

        for each in self.candidates:
            make_weighting(each.method, list(each.weights), each.weights, self.recipe.seed, **each.options)
            for trial in trials(self.recipe):
                plan(self.recipe, each, trial, self.recipe.seed)

    def _result(self, planned: Planned) -> Result | None:
        return read_result(self.folder / RUNS / planned.id / RESULT, digest=planned.digest)

    def _run_all(self, runs: Sequence[Planned]) -> bool:
        open_runs = {each.id: each for each in runs if self._result(each) is None}
        self.board.skip(len(runs) - len(open_runs))
        jobs = []
        for each in open_runs.values():
            self._clear_stale(each)
            table = to_table(each.recipe)
            folder = str(self.folder / RUNS / each.id)
            message = {"recipe": table, "folder": folder, "examples": self.config.examples}
            jobs.append((each.id, {**message, "keep": self.config.save_models}))

        def finished(name: str, outcome: Outcome) -> None:
            self._finished(open_runs.get(name), name, outcome)

        return self._pool.run(jobs, finished, self.board.update) if jobs else True

    def _finished(self, planned: Planned | None, name: str, outcome: Outcome) -> None:
        if "done" in outcome and planned is not None:
            write_result(self.folder, planned, outcome["done"])
            self.board.done(name, {head: row["loss"] for head, row in outcome["done"]["dev"].items()})
        elif "failed" in outcome:
            line = str(outcome["failed"])
            self.failed[name] = line
            if planned is not None:
                write_json(self.folder / RUNS / name / FAILED, {"error": line})
            self.board.failed(name, line)

    def _clear_stale(self, planned: Planned) -> None:
        """A folder that another config has left behind cannot be resumed: begin it anew."""
        folder = self.folder / RUNS / planned.id
        file = folder / RUN_FOLDER / "recipe.json"
        with storage_errors(folder):
            (folder / FAILED).unlink(missing_ok=True)
            if not folder.exists() or (
                file.is_file()
                and not (folder / RESULT).exists()
                and not differences(read_json(file), to_table(planned.recipe))
            ):
                return
            shutil.rmtree(folder)
