"""Decoding has objectives too: which of several drawn replies is said, by what the user weighs, and why.

Every head may judge replies by objectives of its own (``Head.objectives``, ``Head.judge``). Their values are put on the
scale from the worst (0) to the best (1) of the replies at hand and summed by the user's weights, so that a weight means
the same for a cosine as for nats; the reply that is chosen is never dominated.

N = replies, K = objectives
"""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from chatkit.errors import ChatkitError, HeadError
from chatkit.head.ask import Ask
from chatkit.head.guard import guard, source_file
from chatkit.head.head import Head
from chatkit.objectives.pareto import non_dominated, normalised

CANDIDATES = 8
MOST_CANDIDATES = 64
_EQUAL = 0.01  # share of all weight by which sums may differ and still read the same; then the more fluent is said
_SHOWN = 0.005  # values so near to each other read the same


@dataclasses.dataclass(frozen=True)
class Objective:
    """One objective of replies.

    Args:
        name: Its name.
        head: The head that judges it.
        what: What more of it means.
        weight: The user's, -1 to 1; below 0 less of it is wanted.
    """

    name: str
    head: str
    what: str
    weight: float = 0.0


@dataclasses.dataclass(frozen=True)
class Choice:
    """A choice among replies.

    Args:
        objectives: Those that took part: what is weighed, and the first of the head that drew, to see what that cost.
        texts: The replies, N.
        values: Of each reply in each objective, (N, K); higher is more.
        scores: Weighted sums, (N,), at most 1 apart for each unit of weight.
        front: Which replies no other beats in one objective without losing in another, (N,) bool.
        picked: The one that is said.
        missing: Objective -> why it could not be judged.
    """

    objectives: Sequence[Objective]
    texts: Sequence[str]
    values: NDArray[np.float64]
    scores: NDArray[np.float64]
    front: NDArray[np.bool_]
    picked: int
    missing: Mapping[str, str]

    @property
    def why(self) -> str:
        """The reason in one sentence."""
        parts = [self._place(k) for k, objective in enumerate(self.objectives) if objective.weight]
        if not parts:
            return "nothing that is weighed could be judged: the first reply drawn is taken"
        if len(self.texts) == 1:
            return f"the only reply that was drawn: {', '.join(parts)}"
        rest = [self._place(k) for k, objective in enumerate(self.objectives) if not objective.weight]
        price = f"; for that, {', '.join(rest)}" if rest else ""
        return f"highest weighted sum of {len(self.texts)} replies: {', '.join(parts)}{price}"

    def _place(self, k: int) -> str:
        wanted = self.values[:, k] * (-1 if self.objectives[k].weight < 0 else 1)
        rank = 1 + int((wanted > wanted[self.picked] + _SHOWN).sum())
        return f"{self.objectives[k].name} {self.values[self.picked, k]:.2f} ({rank} of {len(self.texts)})"

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        names = [objective.name for objective in self.objectives]
        candidates = [
            {
                "text": text,
                "values": {name: round(float(v), 4) for name, v in zip(names, values, strict=True)},
                "score": round(float(score), 4),
                "non_dominated": bool(front),
            }
            for text, values, score, front in zip(self.texts, self.values, self.scores, self.front, strict=True)
        ]
        out = {
            "objectives": {o.name: {"weight": o.weight, "head": o.head, "what": o.what} for o in self.objectives},
            "candidates": candidates,
            "picked": self.picked,
            "why": self.why,
        }
        return {**out, "missing": dict(self.missing)} if self.missing else out


def objectives_of(heads: Mapping[str, Head]) -> dict[str, Objective]:
    """What the heads can judge replies by; of two objectives of one name, that of the first head by name."""
    found: dict[str, Objective] = {}
    for name in sorted(heads):
        if heads[name].judges():
            for objective, what in heads[name].objectives.items():
                found.setdefault(objective, Objective(objective, name, what))
    return found


