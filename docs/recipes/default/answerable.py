"""Teaches an assistant's generation head whether what a message asks for was said before it.

    python docs/recipes/default/answerable.py MODEL DIALOGUES... [--talk DIALOGUES...]

DIALOGUES are of our own (``errands.py --owned``): a reply that owns up to not having been told tells which messages ask
for what was not said. In those behind --talk nobody asks for such a thing. The encoder, all trained weights and the
other heads stay as they are. How well it tells them apart is printed of the dev parts. Some five minutes on one core.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import re
import sys
from collections.abc import Sequence, Set
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from chatkit_generation import Generation
from chatkit_generation.answerable import ASKS, SAID, SURE, Answerable
from chatkit_generation.precedents import bare
from filling import guarded, opened_model, with_room, written
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from chatkit.assistant import Assistant
from chatkit.data.discover import splits
from chatkit.data.records import Problems
from chatkit.head.head import Record
from chatkit.training.reading import read_records

SIZE = 40  # of what is compared
STEPS, BATCH, RATE, DROPOUT, SEED = 3000, 16, 2e-3, 0.2, 1
OF_TALK = 0.4  # share of the dialogues in a batch in which nobody asks
OF_UNTOLD = 3.0  # weight of a reply that owns up: about one in ten does
MOST, MOST_TALK, MOST_DEV = 12000, 4000, 600  # dialogues that are looked at
LONGEST = 800  # characters of a dialogue, in whole turns
UNANSWERED = (
    "You have not told me that yet.",
    "You have not told me that so far. Will you?",
    "I do not know that, you have not told me.",
)
# What asks in our own dialogues, beside what is answered by owning up.
_ASKS = re.compile(
    r"(?:(?:so|and|but|well|hey|ok|now|oh|tell me|quick question|one more thing|by the way) )*"
    r"(?:(?:what|who|where|when|which|how|for|what's|did i)\b|(?:do|can) you (?:know|remember|tell|repeat|say|name)\b"
    r"|(?:tell|remind|read) me (?:my|our|again|about my|what|who|where|when|which|how|of|the (?:order|booking|list))\b)"
)
_OF_THE_OTHER = re.compile(r"\byou (?!know|remember|tell|repeat|say|name)|\byour\b|\bshould i\b|\bgoing\b")
_OWNS_UP = re.compile(r"\byou have not (told|said|ordered|booked)\b|^I do not know that\. Tell me\?", re.IGNORECASE)


def read(sets: Sequence[Path], part: Literal["train", "dev"]) -> list[Record]:
    """Dialogues of at least two turns.

    Raises:
        ChatkitError: If a set cannot be read.
    """
    found = [
        record for path in sets if part in splits(path) for record in read_records(Generation, path, part, Problems())
    ]
    return [record for record in found if len(record.get("turns", [])) > 1]


def labels(record: Record, talk: Set[str]) -> tuple[list[bool], list[bool]]:
    """Of each turn whether it owns up, and whether the one before it asks for what may have been said.

    Args:
        record: The dialogue.
        talk: Bare messages that never do.
    """
    texts = [turn["text"] for turn in record["turns"]]
    owns = [bool(_OWNS_UP.search(text)) for text in texts]
    pairs = zip(["", *texts], texts, owns, strict=False)
    return owns, [own or (_asks(before, talk) and "?" not in text) for before, text, own in pairs]


def _asks(message: str, talk: Set[str]) -> bool:
    message = bare(message)
    return message not in talk and bool(_ASKS.match(message)) and not _OF_THE_OTHER.search(message)


def drawn(records: Sequence[Record], most: int, rng: np.random.Generator) -> list[Record]:
    """At most so many of them."""
    return [records[i] for i in sorted(rng.permutation(len(records))[:most])]


def beginning(record: Record) -> Record:
    """The first turns of a dialogue, two at least: every piece is compared to every other."""
    ends = itertools.accumulate(len(turn["text"]) for turn in record["turns"])
    return {"turns": record["turns"][: max(2, sum(end <= LONGEST for end in ends))]}


@dataclasses.dataclass(frozen=True)
class Seen:
    """A dialogue as the encoder has it.

    Args:
        ids: (T,).
        states: (T, D) float16.
        owns: (T,) whether the turn that each piece opens owns up.
        asks: (T,) whether the turn before it asks for what may have been said.
    """

    ids: Tensor
    states: Tensor
    owns: Tensor
    asks: Tensor


@dataclasses.dataclass(frozen=True)
class Judged:
    """Log-odds (N,) that something is asked for, and that it was not said, and whether that is so (N,)."""

    of_asks: Tensor
    of_owns: Tensor
    asks: Tensor
    owns: Tensor


@torch.no_grad()
def look(assistant: Assistant, head: Generation, records: Sequence[Record], talk: Set[str] | None) -> list[Seen]:
    """Dialogues, encoded once: the encoder does not change.

    Args:
        assistant: Its encoder.
        head: The head.
        records: The dialogues.
        talk: Bare messages that ask for nothing that may have been said; None where no message does.
    """
    openings, out = torch.tensor(assistant.vocabulary.openings), []
    records = sorted(map(beginning, records), key=lambda record: sum(len(turn["text"]) for turn in record["turns"]))
    for first in range(0, len(records), BATCH):
        batch = records[first : first + BATCH]
        text = assistant.encode_records(head, batch)["text"]
        for row, (record, length) in enumerate(zip(batch, text.lengths.tolist(), strict=True)):
            ids = text.ids[row, :length].clone()
            owns, asks = torch.zeros(2, length, dtype=torch.bool)
            places = torch.isin(ids, openings).nonzero()[:, 0]
            if talk is not None:
                owns[places], asks[places] = (torch.tensor(each[: len(places)]) for each in labels(record, talk))
            out.append(Seen(ids, text.states[row, :length].half(), owns, asks))
    return out


def judged(assistant: Assistant, judge: Answerable, seen: Sequence[Seen], dropout: float = 0.0) -> Judged:
    """What is judged at the opening of each reply but one that opens the dialogue, N of them, and what is right."""
    vocabulary = assistant.vocabulary
    keys = ("ids", "states", "owns", "asks")
    ids, states, owns, asks = (pad_sequence([getattr(each, key) for each in seen], True) for key in keys)
    with torch.no_grad():
        embedded = vocabulary.embed(ids)
    states, embedded = (_dropped(each.float(), dropout) for each in (states, embedded))
    of_asks, of_owns = judge(states, ids, embedded, torch.tensor(vocabulary.openings))
    lengths = torch.tensor([len(each.ids) for each in seen])
    at = (ids == vocabulary.reply) & (torch.arange(ids.shape[1]) < lengths[:, None])
    at[:, 0] = False
    return Judged(of_asks[at], of_owns[at], asks[at], owns[at])


def _dropped(features: Tensor, share: float) -> Tensor:
    """Features (B, T, D) of which a share is left out, the same of all pieces: that costs one pass over them."""
    return features * functional.dropout(torch.ones(features.shape[-1]), share) if share else features


def learn(assistant: Assistant, judge: Answerable, own: Sequence[Seen], talk: Sequence[Seen]) -> None:
    """Train what judges."""
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    optimiser = torch.optim.AdamW(judge.parameters(), lr=RATE, weight_decay=0.01)
    falling = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=STEPS, pct_start=0.05)
    of_talk = round(BATCH * OF_TALK) if talk else 0
    shown = 0.0
    for step in range(STEPS):
        batch = [own[i] for i in rng.integers(0, len(own), BATCH - of_talk)]
        batch += [talk[i] for i in rng.integers(0, len(talk), of_talk)] if talk else []
        found, more = judged(assistant, judge, batch, DROPOUT), torch.tensor(OF_UNTOLD)
        loss = functional.binary_cross_entropy_with_logits(found.of_owns, found.owns.float(), pos_weight=more)
        loss = loss + functional.binary_cross_entropy_with_logits(found.of_asks, found.asks.float())
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(judge.parameters(), 1.0)
        optimiser.step()
        falling.step()
        shown = float(loss.detach()) if step == 0 else 0.98 * shown + 0.02 * float(loss.detach())
        if step % 500 == 499:
            print(f"step {step + 1:,} of {STEPS:,}: {shown:.3f} nats", flush=True)


def report(assistant: Assistant, judge: Answerable, name: str, seen: Sequence[Seen]) -> None:
    """Print how often it owns up, and is ready to, where it should and where it should not."""
    with torch.no_grad():
        parts = [judged(assistant, judge, seen[first : first + BATCH]) for first in range(0, len(seen), BATCH)]
    of_asks, of_owns, asks, owns = (
        torch.cat([getattr(part, field.name) for part in parts]) for field in dataclasses.fields(Judged)
    )
    sure, ready, asked = of_owns.sigmoid() >= SURE, of_owns.sigmoid() >= SAID, of_asks.sigmoid() >= ASKS
    found = [f"{int((sure & owns).sum()):,} of {int(owns.sum()):,} it was not told"] if owns.any() else []
    wrong, might = int((sure & ~owns).sum()), int((ready & ~owns).sum())
    found.append(f"{wrong:,} of {int((~owns).sum()):,} others (and may to {might - wrong:,})")
    heard, more = int((asked & asks).sum()), int((asked & ~asks).sum())
    found[-1] += f"; hears {heard:,} of {int(asks.sum()):,} questions, and {more:,} others"
    print(f"{name}: owns up to {', '.join(found)}", flush=True)


def fill(model: Path, sets: Sequence[Path], others: Sequence[Path]) -> None:
    """Train, report, and write the head.

    Raises:
        ChatkitError: If the assistant or a set cannot be read, or it cannot be written.
        SystemExit: If there is no such head, or nothing to learn from.
    """
    model, assistant = opened_model(model, Generation)
    options = {"answerable": SIZE, "unanswered": list(UNANSWERED)}
    own, talk = read(sets, "train"), read(others, "train")
    never = {bare(turn["text"]) for record in talk for turn in record["turns"][:1]}
    if not any(any(labels(record, never)[0]) for record in own):
        sys.exit("nothing to learn from: no reply in these dialogues owns up to not having been told")
    head = with_room(assistant, Generation, options, ["answerable"])
    assistant.eval()
    assert head.answerable is not None
    judge = head.answerable.requires_grad_(True)
    rng = np.random.default_rng(SEED)
    own, talk = (drawn(rows, most, rng) for rows, most in ((own, MOST), (talk, MOST_TALK)))
    print(f"{len(own):,} dialogues, {len(talk):,} of talk", flush=True)
    learn(assistant, judge, look(assistant, head, own, never), look(assistant, head, talk, None))
    for path in (*sets, *others):
        if records := read([path], "dev")[:MOST_DEV]:
            report(assistant, judge, path.name, look(assistant, head, records, never if path in sets else None))
    written(model, assistant, "generation", options)


def main() -> None:
    """Write the head."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("dialogues", nargs="+", type=Path)
    parser.add_argument("--talk", nargs="*", default=[], type=Path, metavar="DIALOGUES")
    args = parser.parse_args()
    guarded(args.model, lambda: fill(args.model, args.dialogues, args.talk))


if __name__ == "__main__":
    main()
