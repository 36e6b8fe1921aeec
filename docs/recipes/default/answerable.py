"""Teaches an assistant's generation head whether what a message asks for was said before it, or is of the world.

    python docs/recipes/default/answerable.py MODEL DIALOGUES... [--talk DIALOGUES...]

DIALOGUES are of our own (``errands.py --owned``): a reply that owns up to not having been told tells which messages ask
for what was not said. In those behind --talk nobody asks for such a thing; their first messages, and questions of the
world (``worldly.toml``), are also put behind the beginnings of other dialogues, for what was said before must not make
them what they are not. The encoder, all trained weights and the
other heads stay as they are. How well it tells them apart is printed of the dev parts. Some eight minutes on one core.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import re
import sys
import tomllib
from collections.abc import Sequence, Set
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch
from chatkit_generation import Generation
from chatkit_generation.answerable import ASKS, NOTES, SAID, SURE, WORLD, Answerable, Judged
from chatkit_generation.wording import bare
from filling import guarded, opened_model, with_room, written
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence
from worldly import questions

from chatkit.assistant import Assistant
from chatkit.data.discover import splits
from chatkit.data.records import Problems
from chatkit.head.head import Record
from chatkit.training.reading import read_records

SIZE = 40  # of what is compared
STEPS, BATCH, RATE, DROPOUT, SEED = 3500, 20, 2e-3, 0.2, 1
OF_TALK, OF_ENDED = 0.15, 0.3  # shares of the dialogues in a batch in which nobody asks, and of those with another end
OF_UNTOLD = 3.0  # weight of a reply that owns up: about one in ten does
MOST, MOST_TALK, MOST_DEV = 12000, 4000, 600  # dialogues that are looked at
ENDED = 4000  # of each kind of other end
ALONE = 0.3  # share of other ends with nothing before them
LONGEST = 800  # characters of a dialogue, in whole turns
UNANSWERED = (
    "You have not told me that yet.",
    "You have not told me that so far. Will you?",
    "I do not know that, you have not told me.",
)
UNKNOWN = (
    "I do not know that. If it stands in a document of yours, /index it and ask me again.",
    "That I do not know. I am small and know only what is in your documents.",
    "I know few facts, and I would rather not guess. Do you have a document about it?",
    "I am too small to know such things. Your documents may know more: /index shows me where they are.",
)
LISTENING = tomllib.loads((Path(__file__).parent / "listening.toml").read_text(encoding="utf-8"))
# What replies of our own say to what is asked of the world.
_OF_WORLD = re.compile(
    r"if it stands in a document|know few facts, and|i know no maps|dates stick in my head|science is above my size"
    r"|names of the famous|i know no prices|never held a tool|good at sums|cannot calculate|a dictionary will",
    re.IGNORECASE,
)
# What replies of our own say to what is to be noted.
_NOTES = re.compile(
    r"^(noted|got it: |good, an? |on your list|i have noted|to take away|crossed out|cancelled: |forgotten\. say"
    r"|done, it is|(of course|sure|gladly)\. what size|(for|on) which day|(and |at )?(at )?what time|for how many"
    r"|all right(: |, (an? |i )))"
    r"|(shall i note it|is that right|correct|anything to add|anything else)\?$|\bonly take notes\b|book it myself",
    re.IGNORECASE,
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


class Label(NamedTuple):
    """Whether a reply is said to what was not said, to what may have been said, to the world's, and to what is noted.

    The last is None where it is not known.
    """

    owns: bool
    asks: bool
    world: bool
    notes: bool | None


NONE, WORLDLY = Label(False, False, False, False), Label(False, False, True, False)


def labels(record: Record, talk: Set[str] | None) -> list[Label]:
    """Of each turn.

    Args:
        record: The dialogue.
        talk: Bare messages that ask for nothing that may have been said; None where no message does.
    """
    texts = [turn["text"] for turn in record["turns"]]
    out = []
    for before, text in zip(["", *texts], texts, strict=False):
        owns = talk is not None and bool(_OWNS_UP.search(text))
        asks = owns or (talk is not None and "?" not in text and _asks(before, talk))
        notes = bool(_NOTES.search(text)) and not asks if talk is not None else None
        out.append(Label(owns, asks, bool(_OF_WORLD.search(text)), notes))
    return [*out[:-1], record["end"]] if "end" in record else out


def _asks(message: str, talk: Set[str]) -> bool:
    message = bare(message)
    return message not in talk and bool(_ASKS.match(message)) and not _OF_THE_OTHER.search(message)


def ended(records: Sequence[Record], ends: Sequence[tuple[str, Label]], rng: np.random.Generator) -> list[Record]:
    """Messages, each behind the beginning of a dialogue drawn for it, or behind nothing.

    Args:
        records: The dialogues.
        ends: Messages and what a reply to each is said to.
        rng: Draws.
    """
    out: list[Record] = []
    for message, label in ends:
        turns = beginning(records[int(rng.integers(len(records)))])["turns"]
        kept = 0 if rng.random() < ALONE else 2 * int(rng.integers(len(turns) // 2 + 1))
        said = ({"speaker": "user", "text": message}, {"speaker": "assistant", "text": "I see."})
        out.append({"turns": [*turns[:kept], *said], "end": label})
    return out


def ends(talk: Sequence[Record], part: Literal["train", "dev"], rng: np.random.Generator) -> list[tuple[str, Label]]:
    """What is put at the end of dialogues: first messages of talk, questions of the world, what sounds like these."""
    firsts = [talk[i] for i in rng.permutation(len(talk))[:ENDED]]
    found = [(record["turns"][0]["text"], labels(record, None)[1]) for record in firsts]
    found += [(text, WORLDLY) for text in questions("world", part, ENDED, SEED)]
    return found + [(text, NONE) for text in questions("own", part, ENDED // 8, SEED)]


def drawn(records: Sequence[Record], most: int, rng: np.random.Generator) -> list[Record]:
    """At most so many of them."""
    return [records[i] for i in sorted(rng.permutation(len(records))[:most])]


def beginning(record: Record) -> Record:
    """The first turns of a dialogue, two at least: every piece is compared to every other."""
    ends = itertools.accumulate(len(turn["text"]) for turn in record["turns"])
    kept = record["turns"][: max(2, sum(end <= LONGEST for end in ends))]
    return {**record, "turns": kept} if "end" not in record else record


@dataclasses.dataclass(frozen=True)
class Seen:
    """A dialogue as the encoder has it.

    Args:
        ids: (T,).
        states: (T, D) float16.
        labels: (T, 4) int8 of the turn that each piece opens, see ``Label``; -1 where it is not known.
    """

    ids: Tensor
    states: Tensor
    labels: Tensor


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
            places = torch.isin(ids, openings).nonzero()[:, 0]
            marked = torch.zeros(length, len(NONE), dtype=torch.int8)
            of_turns = [[-1 if x is None else int(x) for x in label] for label in labels(record, talk)[: len(places)]]
            marked[places] = torch.tensor(of_turns, dtype=torch.int8)
            out.append(Seen(ids, text.states[row, :length].half(), marked))
    return out


def judged(
    assistant: Assistant, judge: Answerable, seen: Sequence[Seen], dropout: float = 0.0
) -> tuple[Judged, Tensor]:
    """Log-odds, each (N,), at the opening of each reply but one that opens the dialogue, and what is right (N, 4)."""
    vocabulary = assistant.vocabulary
    keys = ("ids", "states", "labels")
    ids, states, right = (pad_sequence([getattr(each, key) for each in seen], True) for key in keys)
    with torch.no_grad():
        embedded = vocabulary.embed(ids)
    states, embedded = (_dropped(each.float(), dropout) for each in (states, embedded))
    openings = torch.tensor(vocabulary.openings)
    odds = judge(states, ids, embedded, openings)
    row, place = torch.isin(ids, openings).nonzero().unbind(1)
    lengths = torch.tensor([len(each.ids) for each in seen])
    at = (ids[row, place] == vocabulary.reply) & (place > 0) & (place < lengths[row])
    return Judged(*(each[at] for each in odds)), right[row[at], place[at]]


def _dropped(features: Tensor, share: float) -> Tensor:
    """Features (B, T, D) of which a share is left out, the same of all pieces: that costs one pass over them."""
    return features * functional.dropout(torch.ones(features.shape[-1]), share) if share else features


def learn(
    assistant: Assistant, judge: Answerable, own: Sequence[Seen], talk: Sequence[Seen], others: Sequence[Seen]
) -> None:
    """Train what judges."""
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    optimiser = torch.optim.AdamW(judge.parameters(), lr=RATE, weight_decay=0.01)
    falling = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=STEPS, pct_start=0.05)
    shares = ((talk, OF_TALK), (others, OF_ENDED))
    counts = [(rows, round(BATCH * share)) for rows, share in shares if rows]
    counts.append((own, BATCH - sum(count for _, count in counts)))
    shown, more = 0.0, torch.tensor(OF_UNTOLD)
    loss_of = functional.binary_cross_entropy_with_logits
    for step in range(STEPS):
        batch = [rows[i] for rows, count in counts for i in rng.integers(0, len(rows), count)]
        found, right = judged(assistant, judge, batch, DROPOUT)
        owns, asks, world, notes = right.float().unbind(1)
        loss = loss_of(found.unsaid, owns, pos_weight=more) + loss_of(found.asks, asks) + loss_of(found.world, world)
        known = notes >= 0
        loss = loss + loss_of(found.notes[known], notes[known]) if known.any() else loss
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
    odds = Judged(*(torch.cat(column).sigmoid() for column in zip(*(part for part, _ in parts), strict=True)))
    right = torch.cat([labels for _, labels in parts])
    owns, asks, world, notes = (right > 0).unbind(1)
    sure, ready = odds.unsaid >= SURE, odds.unsaid >= SAID
    heard = [(odds.asks >= ASKS, asks, "questions"), (odds.world >= WORLD, world, "of the world")]
    heard += [(odds.notes >= NOTES, notes, "to note")] if (right[:, -1] >= 0).any() else []
    found = [f"{int((sure & owns).sum()):,} of {int(owns.sum()):,} it was not told"] if owns.any() else []
    wrong, might = int((sure & ~owns).sum()), int((ready & ~owns).sum())
    found.append(f"{wrong:,} of {int((~owns).sum()):,} others (and may to {might - wrong:,})")
    for ours, real, what in heard:
        true, false = int((ours & real).sum()), int((ours & ~real).sum())
        found[-1] += f"; hears {true:,} of {int(real.sum()):,} {what}, {false:,} others"
    print(f"{name}: owns up to {', '.join(found)}", flush=True)


def fill(model: Path, sets: Sequence[Path], others: Sequence[Path]) -> None:
    """Train, report, and write the head.

    Raises:
        ChatkitError: If the assistant or a set cannot be read, or it cannot be written.
        SystemExit: If there is no such head, or nothing to learn from.
    """
    model, assistant = opened_model(model, Generation)
    said = {"unanswered": list(UNANSWERED), "unknown": list(UNKNOWN), "listening": LISTENING}
    options = {"answerable": SIZE, **said}
    own, talk = read(sets, "train"), read(others, "train")
    never = {bare(turn["text"]) for record in talk for turn in record["turns"][:1]}
    if not any(label.owns for record in own for label in labels(record, never)):
        sys.exit("nothing to learn from: no reply in these dialogues owns up to not having been told")
    head = with_room(assistant, Generation, options, ["answerable"])
    assistant.eval()
    assert head.answerable is not None
    judge = head.answerable.requires_grad_(True)
    rng = np.random.default_rng(SEED)
    more = ended(own, ends(talk, "train", rng), rng) if talk else []
    own, talk = (drawn(rows, most, rng) for rows, most in ((own, MOST), (talk, MOST_TALK)))
    print(f"{len(own):,} dialogues, {len(talk):,} of talk, {len(more):,} with another end", flush=True)
    seen = [look(assistant, head, *each) for each in ((own, never), (talk, None), (more, None))]
    learn(assistant, judge, *seen)
    dev = [(str(path), read([path], "dev")[:MOST_DEV], never if path in sets else None) for path in (*sets, *others)]
    if (told := read(sets, "dev")) and (small := read(others, "dev")):
        dev.append(("other ends", ended(told, ends(small, "dev", rng), rng), None))
    for name, records, never_in in dev:
        if records:
            report(assistant, judge, name, look(assistant, head, records, never_in))
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
