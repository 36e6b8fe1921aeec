"""What reading unlabelled text gains on it, and what it costs at home: ``chatkit adapt`` on several targets.

    python tests/benchmarks/adaptation.py FOLDER_OF_THE_SETS [--model DIR] [--targets NAME]... [--texts N]
                                          [--epochs F] [--minutes F] [--json FILE]

Of each target's train part at most N texts are drawn and read, no label among them; the old text is the dialogue that
the assistant was trained on. Bits per byte before and after are measured on held-out tenths of either, and those of the
heads on their dev parts: accuracy of sentiment is told on a labelled set of the target's kind too, where there is one.
The bound (2 %) holds by construction on the held-out old text; "not bounded" is the same for dialogue of another set
that was given to nobody. Goes on from FILE. Targets: -12 % on the new domain, at most +2 % on the old.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from chatkit import paths
from chatkit.assistant import Assistant
from chatkit.checkpoint import read_json, write_json
from chatkit.data.readers import READERS
from chatkit.data.records import Problems
from chatkit.generalisation.adapt import AdaptConfig, adapt_language_model, bits_per_byte_of
from chatkit.generalisation.bodies import read_body
from chatkit.runtime.loading import load_trained
from chatkit.text.views import MESSAGE, conversation_ids, frame
from chatkit.training.evaluator import evaluate
from chatkit.training.reading import draw

TARGETS = ("pydocs_en_fr", "irc_ubuntu", "lm_tinyshakespeare", "news_newsmtsc")
OLD = ("chitchat", "taskmaster4", "persona_synth")
ASIDE = "chatterbot"  # of the old domain, and not given as such
LABELLED = {"goemotions": "dev", "news_newsmtsc": "test"}
_MOST_PIECES, _LABELLED = 512, 400


def sequences(assistant: Assistant, folder: Path, most: int) -> list[list[int]]:
    """Framed sequences of a set's train part: dialogues whole, any other text as messages."""
    tokenizer = assistant.tokenizer
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8")) if (folder / "meta.json").is_file() else {}
    if meta.get("task") == "dialogue":
        rows = list(READERS["dialogue"].read(folder, "train", "skip", Problems()))
        return [conversation_ids(tokenizer, row)[:_MOST_PIECES] for row in draw(rows, most, seed=[1, 3])]
    texts = read_body(folder, most=most, seed=1, parts=("train", "dev")).texts
    return [frame(tokenizer, MESSAGE, tokenizer.encode(text), _MOST_PIECES) for text in texts]


def accuracies(assistant: Assistant, root: Path) -> dict[str, float]:
    """Accuracy of sentiment on labelled sets."""
    head, out = assistant.heads.get("sentiment"), {}
    if head is None:
        return {}
    for name, part in LABELLED.items():
        rows = list(READERS["labelled"].read(root / name, part, "skip", Problems()))  # type: ignore[arg-type]
        out[name] = evaluate(assistant, head, draw(rows, _LABELLED, seed=0))["accuracy"].value
    return out


def adapted(root: Path, name: str, args: argparse.Namespace) -> dict[str, Any]:
    """One target: what was gained and what it cost."""
    assistant = load_trained(args.model)
    new = sequences(assistant, root / name, args.texts)
    old = [row for part in OLD for row in sequences(assistant, root / part, args.texts // 10)]
    aside = sequences(assistant, root / ASIDE, 300)
    before = bits_per_byte_of(assistant, aside), accuracies(assistant, root)
    config = AdaptConfig(minutes=args.minutes, epochs=args.epochs)
    found = adapt_language_model(assistant, new, old, config, say=lambda line: print(f"  {line}", flush=True))
    after = bits_per_byte_of(assistant, aside), accuracies(assistant, root)
    return {
        "texts": len(new),
        **found.as_json(),
        "aside": {"before": before[0], "after": after[0], "change": after[0] / before[0] - 1},
        "accuracy": {key: {"before": value, "after": after[1][key]} for key, value in before[1].items()},
    }


def row_of(name: str, found: dict[str, Any]) -> str:
    """A row of the table."""
    target, old, aside = (found[key] for key in ("target", "old", "aside"))
    moved = ", ".join(f"{n} {v['before']:.1%} -> {v['after']:.1%}" for n, v in found["accuracy"].items())
    return (
        f"| {name} | {found['texts']:,} | {target['before']:.3f} -> {target['after']:.3f} | {target['change']:+.1%} | "
        f"{old['change']:+.1%} | {aside['change']:+.1%} | {found['mix']:.0%} | {moved} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", type=Path, default=paths.shipped_model())
    parser.add_argument("--targets", nargs="+", default=list(TARGETS))
    parser.add_argument("--texts", type=int, default=3000)
    parser.add_argument("--epochs", type=float, default=3.0)
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    done: dict[str, Any] = read_json(args.json) if args.json and args.json.is_file() else {}
    started = time.process_time()
    for name in args.targets:
        if name not in done:
            print(name, flush=True)
            done[name] = adapted(args.data, name, args)
            if args.json:
                write_json(args.json, done)
    head = "| target | texts read | bits per byte | change | old | old, not bounded | new weights | sentiment |"
    print("\n" + head + "\n|---|---:|---:|---:|---:|---:|---:|---|")
    for name in args.targets:
        print(row_of(name, done[name]))
    met = [n for n in args.targets if done[n]["target"]["change"] <= -0.12 and done[n]["old"]["change"] <= 0.02]
    print(f"\n-12 % on the target at no more than +2 % on the old domain: {len(met)} of {len(args.targets)}", *met)
    print(f"{(time.process_time() - started) / 60:.1f} CPU minutes")


if __name__ == "__main__":
    main()
