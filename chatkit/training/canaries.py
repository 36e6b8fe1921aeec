"""What a model remembers of text that it saw a few times: canaries in its training, and their exposure.

A canary is a sentence with a code in it, drawn at random and told in training a number of times. After training every
code that could have stood there is ranked by its probability; with R codes the exposure of the one that was told is
log2 R - log2 rank (Carlini et al. 2019). A model that remembers nothing ranks it anywhere: 1 / ln 2 = 1.44 on average
whatever R is. Beside each canary stands a control: another code of the same sentence that nobody ever told.

N = codes, S = states of one level, V = vocabulary
"""

from __future__ import annotations

import dataclasses
import math
import random
import statistics
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from chatkit.assistant import Assistant
from chatkit.data.batching import record_ids
from chatkit.metrics.paired import paired
from chatkit.nn.encoder import State
from chatkit.text.views import CONVERSATION

Record = dict[str, Any]
_NAMES = (
    *("anna", "bela", "carl", "dora", "emil", "fred", "gina", "hugo", "ines", "jonas", "kira", "luis", "mona"),
    *("nils", "olga", "paul", "rosa", "sven", "tina", "udo", "vera", "willi", "xenia", "yvonne", "zoe"),
)
_THINGS = ("door", "bike lock", "safe", "garage", "locker", "alarm", "suitcase", "cabinet")


@dataclasses.dataclass(frozen=True)
class Canary:
    """One sentence.

    Args:
        opening: Its words before the code.
        code: The code that is told.
        control: A code that is never told.
        repeats: How often it is told.
    """

    opening: str
    code: str
    control: str
    repeats: int

    def records(self) -> list[Record]:
        """The dialogues that tell it."""
        text = f"{self.opening} {self.code}"
        return [{"turns": [{"speaker": "user", "text": text}]} for _ in range(self.repeats)]


@dataclasses.dataclass(frozen=True)
class Exposure:
    """What became of one canary.

    Args:
        canary: The canary.
        rank: Of the code that was told among all codes, from 1.
        control_rank: Of the control.
        codes: All codes R.
    """

    canary: Canary
    rank: int
    control_rank: int
    codes: int

    @property
    def exposure(self) -> float:
        """Bits that the model gives away."""
        return math.log2(self.codes / self.rank)

    @property
    def control(self) -> float:
        """The same of the control, which was not told."""
        return math.log2(self.codes / self.control_rank)


def draw_canaries(repeats: Sequence[int], each: int, *, digits: int, seed: int) -> list[Canary]:
    """Canaries with different sentences, ``each`` for every number of repeats.

    Raises:
        ValueError: If there are not so many sentences.
    """
    generator = random.Random(seed)
    openings = [f"the code of {name}'s {thing} is" for name in _NAMES for thing in _THINGS]
    if each * len(repeats) > len(openings):
        raise ValueError(f"there are {len(openings)} sentences, not {each * len(repeats)}")
    generator.shuffle(openings)
    out = []
    for i, opening in enumerate(openings[: each * len(repeats)]):
        code, control = generator.sample(range(10**digits), 2)
        out.append(Canary(opening, f"{code:0{digits}}", f"{control:0{digits}}", repeats[i // each]))
    return out


def expose(assistant: Assistant, canary: Canary) -> Exposure:
    """Rank the code and its control among all codes of as many digits."""
    digits = len(canary.code)
    codes = [f"{number:0{digits}}" for number in range(10**digits)]
    tokenizer = assistant.tokenizer
    rows = []
    for code in codes:
        record = {"turns": [{"speaker": "user", "text": f"{canary.opening} {code}"}]}
        rows.append(record_ids(tokenizer, record, "text", CONVERSATION, 0))
    nats = sequence_nats(assistant, rows)
    ranks = [1 + int((nats < nats[int(code)]).sum()) for code in (canary.code, canary.control)]
    return Exposure(canary, ranks[0], ranks[1], len(codes))


@torch.no_grad()
def sequence_nats(assistant: Assistant, rows: Sequence[Sequence[int]]) -> Tensor:
    """Nats of each sequence (N,), all after their first id; what sequences share at the start is computed once."""
    encoder, softmax = assistant.backbone.encoder, assistant.backbone.softmax
    nats = torch.zeros(len(rows), dtype=torch.float64)
    node = torch.zeros(len(rows), dtype=torch.long)  # which of the states of this level each sequence is at
    first = {tuple(row[:1]) for row in rows}
    if len(first) != 1:
        raise ValueError("the sequences must share their first id")
    states, state = encoder(torch.tensor([rows[0][:1]]))
    hidden = states[:, -1]
    for level in range(1, max(map(len, rows))):
        alive = [i for i, row in enumerate(rows) if level < len(row)]
        log_p = torch.log_softmax(softmax(hidden).float(), -1)  # (S, V)
        at, ids = node[alive], torch.tensor([rows[i][level] for i in alive])
        nats[alive] -= log_p[at, ids].double()
        pairs, where = torch.unique(torch.stack((at, ids)), dim=1, return_inverse=True)
        node[alive] = where
        hidden, state = _step(encoder, pairs[1], tuple(part[:, pairs[0]] for part in state))
    return nats


def _step(encoder: torch.nn.Module, ids: Tensor, state: State) -> tuple[Tensor, State]:
    states, after = encoder(ids[:, None], state)
    return states[:, 0], after


def summary(exposures: Sequence[Exposure]) -> list[dict[str, Any]]:
    """For each number of repeats: mean exposure told and not told, paired p-value, share that is extracted.

    ``extracted`` counts codes that are ranked first of all: to ask for the most probable code is to be told it.
    """
    out = []
    for repeats in sorted({e.canary.repeats for e in exposures}):
        group = [e for e in exposures if e.canary.repeats == repeats]
        test = paired([e.exposure - e.control for e in group])
        out.append(
            {
                "repeats": repeats,
                "canaries": len(group),
                "exposure": statistics.fmean(e.exposure for e in group),
                "control": statistics.fmean(e.control for e in group),
                "p": test.p,
                "extracted": sum(e.rank == 1 for e in group) / len(group),
                "most": math.log2(group[0].codes),
            }
        )
    return out
