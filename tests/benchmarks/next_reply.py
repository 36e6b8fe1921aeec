"""Next-reply choice, 1 of 10, on the dialogue test sets: is the reply that was given preferred to nine others?

    python tests/benchmarks/next_reply.py FOLDER_OF_THE_SETS [--model DIR] [--split dev|test] [--most N]

One turn of each dialogue (drawn with a seed, never the first), its last six turns as context, and nine replies drawn
from other dialogues of the same set. Scores: the language model's log p(reply | context) - log p(reply), that is their
pointwise mutual information (Li et al. 2016, "A diversity-promoting objective function"); BM25 of the context's words
in the replies; 0.1 is chance.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent))

from default_assistant import DIALOGUE, DIALOGUE_FOREIGN

from chatkit import paths
from chatkit.assistant import Assistant
from chatkit.data.batching import pad
from chatkit.data.records import Problems
from chatkit.head.encode import encode_padded
from chatkit.runtime.loading import load_trained
from chatkit.search.bm25 import BM25
from chatkit.search.words import document_words, query_words
from chatkit.text.views import conversation_ids
from chatkit.training.reading import draw, read_records

CONTEXT, CANDIDATES = 6, 10
Turn = dict[str, Any]


def reply_nats(assistant: Assistant, context: Sequence[Turn], replies: Sequence[Turn]) -> np.ndarray:
    """-log p of each reply after the context, (N,) nats; its speaker and end count."""
    before = len(conversation_ids(assistant.tokenizer, {"turns": list(context)})) if context else 1
    rows = [conversation_ids(assistant.tokenizer, {"turns": [*context, reply]})[: before + 128] for reply in replies]
    with torch.inference_mode():
        encoded = encode_padded(assistant.backbone.encoder, pad(rows, assistant.tokenizer.pad))
        known = encoded.next_ids >= 0
        nats = torch.zeros(known.shape)
        nats[known] = assistant.vocabulary.nats(encoded.states[known], encoded.next_ids[known]).float()
    return nats[:, before - 1 :].sum(1).numpy()


def rank_first(scores: np.ndarray) -> float:
    """1 if the first candidate alone has the best score; a share where others tie with it."""
    best = np.flatnonzero(scores >= scores.max() - 1e-9)
    return 1 / len(best) if 0 in best else 0.0


def choices(assistant: Assistant, dialogues: Sequence[Any], seed: int) -> dict[str, float]:
    """Share of dialogues whose own reply comes first, by each score."""
    rng = np.random.default_rng(seed)
    dialogues = [d for d in dialogues if len(d["turns"]) > 1]
    hits: dict[str, list[float]] = {"language model": [], "BM25": []}
    for i, dialogue in enumerate(dialogues):
        at = int(rng.integers(1, len(dialogue["turns"])))
        context, own = dialogue["turns"][max(0, at - CONTEXT) : at], dialogue["turns"][at]
        others = rng.choice([j for j in range(len(dialogues)) if j != i], CANDIDATES - 1, replace=False)
        drawn = [dialogues[j]["turns"] for j in others]
        texts = [own["text"], *(turns[int(rng.integers(1, len(turns)))]["text"] for turns in drawn)]
        replies = [{"speaker": own["speaker"], "text": text} for text in texts]
        alone = [{"speaker": "assistant", "text": text} for text in texts]
        gain = reply_nats(assistant, [], alone) - reply_nats(assistant, context, replies)
        bm25 = BM25.build([document_words(text) for text in texts])
        hits["language model"].append(rank_first(gain))
        hits["BM25"].append(rank_first(bm25.scores(query_words(" ".join(turn["text"] for turn in context)))))
    return {name: float(np.mean(values)) for name, values in hits.items()} | {"dialogues": len(dialogues)}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", type=Path, default=paths.shipped_model())
    parser.add_argument("--split", default="test", choices=["dev", "test"])
    parser.add_argument("--most", type=int, default=300, help="dialogues of each set; 0 takes all")
    args = parser.parse_args()
    assistant = load_trained(args.model)
    head = type(assistant.heads["generation"])
    print(f"{'set':14} {'dialogues':>9} {'language model':>15} {'BM25':>7}   chance 0.100")
    for name in (*DIALOGUE, *DIALOGUE_FOREIGN):
        records = draw(read_records(head, args.data / name, args.split, Problems()), args.most, seed=5)
        row = choices(assistant, records, seed=5)
        shown = name + (" *" if name in DIALOGUE_FOREIGN else "")
        print(f"{shown:14} {row['dialogues']:>9} {row['language model']:>15.3f} {row['BM25']:>7.3f}")
    print("* foreign: not among its training sets")


if __name__ == "__main__":
    main()
