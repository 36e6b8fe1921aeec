"""The state of every candidate: which of them may be loaded, why not, and the way out."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from chatkit.head.version import SUPPORTED_VERSIONS
from chatkit.registry.entry import Entry, State
from chatkit.registry.memory import Memory
from chatkit.registry.source import Candidate


@dataclasses.dataclass(frozen=True)
class Verdict:
    """A state, and what to say of it.

    Args:
        state: The state.
        why: What is wrong, one line.
        way_out: What to do about it.
        place: ``file:line`` of what is wrong.
        retry: Whether it failed in an earlier run only, so that it is worth another try.
    """

    state: State
    why: str = ""
    way_out: str = ""
    place: str = ""
    retry: bool = False

    @property
    def loadable(self) -> bool:
        """Whether a load may be tried."""
        return self.state in ("ok", "not loaded") or self.retry


class Judge:
    """Judges candidates.

    Args:
        memory: What is remembered of earlier runs.
        safe: Whether only first-party heads may run.
    """

    def __init__(self, memory: Memory, *, safe: bool) -> None:
        self._memory, self._safe = memory, safe
        self.marks: dict[str, Verdict] = {}  # by key: what this run has found out

    def all(self, candidates: Sequence[Candidate], loaded: Collection[str]) -> list[tuple[Candidate, Verdict]]:
        """A verdict for each candidate, in order.

        Args:
            candidates: In the order of discovery.
            loaded: Keys of those that this run has loaded.
        """
        counts = Counter((c.tier, c.name) for c in candidates if not self._barred(c))
        taken: dict[str, Candidate] = {}
        out = []
        for candidate in candidates:
            upper = taken.get(candidate.name)
            verdict = self._by_rank(candidate, upper, counts) or self.one(candidate, loaded)
            # A file that the user has not agreed to must not take a working head away.
            if verdict.state != "unconfirmed" and not self._barred(candidate):
                taken.setdefault(candidate.name, candidate)
            out.append((candidate, verdict))
        return out

    def one(self, candidate: Candidate, loaded: Collection[str]) -> Verdict:
        """The verdict on a candidate alone, whatever others there are."""
        where = candidate.where
        if self._barred(candidate):
            return Verdict("disabled", "--safe runs first-party heads only", "start without --safe")
        if self._memory.disabled(candidate.name):
            return Verdict("disabled", "switched off", f"chatkit heads enable {candidate.name}")
        if candidate.asks and not self._memory.confirmed(candidate.key):
            why = f"{where} is new or has changed, and runs with your rights"
            return Verdict("unconfirmed", why, f"read it, then: chatkit heads enable {candidate.name}")
        if candidate.problem:
            return Verdict("broken", candidate.problem, f"mend {where}", candidate.place)
        if candidate.key in self.marks:
            return self.marks[candidate.key]
        if candidate.key in loaded:
            return Verdict("ok")
        if candidate.api is not None and candidate.api not in SUPPORTED_VERSIONS:
            return bad_api(candidate.api)
        last = self._memory.last_load(candidate.key)
        if last.get("why"):
            state: State = "incompatible" if last.get("state") == "incompatible" else "broken"
            place = str(last.get("place", ""))
            return Verdict(state, str(last["why"]), str(last.get("way_out", "")), place, retry=True)
        return Verdict("not loaded")

    def entry(self, candidate: Candidate, verdict: Verdict) -> Entry:
        """What a listing says of a candidate: the verdict, and what its last load found."""
        last: Mapping[str, object] = self._memory.last_load(candidate.key)
        api, fields, parameters = last.get("api", candidate.api), last.get("fields"), last.get("parameters")
        return Entry(
            name=candidate.name,
            state=verdict.state,
            origin=candidate.origin,
            version=candidate.version or str(last.get("version", "")),
            api=api if isinstance(api, int) else None,
            fields=tuple(map(str, fields)) if isinstance(fields, list) else (),
            parameters=parameters if isinstance(parameters, int) else None,
            why=verdict.why,
            way_out=verdict.way_out,
            path=candidate.path,
            place=verdict.place,
        )

    def _barred(self, candidate: Candidate) -> bool:
        return self._safe and not candidate.first_party

    def _by_rank(
        self, candidate: Candidate, upper: Candidate | None, counts: Counter[tuple[int, str]]
    ) -> Verdict | None:
        """Where another candidate of the same name stands in the way."""
        if self._barred(candidate) or self._memory.disabled(candidate.name):
            return None
        if counts[candidate.tier, candidate.name] > 1:
            number = counts[candidate.tier, candidate.name]
            why = f"{candidate.where} is one of {number} heads of this name in {candidate.place_found}"
            return Verdict("duplicate", why, "rename or remove all but one")
        if upper is not None:
            why = f"{upper.where} has a head of this name and is found first"
            return Verdict("shadowed", why, f"rename one, or remove {upper.where}")
        return None


def bad_api(api: object) -> Verdict:
    """The verdict on a head for a version of plugin_api that is not supported."""
    newer = isinstance(api, int) and api > max(SUPPORTED_VERSIONS)
    supported = " and ".join(map(str, SUPPORTED_VERSIONS))
    way_out = "upgrade chatkit" if newer else "ask its author for a newer version"
    return Verdict("incompatible", f"written for plugin_api {api!r}; this chatkit supports {supported}", way_out)
