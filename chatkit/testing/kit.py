"""The kit: finds what a target is, runs its checks one by one, honours waivers, keeps the account."""

from __future__ import annotations

import contextlib
import functools
import time
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from chatkit.errors import HeadError
from chatkit.head.guard import describe, place_of
from chatkit.head.head import Head
from chatkit.testing.check import Alarm, Check
from chatkit.testing.checks import HEAD_CHECKS
from chatkit.testing.process import process_state, random_state, restore_process, restore_random
from chatkit.testing.report import CheckFailed, NotAsked, Outcome, Report, Result
from chatkit.testing.rig import HeadRig
from chatkit.testing.tokenizer_checks import TOKENIZER_CHECKS, TokenizerRig
from chatkit.text.tokenizer import Tokenizer

FLOOR_CASE = "enough_checks_ran"
WAIVERS_CASE = "waivers"
# A ranker that streams nothing and has no weights of its own still answers this many.
HEAD_FLOOR, TOKENIZER_FLOOR = 18, 8


class Kit:
    """Every check on one target; each runs once, when its result is first asked for.

    Args:
        target: See ``chatkit.testing.run_checks``.
        limit: Seconds after which a check counts as hanging.
    Raises:
        HeadError, ModelError: If the target cannot be loaded.
    """

    def __init__(self, target: Any, *, limit: float = 30.0) -> None:
        with _undisturbed():  # so that running its file again shows what it changes
            found = resolve(target)
        self._limit, self._hangs = limit, ""
        self._rig: HeadRig | TokenizerRig
        self._waivers: Mapping[str, str] = {}
        self._checks: Mapping[str, Check]
        if isinstance(found, Tokenizer):
            self.target, self._rig, self._floor = "tokenizer", TokenizerRig(found), TOKENIZER_FLOOR
            self._checks = {check.name: check for check in TOKENIZER_CHECKS}
        else:
            self.target, self._rig, self._floor = str(getattr(found, "name", found)), HeadRig(found), HEAD_FLOOR
            self._checks = {check.name: check for check in HEAD_CHECKS}
            waivers = getattr(found, "waive", {})
            self._waivers = waivers if isinstance(waivers, Mapping) else {"?": ""}
        self._results: dict[str, Result] = {}

    @property
    def names(self) -> list[str]:
        """Names of the checks, in order."""
        return [*self._checks, *([WAIVERS_CASE] if self._waivers else [])]

    def run(self) -> Report:
        """Run every check that has not run."""
        return Report(self.target, [self.result(name) for name in self.names], self._floor)

    def result(self, name: str) -> Result:
        """Result of one check; of the floor, once all others have run."""
        if name == FLOOR_CASE:
            report = self.run()
            enough = report.num_run >= report.floor
            return Result(name, "passed" if enough else "failed", report.summary)
        if name not in self._results:
            self._results[name] = self._check_waivers() if name == WAIVERS_CASE else self._run(self._checks[name])
        return self._results[name]

    def _run(self, check: Check) -> Result:
        reason = self._waivers.get(check.name)
        if reason and check.waivable:
            return Result(check.name, "waived", str(reason))
        for vital in (c for c in self._checks.values() if c.vital and c is not check):
            if list(self._checks).index(vital.name) > list(self._checks).index(check.name):
                break
            if self.result(vital.name).outcome == "failed":
                return Result(check.name, "skipped", f"{vital.name} failed")
        if self._hangs:
            return Result(check.name, "skipped", f"it hangs in {self._hangs}")
        start = time.perf_counter()
        outcome, message, place = self._outcome(check)
        return Result(check.name, outcome, message, place, round(time.perf_counter() - start, 4))

    def _outcome(self, check: Check) -> tuple[Outcome, str, str]:
        alarm = Alarm()
        try:
            with _undisturbed(), alarm.after(self._limit):
                return "passed", check.run(self._rig) or "", ""
        except CheckFailed as error:
            self._hangs = check.name if alarm.rung else ""
            return "failed", str(error), ""
        except NotAsked as error:
            return "skipped", str(error), ""
        except KeyboardInterrupt:
            raise
        except HeadError as error:
            return "failed", error.message, error.place
        except BaseException as error:  # a head may raise anything, SystemExit included
            file = self._rig.file if isinstance(self._rig, HeadRig) else None
            return "failed", describe(error), place_of(error, file)

    def _check_waivers(self) -> Result:
        """A waiver names a check that may be waived, and a reason."""
        wrong = [name for name in self._waivers if name not in self._checks]
        forbidden = [name for name in self._waivers if name in self._checks and not self._checks[name].waivable]
        silent = [n for n, reason in self._waivers.items() if not isinstance(reason, str) or not reason.strip()]
        if wrong:
            known = ", ".join(check.name for check in self._checks.values() if check.waivable)
            return Result(WAIVERS_CASE, "failed", f"no check is called {wrong[0]}; may be waived: {known}")
        if forbidden:
            return Result(WAIVERS_CASE, "failed", f"{forbidden[0]} protects other heads and cannot be waived")
        if silent:
            return Result(WAIVERS_CASE, "failed", f'give a reason: waive = {{"{silent[0]}": "..."}}')
        return Result(WAIVERS_CASE, "passed", ", ".join(self._waivers))


def resolve(target: Any) -> type[Head] | Tokenizer:
    """A head class or a tokenizer of whatever names one.

    Raises:
        HeadError, ModelError: If it cannot be loaded.
        TypeError: If it is neither a class, nor a tokenizer, nor a str or path.
    """
    if isinstance(target, Tokenizer):
        return target
    if isinstance(target, type):
        return target
    if not isinstance(target, str | Path):
        raise TypeError(f"the kit takes a head class, a Tokenizer or a file, got {type(target).__name__}")
    if str(target).endswith(".model"):
        return Tokenizer.load(Path(target))
    from chatkit.registry import Registry

    return Registry().load(str(target))


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """One thread and quiet warnings inside; afterwards process and generators are as before."""
    before, state = process_state(), random_state()
    torch.set_num_threads(1)
    try:
        with torch.enable_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        restore_process(before)
        restore_random(state)


@functools.cache
def check_names() -> tuple[str, ...]:
    """Names of all checks of heads, for the docs and their tests."""
    return tuple(check.name for check in HEAD_CHECKS)
