"""The registry: every head there is, in the order of discovery, with its state; loads one when asked."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from chatkit import paths
from chatkit.errors import HeadError
from chatkit.registry.entry import Entry, State
from chatkit.registry.judge import Judge, Verdict
from chatkit.registry.memory import Memory
from chatkit.registry.source import EXPLICIT, Candidate, candidates, from_file, is_file

if TYPE_CHECKING:
    from chatkit.head.head import Head


class Registry:
    """Finds heads and loads them one by one; importing torch waits for the first load.

    Args:
        files: What ``--head`` was given; files come first in the order of discovery, names are passed over.
        safe: Load first-party heads only.
        folder: Folder of drop-in files, ``./heads`` by default.
        user_folder: The user's folder of drop-in files.
        confirm: Asks whether a drop-in file that was never seen may be loaded; None: it may not.
        memory: File with what is remembered between runs.
    """

    def __init__(
        self,
        files: Sequence[str] = (),
        *,
        safe: bool = False,
        folder: Path | None = None,
        user_folder: Path | None = None,
        confirm: Callable[[Path], bool] | None = None,
        memory: Path | None = None,
    ) -> None:
        self._files = [file for file in files if is_file(file)]
        self._folder = Path("heads") if folder is None else folder
        self._user_folder = paths.heads_folder() if user_folder is None else user_folder
        self._confirm = confirm
        self._refused: set[str] = set()
        self._memory = Memory(paths.head_states_file() if memory is None else memory)
        self._judge = Judge(self._memory, safe=safe)
        self._found: list[Candidate] | None = None
        self._loaded: dict[str, type[Head]] = {}  # by key

    @property
    def problem(self) -> str:
        """What is wrong with the file of remembered states, one line; "" if nothing is."""
        return self._memory.problem

    def entries(self) -> list[Entry]:
        """Every head that is found now, in the order of discovery; imports nothing."""
        self._scan()
        return [self._judge.entry(candidate, verdict) for candidate, verdict in self._verdicts()]

    def names(self) -> list[str]:
        """Heads that may be loaded, those that failed in an earlier run too: they may be mended by now."""
        self._scan()
        return [candidate.name for candidate, verdict in self._verdicts() if verdict.loadable]

    def entry(self, name: str) -> Entry:
        """The entry that a name stands for: the usable one, else the first; as ``entries`` last found it.

        Raises:
            HeadError: If there is no head of that name.
        """
        if self._found is None:
            self._scan()
        return self._judge.entry(*self._named(name))

    def load(self, name_or_file: str) -> type[Head]:
        """Load a head; a file that has changed since the last load is loaded anew.

        Raises:
            HeadError: If there is no such head, it may not be loaded, or it fails at import.
        """
        if is_file(name_or_file):
            return self._load(self._explicit(name_or_file))
        if self._found is None:
            self._scan()
        candidate, _ = self._named(name_or_file)
        if candidate.path is not None:
            self._scan()  # it may have changed since it was listed
            candidate, _ = self._named(name_or_file)
        return self._load(candidate)

    def ask_about_new(self) -> None:
        """Ask about every drop-in file that was never seen, each once a run."""
        self._scan()
        for candidate, verdict in self._verdicts():
            if verdict.state == "unconfirmed":
                self._agreed(candidate)

    def enable(self, name: str) -> None:
        """Switch a head on; this also confirms its drop-in files as they are now.

        Raises:
            HeadError: If there is no head of that name.
            StorageError: If it cannot be remembered.
        """
        self._scan()
        self._named(name)
        self._memory.set_disabled(name, False)
        for candidate in self._of(name):
            self._judge.marks.pop(candidate.key, None)
            if candidate.asks and candidate.path is not None:
                self._memory.confirm(candidate.key, candidate.path)

    def disable(self, name: str) -> None:
        """Switch a head off, in this and later runs.

        Raises:
            HeadError: If there is no head of that name.
            StorageError: If it cannot be remembered.
        """
        self._scan()
        self._named(name)
        self._memory.set_disabled(name, True)

    def mark_stale(self, name: str, why: str = "", way_out: str = "") -> None:
        """Say that a head's weights are of another encoder; whoever loads an assistant finds out."""
        why = why or "trained for another encoder"
        self._mark(name, Verdict("stale", why, way_out or f"chatkit heads add {name} --data PATH"))

    def mark_broken(self, name: str, error: HeadError) -> None:
        """Say that a head failed after it was loaded, such as in ``build``."""
        self._mark(name, Verdict("broken", error.message, error.hint or "mend it", error.place))

    def note_parameters(self, name: str, parameters: int) -> None:
        """Remember how many weights a head had when it was built, for the listing."""
        for candidate in self._of(name):
            if candidate.key in self._loaded:
                self._memory.note_load(candidate.key, parameters=parameters)

    def _scan(self) -> None:
        self._memory.refresh()
        self._found = candidates(self._files, self._folder, self._user_folder)

    def _of(self, name: str) -> list[Candidate]:
        return [candidate for candidate in self._found or () if candidate.name == name]

    def _verdicts(self) -> list[tuple[Candidate, Verdict]]:
        return self._judge.all(self._found or [], self._loaded)

    def _named(self, name: str) -> tuple[Candidate, Verdict]:
        found = [(candidate, verdict) for candidate, verdict in self._verdicts() if candidate.name == name]
        if not found:
            known = list(dict.fromkeys(candidate.name for candidate in self._found or ()))
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(known) or 'none'}"
            raise HeadError(f"no head is called {name}", head=name, hint=f"{hint}; or give its file")
        return next((pair for pair in found if pair[1].loadable), found[0])

    def _explicit(self, file: str) -> Candidate:
        if file not in self._files:
            self._files.append(file)
        self._scan()
        return from_file(Path(file), 0, EXPLICIT)

    def _agreed(self, candidate: Candidate) -> bool:
        if self._confirm is None or candidate.path is None or candidate.key in self._refused:
            return False
        if not self._confirm(candidate.path):
            self._refused.add(candidate.key)
            return False
        self._memory.confirm(candidate.key, candidate.path)
        return True

    def _load(self, candidate: Candidate) -> type[Head]:
        verdict = self._verdict_on(candidate)
        if verdict.state == "unconfirmed" and self._agreed(candidate):
            verdict = self._verdict_on(candidate)
        if candidate.key in self._loaded and verdict.state in ("ok", "stale"):
            return self._loaded[candidate.key]
        # Asked for by name, a failed head gets another try; of a stale one only the weights are out of date.
        again = verdict.state in ("broken", "incompatible", "stale") and not candidate.problem
        if not (verdict.loadable or again):
            what = f"head {candidate.name} is {verdict.state}: {verdict.why}"
            raise HeadError(what, head=candidate.name, place=verdict.place, hint=verdict.way_out)
        return self._import(candidate)

    def _verdict_on(self, candidate: Candidate) -> Verdict:
        for other, verdict in self._verdicts():
            if other == candidate:
                return verdict
        return self._judge.one(candidate, self._loaded)

    def _import(self, candidate: Candidate) -> type[Head]:
        from chatkit.registry.load import IncompatibleError, load_class

        try:
            cls = load_class(candidate)
            self._check_name(cls.name, candidate)
        except HeadError as error:
            state: State = "incompatible" if isinstance(error, IncompatibleError) else "broken"
            way_out = error.hint or f"mend {candidate.where}"
            self._judge.marks[candidate.key] = Verdict(state, error.message, way_out, error.place)
            self._memory.note_load(candidate.key, state=state, why=error.message, way_out=way_out, place=error.place)
            raise
        self._judge.marks.pop(candidate.key, None)
        self._loaded[candidate.key] = cls
        version = candidate.version or str(getattr(sys.modules.get(cls.__module__), "__version__", ""))
        self._memory.note_load(candidate.key, name=cls.name, api=cls.api, fields=list(cls.fields), version=version)
        return cls

    def _check_name(self, name: str, candidate: Candidate) -> None:
        """A name that only running the file tells may be taken by another head."""
        if name == candidate.name:
            return
        for other, verdict in self._verdicts():
            if other.name == name and other.tier <= candidate.tier and verdict.loadable:
                raise HeadError(f"its name {name} is taken by {other.where}", head=candidate.name)

    def _mark(self, name: str, verdict: Verdict) -> None:
        if self._found is None:
            self._scan()
        candidate, _ = self._named(name)
        self._judge.marks[candidate.key] = verdict
