"""Next-reply choice, 1 of 10, on the dialogue test sets: is the reply that was given preferred to nine others?

    python tests/benchmarks/next_reply.py FOLDER_OF_THE_SETS [--model DIR] [--split dev|test] [--most N] [--json FILE]

One turn of each dialogue (drawn with a seed, never the first), its last six turns as context, and nine replies drawn
from other dialogues of the same set; 0.1 is chance. Scores:

language model  log p(reply | context) - log p(reply), that is their pointwise mutual information (Li et al. 2016, "A
                diversity-promoting objective function")
ranking head    cosine of the last turn as a query and the reply as a passage
BM25            of the context's words in the replies
chooser         the sum of the three, each standardised over the ten replies, with the weights WEIGHTS, which were
                chosen on dev (--split dev --most 600 --grid prints the table: mean over the sets)
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parent))

from default_assistant import DIALOGUE, DIALOGUE_FOREIGN

from chatkit import paths
from chatkit.assistant import Assistant
from chatkit.data.batching import pad
from chatkit.data.records import Problems
from chatkit.head.encode import encode_padded
from chatkit.head.encoded import Encoded
from chatkit.head.language_model import LanguageModel
from chatkit.runtime.loading import load_trained
from chatkit.search.bm25 import BM25
from chatkit.search.words import document_words, query_words
from chatkit.text.views import conversation_ids
from chatkit.training.reading import draw, read_records

CONTEXT, CANDIDATES = 6, 10
WEIGHTS = {"language model": 1.0, "ranking head": 0.25, "BM25": 0.5}
Turn = dict[str, Any]


def reply_nats(assistant: Assistant, context: Sequence[Turn], replies: Sequence[Turn]) -> np.ndarray:
    """-log p of each reply after the context by the head and its pointer, (N,) nats; its speaker and end count."""
    head = assistant.heads["generation"]
    assert isinstance(head, LanguageModel)
    before = len(conversation_ids(assistant.tokenizer, {"turns": list(context)})) if context else 1
    rows = [conversation_ids(assistant.tokenizer, {"turns": [*context, reply]})[: before + 128] for reply in replies]
    with torch.inference_mode():
        encoded = encode_padded(assistant.backbone.encoder, pad(rows, assistant.tokenizer.pad))
        known = encoded.next_ids >= 0
        known[:, : before - 1] = False
        parts = (Encoded(*(field[i : i + 1] for field in _fields(encoded))) for i in range(len(rows)))
        nats = [float(head.nats(part, known[i : i + 1])) for i, part in enumerate(parts)]
    return np.array(nats)


def _fields(encoded: Encoded) -> tuple[Tensor, ...]:
    return encoded.ids, encoded.lengths, encoded.states, encoded.next_ids


def rank_first(scores: np.ndarray) -> float:
    """1 if the first candidate alone has the best score; a share where others tie with it."""
    best = np.flatnonzero(scores >= scores.max() - 1e-9)
    return 1 / len(best) if 0 in best else 0.0


def scores(assistant: Assistant, context: Sequence[Turn], replies: Sequence[Turn]) -> dict[str, np.ndarray]:
    """Each score of each reply, (N,)."""
    texts = [reply["text"] for reply in replies]
    alone = [{"speaker": "assistant", "text": text} for text in texts]
    bm25 = BM25.build([document_words(text) for text in texts])
    out = {
        "language model": reply_nats(assistant, [], alone) - reply_nats(assistant, context, replies),
        "BM25": bm25.scores(query_words(" ".join(turn["text"] for turn in context))),
    }
    head = assistant.vector_head()
    if head is not None:
        query, doc = head.fields
        out["ranking head"] = (
            assistant.vectors(head, texts, doc) @ assistant.vectors(head, [context[-1]["text"]], query)[0]
        )
    return out


def chosen(found: Mapping[str, np.ndarray], weights: Mapping[str, float]) -> np.ndarray:
    """The weighted sum of scores, each standardised over the replies, (N,)."""
    return np.sum([w * _standard(found[name]) for name, w in weights.items() if name in found], axis=0)


def _standard(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / max(float(values.std()), 1e-9)


def drawn_scores(assistant: Assistant, dialogues: Sequence[Any], seed: int) -> list[dict[str, np.ndarray]]:
    """The scores of ten replies for a turn of each dialogue; the first of them is its own."""
    rng = np.random.default_rng(seed)
    dialogues = [d for d in dialogues if len(d["turns"]) > 1]
    out = []
    for i, dialogue in enumerate(dialogues):
        at = int(rng.integers(1, len(dialogue["turns"])))
        context, own = dialogue["turns"][max(0, at - CONTEXT) : at], dialogue["turns"][at]
        others = rng.choice([j for j in range(len(dialogues)) if j != i], CANDIDATES - 1, replace=False)
        turns = [dialogues[j]["turns"] for j in others]
        texts = [own["text"], *(said[int(rng.integers(1, len(said)))]["text"] for said in turns)]
        out.append(scores(assistant, context, [{"speaker": own["speaker"], "text": text} for text in texts]))
    return out


def shares(found: Sequence[Mapping[str, np.ndarray]], weights: Mapping[str, float]) -> dict[str, float]:
    """Share of dialogues whose own reply comes first, by each score and by the chooser."""
    names = list(found[0])
    by_score = {name: float(np.mean([rank_first(row[name]) for row in found])) for name in names}
    return {"chooser": float(np.mean([rank_first(chosen(row, weights)) for row in found])), **by_score}


def print_grid(found: Mapping[str, Sequence[Mapping[str, np.ndarray]]]) -> None:
    """The chooser with other weights, mean over the sets, best first."""
    rows = []
    for model, vectors, words in itertools.product((1.0,), (0.0, 0.25, 0.5, 1.0), (0.0, 0.25, 0.5, 1.0, 2.0)):
        weights = {"language model": model, "ranking head": vectors, "BM25": words}
        rows.append((float(np.mean([shares(part, weights)["chooser"] for part in found.values()])), weights))
    for share, weights in sorted(rows, key=lambda row: -row[0]):
        print(f"{share:.4f} {weights}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", type=Path, default=paths.shipped_model())
    parser.add_argument("--split", default="test", choices=["dev", "test"])
    parser.add_argument("--most", type=int, default=300, help="dialogues of each set; 0 takes all")
    parser.add_argument("--grid", action="store_true", help="print the chooser with other weights (dev)")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    assistant = load_trained(args.model)
    head = type(assistant.heads["generation"])
    rows, found = [], {}
    for name in (*DIALOGUE, *DIALOGUE_FOREIGN):
        records = draw(read_records(head, args.data / name, args.split, Problems()), args.most, seed=5)
        part = drawn_scores(assistant, records, seed=5)
        rows.append({"set": name, "home": name in DIALOGUE, "examples": len(part), **shares(part, WEIGHTS)})
        if name in DIALOGUE:
            found[name] = part
        if len(rows) == 1:
            print(f"{'set':14} {'dialogues':>9}" + "".join(f"{key:>16}" for key in [*rows[0]][3:]) + "   chance 0.100")
        shown = name + (" *" if name in DIALOGUE_FOREIGN else "")
        print(f"{shown:14} {len(part):>9}" + "".join(f"{value:>16.3f}" for value in [*rows[-1].values()][3:]))
    print("* foreign: not among its training sets")
    if args.grid:
        print_grid(found)
    if args.json:
        args.json.write_text(json.dumps({"split": args.split, "rows": rows}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
