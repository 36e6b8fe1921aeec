"""Learning from a session as it goes on: bits per byte at home and abroad, and what it would do to another head.

    python tests/benchmarks/session_learning.py FOLDER_OF_THE_SETS [--model DIR] [--sessions N] [--ungated]

Dev parts. A session is a dialogue, or twelve messages of one set in their order. Every turn is scored before it is
learned from, with what the turns before it have taught (Krause 2018; Grave 2017), and each session begins anew.
"speaker" learns from the first speaker's turns only, as the chat learns from the user; "all" from every turn.
The gap of the language model (bits per byte abroad less at home) and that of the sentiment head (accuracy) are told
apart: in the chat the heads keep the assistant's own weights; the last table shows what the learned ones would do.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

from chatkit import paths
from chatkit.assistant import Assistant
from chatkit.data.readers import READERS
from chatkit.data.records import Problems
from chatkit.generalisation.learner import HOW, LearnConfig, SessionLearner
from chatkit.runtime.loading import load_trained
from chatkit.text.tokenizer import USER
from chatkit.text.views import speaker_ids
from chatkit.training.evaluator import evaluate
from chatkit.training.reading import draw

HOME = ("chitchat", "taskmaster4", "persona_synth", "chatterbot")
ABROAD = {"irc_ubuntu": ("dialogue", ""), "pydocs_en_fr": ("translation", "src"), "lm_wikitext2": ("text", "")}
LABELLED = {"goemotions": "dev", "tweets_semeval": "dev", "news_newsmtsc": "train", "reviews_finegrained": "dev"}
TURNS, MESSAGES = 20, 12
Session = list[tuple[str, str]]  # speaker, text


def sessions_of(root: Path, name: str, count: int) -> list[Session]:
    """Drawn sessions of a set's dev part."""
    reader, field = ABROAD.get(name, ("dialogue", ""))
    if reader == "dialogue":
        rows = list(READERS["dialogue"].read(root / name, "dev", "skip", Problems()))
        return [[(t["speaker"], t["text"]) for t in r["turns"]][:TURNS] for r in draw(rows, count, seed=0)]
    if reader == "text":
        lines = (root / name / "dev.txt").read_text(encoding="utf-8").splitlines()
        texts = [line.strip() for line in lines if len(line) > 200]
    else:
        texts = [row[field] for row in READERS[reader].read(root / name, "dev", "skip", Problems())]
    runs = [[("user", text) for text in texts[i : i + MESSAGES]] for i in range(0, len(texts) - MESSAGES, MESSAGES)]
    return draw(runs, count, seed=0)  # type: ignore[arg-type,return-value]


def measured(assistant: Assistant, sessions: Sequence[Session], config: LearnConfig, *, everybody: bool) -> Any:
    """Bits per byte without and with what was learned, mean drift at the end, share of turns in which it spoke."""
    plain = learned = 0.0
    size = spoken = turns = 0
    drift = []
    for session in sessions:
        learner = SessionLearner(assistant, config)
        pieces = speaker_ids([{"speaker": speaker} for speaker, _ in session])
        for piece, (_, text) in zip(pieces, session, strict=True):
            found = learner.read(piece, text, learn=everybody or piece == USER)
            plain, learned, size = plain + found.plain, learned + found.learned, size + found.bytes
            turns, spoken = turns + 1, spoken + (found.plain != found.learned)
        drift.append(learner.drift)
    scale = math.log(2) * size
    return plain / scale, learned / scale, float(np.mean(drift)), spoken / turns


def language_model(
    assistant: Assistant, root: Path, count: int, config: dict[str, Any], hows: Sequence[str]
) -> list[dict[str, Any]]:
    """A row for each set and way to learn."""
    rows = []
    for name in (*HOME, *ABROAD):
        sessions = sessions_of(root, name, count)
        for how in hows:
            for everybody in (True, False):
                if not everybody and how != "both":
                    continue
                settings = LearnConfig(how=how, **config)  # type: ignore[arg-type]
                plain, learned, drift, spoke = measured(assistant, sessions, settings, everybody=everybody)
                row = {"set": name, "home": name in HOME, "how": how, "from": "all" if everybody else "speaker"}
                rows.append(row | {"plain": plain, "learned": learned, "drift": drift, "spoke": spoke})
                print(
                    f"{name + ('' if name in HOME else ' *'):16}{how:9}{row['from']:9}{plain:7.3f}{learned:9.3f}"
                    f"{learned - plain:+9.3f}{learned / plain - 1:+9.1%}{drift:9.2%}{spoke:8.0%}",
                    flush=True,
                )
    return rows


def other_head(assistant: Assistant, root: Path, config: dict[str, Any]) -> list[dict[str, Any]]:
    """Accuracy of sentiment on 400 texts, with its own weights and with those that 24 others of the set taught."""
    head, own = assistant.heads["sentiment"], assistant.backbone
    rows = []
    for name, part in LABELLED.items():
        records = draw(list(READERS["labelled"].read(root / name, part, "skip", Problems())), 424, seed=0)
        order = np.random.default_rng(1).permutation(len(records))
        learner = SessionLearner(assistant, LearnConfig(how="weights", **config))
        for i in order[:24]:
            learner.read(USER, records[i]["text"], learn=True, score=False)
        rest = [records[i] for i in order[24:]]
        before = evaluate(assistant, head, rest)["accuracy"].value
        assistant.backbone = learner.backbone
        after = evaluate(assistant, head, rest)["accuracy"].value
        assistant.backbone = own
        rows.append({"set": name, "home": name == "goemotions", "before": before, "after": after})
        mark = "" if name == "goemotions" else " *"
        print(f"{name + mark:22}{before:8.1%}{after:8.1%}{after - before:+8.1%}{learner.drift:9.2%} drift", flush=True)
    return rows


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", type=Path, default=paths.shipped_model())
    parser.add_argument("--sessions", type=int, default=12)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--how", action="append", choices=HOW)
    parser.add_argument("--ungated", action="store_true", help="Learn from familiar text too.")
    args = parser.parse_args()
    torch.set_num_threads(1)
    started = time.process_time()
    assistant = load_trained(args.model)
    assistant.eval()
    config = {"familiar": 1.0} if args.ungated else {}
    print(f"{'set':16}{'how':9}{'from':9}{'plain':>7}{'learned':>9}{'':9}{'':9}{'drift':>9}{'spoke':>8}")
    rows = language_model(assistant, args.data, args.sessions, config, args.how or HOW)
    for how in args.how or HOW:
        mine = [r for r in rows if r["how"] == how and r["from"] == "all"]
        gaps = {
            key: np.mean([r[key] for r in mine if not r["home"]]) - np.mean([r[key] for r in mine if r["home"]])
            for key in ("plain", "learned")
        }
        print(f"gap of the language model, {how}: {gaps['plain']:.3f} -> {gaps['learned']:.3f} bits per byte")
    heads = []
    if "sentiment" in assistant.heads:
        print("\nsentiment with the assistant's weights, and with learned ones (which no head is given in the chat)")
        heads = other_head(assistant, args.data, config)
    print(f"\n{time.process_time() - started:.0f} CPU s")
    if args.json:
        args.json.write_text(json.dumps({"language_model": rows, "heads": heads}, indent=1))


if __name__ == "__main__":
    main()
