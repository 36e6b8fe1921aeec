"""The default assistant on every visible test set, beside what it must beat. Needs the public data sets.

    python tests/benchmarks/default_assistant.py FOLDER_OF_THE_SETS [--model DIR] [--json FILE] [--only PART]

Sentiment    macro-F1 over the classes in the gold labels, its 95 % interval over draws of the examples; beside it the
             class that is most frequent in the test part
Ranking      nDCG@10 of BM25 fused with the head's vectors, of BM25 and of the vectors alone; the gain of the fusion
             over BM25 with its 95 % interval, a paired bootstrap over the queries
Dialogue     bits per byte from the zero state; beside it an interpolated modified Kneser-Ney 5-gram model, trained on
             the same training texts (each once) in the same pieces, its context running over the turns
Translation  chrF of beam search (on at most --most sentences a set, drawn with a seed; 0 takes all) and nats per piece
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent))

from chatkit_generation.kneser_ney import KneserNey

from chatkit import paths
from chatkit.assistant import Assistant
from chatkit.data.batching import record_ids
from chatkit.data.discover import splits
from chatkit.data.readers import read_collection
from chatkit.data.records import Problems
from chatkit.metrics.classification import confusions, macro_f1
from chatkit.metrics.ranking import ndcg
from chatkit.runtime.loading import load_trained
from chatkit.search.fusion import WORDS_ALONE, Fusion, Pool
from chatkit.text.views import CONVERSATION
from chatkit.training.evaluator import add_up, evaluate, measure
from chatkit.training.ranking import collection_pool, ranking_metrics
from chatkit.training.reading import draw, read_records, training_records
from chatkit.training.recipe import load_recipe

SENTIMENT = ("goemotions", "movie_sentences", "product_aspects", "pros_cons")
SENTIMENT_FOREIGN = ("tweets_semeval", "uci_sentences", "news_newsmtsc", "airline_tweets", "poem_sentiment")
RANKING = ("tldr_howto", "faq_dstc9", "medquad")
RANKING_FOREIGN = ("notes_handbook", "notes_pydocs_faq", "squad_wiki", "squadshifts_newwiki", "nq_qed", "pubmedqa")
RANKING_FOREIGN += ("cranfield",)
DIALOGUE = ("chitchat", "taskmaster4", "persona_synth", "chatterbot")
DIALOGUE_FOREIGN = ("irc_ubuntu",)
TRANSLATION = ("tatoeba_en_fr", "tatoeba_en_de", "tatoeba_en_es", "tldr_en_fr", "tldr_en_de", "tldr_en_es")
TRANSLATION_FOREIGN = ("pydocs_en_fr", "xquad_questions_en_de", "xquad_questions_en_es")


def sentiment(assistant: Assistant, root: Path, split: str) -> list[dict[str, Any]]:
    """Macro-F1 on each set, beside the most frequent class."""
    head, rows = assistant.heads["sentiment"], []
    for name in (*SENTIMENT, *SENTIMENT_FOREIGN):
        if split not in splits(root / name):
            continue
        records = read_records(type(head), root / name, split, Problems())  # type: ignore[arg-type]
        sums = add_up(measure(assistant, head, records))
        metrics = head.summarise(sums)
        low, high = spread({tuple(key.split("\t")): int(n) for key, n in sums.items() if "\t" in key})
        gold = [record["label"] for record in records]
        most = Counter(gold).most_common(1)[0][0]
        trivial = macro_f1(confusions(gold, [most] * len(gold)))
        rows.append(
            {
                "set": name,
                "home": name in SENTIMENT,
                "examples": len(records),
                "macro_f1": metrics["macro_f1"].value,
                "macro_f1_low": low,
                "macro_f1_high": high,
                "accuracy": metrics["accuracy"].value,
                "most_frequent": trivial,
            }
        )
    return rows


def spread(counts: Mapping[tuple[str, ...], int], draws: int = 2000) -> tuple[float, float]:
    """95 % interval of macro-F1 over draws of the examples: with replacement they are draws of their counts."""
    cells, sizes = list(counts), np.array(list(counts.values()))
    drawn = np.random.default_rng(0).multinomial(sizes.sum(), sizes / sizes.sum(), draws)
    values = [macro_f1({(a, b): n for (a, b), n in zip(cells, row, strict=True) if n}) for row in drawn.tolist()]
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def ranking(assistant: Assistant, root: Path, split: str) -> list[dict[str, Any]]:
    """Figures of the fusion, of BM25 and of the vectors on each set."""
    head, rows = assistant.heads["retrieval"], []
    fusion = Fusion.fitted(assistant.setups["retrieval"].fitted)
    for name in (*RANKING, *RANKING_FOREIGN):
        if split not in splits(root / name):
            continue
        pool = collection_pool(assistant, head, read_collection(root / name, split, "skip"))
        figures = {key: metric.value for key, metric in ranking_metrics(pool, fusion).items()}
        row = {"set": name, "home": name in RANKING, "examples": len(pool.candidates), **figures}
        rows.append(row | dict(zip(("gain", "gain_low", "gain_high"), gain(pool, fusion), strict=True)))
    return rows


def gain(pool: Pool, fusion: Fusion) -> tuple[float, float, float]:
    """Mean gain in nDCG@10 of the fusion over BM25 alone, and its interval over resampled queries."""
    ours, words = pool.run(fusion, 10), pool.run(WORDS_ALONE, 10)
    judged = [query for query, grades in pool.qrels.items() if any(grade > 0 for grade in grades.values())]
    gains = np.array([ndcg(ours[q], pool.qrels[q], 10) - ndcg(words[q], pool.qrels[q], 10) for q in judged])
    drawn = np.random.default_rng(0).multinomial(len(gains), np.full(len(gains), 1 / len(gains)), 2000) / len(gains)
    low, high = np.quantile(drawn @ gains, [0.025, 0.975])
    return float(gains.mean()), float(low), float(high)


def dialogue(assistant: Assistant, root: Path, recipe_file: str, split: str) -> list[dict[str, Any]]:
    """Bits per byte of the assistant and of the n-gram model on each set."""
    head, tokenizer = assistant.heads["generation"], assistant.tokenizer
    recipe = load_recipe(recipe_file, [f"data.root={root}"])

    def sequences(records: list[Any]) -> list[list[int]]:
        return [record_ids(tokenizer, record, "text", CONVERSATION, 0) for record in records]

    once = tuple(dataclasses.replace(source, repeat=1) for source in recipe.heads["generation"].sources)
    config = dataclasses.replace(recipe.heads["generation"], data=once)
    train = sequences(training_records(type(head), config, recipe, lambda said: None))  # what the assistant saw
    baseline = KneserNey.train([ids[1:] for ids in train], 5, len(tokenizer))
    rows = []
    for name in (*DIALOGUE, *DIALOGUE_FOREIGN):
        records = read_records(type(head), root / name, split, Problems())  # type: ignore[arg-type]
        ids = sequences(records)
        num_bytes = sum(assistant.vocabulary.num_bytes(torch.tensor(row[1:])) for row in ids)
        nats = float(baseline.nats([row[1:] for row in ids]).sum())
        ours = evaluate(assistant, head, records)["bits_per_byte"].value
        theirs = nats / math.log(2) / num_bytes
        rows.append(
            {
                "set": name,
                "home": name in DIALOGUE,
                "examples": len(records),
                "bits_per_byte": ours,
                "kneser_ney": theirs,
                "ratio": ours / theirs,
            }
        )
    return rows


def translation(assistant: Assistant, root: Path, split: str, most: int) -> list[dict[str, Any]]:
    """chrF on each set."""
    head, rows = assistant.heads.get("translation"), []
    if head is None:
        return []
    head.sample = 1  # type: ignore[assignment]  # decode every sentence, whatever training was told
    for name in (*TRANSLATION, *TRANSLATION_FOREIGN):
        if split not in splits(root / name):
            continue
        records = draw(read_records(type(head), root / name, split, Problems()), most, seed=7)  # type: ignore[arg-type]
        metrics = evaluate(assistant, head, records)
        figures = {"chrf": metrics["chrf"].value, "loss": metrics["loss"].value}
        rows.append({"set": name, "home": name in TRANSLATION, "examples": len(records), **figures})
    return rows


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", type=Path, default=paths.shipped_model())
    parser.add_argument("--recipe", default=str(paths.shipped_model().parent / "recipe.toml"))
    parser.add_argument("--split", default="test", choices=["dev", "test"])
    parser.add_argument("--only", choices=["sentiment", "ranking", "dialogue", "translation"])
    parser.add_argument("--most", type=int, default=0, help="sentences of each translation set; 0 takes all")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    assistant = load_trained(args.model)
    parts: dict[str, Any] = {}
    if args.only in (None, "sentiment"):
        parts["sentiment"] = sentiment(assistant, args.data, args.split)
    if args.only in (None, "ranking"):
        parts["ranking"] = ranking(assistant, args.data, args.split)
    if args.only in (None, "dialogue"):
        parts["dialogue"] = dialogue(assistant, args.data, args.recipe, args.split)
    if args.only in (None, "translation"):
        parts["translation"] = translation(assistant, args.data, args.split, args.most)
    for part, rows in parts.items():
        keys = [key for key in rows[0] if key not in ("set", "home")] if rows else []
        print(f"\n{part} ({args.split})\n" + " ".join([f"{'set':22}", *(f"{key:>16}" for key in keys)]))
        for row in rows:
            shown = [f"{row[key]:>16,.4f}" if isinstance(row[key], float) else f"{row[key]:>16,}" for key in keys]
            print(" ".join([f"{row['set'] + ('' if row['home'] else ' *'):22}", *shown]))
    print("\n* foreign: not among its training sets")
    if args.json:
        args.json.write_text(json.dumps(parts, indent=1))


if __name__ == "__main__":
    main()