def checked_weights(weights: Mapping[str, Any], known: Sequence[str]) -> dict[str, float]:
    """Weights that are not 0, each of a known name and from -1 to 1.

    Raises:
        ChatkitError: If a name is unknown or a weight out of range.
    """
    out = {}
    for name, weight in weights.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise ChatkitError(f"no objective {name}", hint=f"{hint}there are: {', '.join(known) or 'none'}")
        number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not number or not -1 <= weight <= 1:  # also true of NaN
            raise ChatkitError(f"weight of {name} must lie in -1..1, got {weight}")
        if weight:
            out[name] = float(weight)
    return out


def choose_reply(
    texts: Sequence[str],
    ask: Callable[[Head], Ask],
    drawer: str,
    weights: Mapping[str, float],
    heads: Mapping[str, Head],
    *,
    failed: Callable[[str], object] = lambda name: None,
) -> Choice:
    """Have the heads judge replies, and choose.

    Args:
        texts: The replies, at least one.
        ask: The message, as each head sees it.
        drawer: The head that drew them.
        weights: From ``checked_weights``.
        heads: The heads that may judge.
        failed: Told the name of a head that failed.
    """
    known = objectives_of(heads)
    own = [name for name, objective in known.items() if objective.head == drawer][:1]
    taking_part = [name for name in known if name in weights or name in own]
    missing = {name: "no head that is on judges it" for name in weights if name not in known}
    values: dict[str, list[float]] = {}
    for head in sorted({known[name].head for name in taking_part}):
        try:
            values |= judged(heads[head], ask(heads[head]), texts)
        except ChatkitError as error:
            missing |= {name: error.message for name in taking_part if known[name].head == head}
            failed(head)
    seen = [name for name in taking_part if name in values]
    objectives = [dataclasses.replace(known[name], weight=weights.get(name, 0.0)) for name in seen]
    table = np.array([values[name] for name in seen], dtype=np.float64).T.reshape(len(texts), len(seen))
    scores, front = _weighed(table, np.array([objective.weight for objective in objectives]))
    near = _EQUAL * sum(abs(objective.weight) for objective in objectives) + 1e-9
    best = np.flatnonzero((scores > scores.max() - near) & front)  # never empty: of the highest one is not dominated
    unweighed = [name for name in own if name in seen and name not in weights]
    first = table[best, seen.index(unweighed[0])] if unweighed else scores[best]
    return Choice(objectives, list(texts), table, scores, front, int(best[np.argmax(first)]), missing)


def _weighed(table: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Weighted sums (N,) of values (N, K) and which replies are not dominated, where less of K is wanted turned."""
    if table.shape[1] == 0:
        return np.zeros(len(table)), np.ones(len(table), dtype=np.bool_)
    costs = -table * np.where(weights < 0, -1.0, 1.0)
    shares = 1 - normalised(costs, costs.min(axis=0), costs.max(axis=0))
    return shares @ np.abs(weights), non_dominated(costs)


def judged(head: Head, ask: Ask, texts: Sequence[str]) -> dict[str, list[float]]:
    """What one head says of the replies, checked.

    Raises:
        HeadError: If it fails, or says anything but a finite number of each reply in each objective.
    """
    with guard(head.name, source_file(type(head)), stage="judge"):
        found = head.judge(ask, texts)
        out = {}
        for name in head.objectives:
            if name not in found:
                raise HeadError(f"head {head.name}: judge says nothing of {name}", head=head.name)
            column = torch.as_tensor(found[name], dtype=torch.float64).tolist()
            if not isinstance(column, list) or len(column) != len(texts) or not all(map(_is_finite, column)):
                raise HeadError(
                    f"head {head.name}: judge must give {name} {len(texts)} finite numbers, got {column!r:.60}",
                    head=head.name,
                )
            out[name] = column
    return out


def _is_finite(value: Any) -> bool:
    return isinstance(value, float) and math.isfinite(value)
