"""The standing cross-domain table: each head on every visible set, at home and abroad.

    python tests/benchmarks/cross_domain.py FOLDER_OF_THE_SETS [--model DIR] [--split dev|test] [--most N]
                                            [--passages N] [--json FILE] [--markdown FILE]

Sentiment    accuracy and macro-F1, the gap to the mean of the home sets, the gap that is predicted without labels, ECE,
             coverage of 90 % sets, accuracy of the surer half
Ranking      nDCG@10 of BM25 fused with the head's vectors, and of either alone, among N passages of the set (those that
             answer the drawn queries, and others drawn; 0 takes all)
Dialogue     bits per byte; Translation: chrF
Familiarity  AUROC of single messages of a set against those of all home sets together, mean, share that is unfamiliar,
             share of windows of three and five messages that warn

A calibration error of few examples is never 0: beside it stands that of a perfectly calibrated head on as many.

Gaps of accuracy and nDCG carry a 95 % bootstrap interval over examples or queries. At most N examples of each set,
with a fixed seed; a * marks sets that nothing was trained on. A set without the part that is asked for is left out: to
choose between models take --split dev. Ends with the targets and the CPU minutes that it took.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))

from default_assistant import DIALOGUE, DIALOGUE_FOREIGN, RANKING, RANKING_FOREIGN, SENTIMENT, SENTIMENT_FOREIGN

from chatkit import paths
from chatkit.assistant import Assistant
from chatkit.confidence.calibration import scale
from chatkit.confidence.familiarity import LOW
from chatkit.confidence.record import COVERAGE
from chatkit.data.discover import splits
from chatkit.data.readers import read_collection
from chatkit.data.records import Problems
from chatkit.errors import ChatkitError
from chatkit.generalisation.intervals import bootstrap_difference
from chatkit.generalisation.predicted import predict_accuracy
from chatkit.head.head import Head, Record
from chatkit.metrics.calibration import auroc, expected_calibration_error
from chatkit.metrics.classification import confusions, macro_f1
from chatkit.metrics.ranking import ndcg
from chatkit.runtime.loading import load_trained
from chatkit.search.fusion import WORDS_ALONE, Fusion
from chatkit.training.confidence import judge
from chatkit.training.evaluator import evaluate
from chatkit.training.familiarity import draw_texts, familiarity_of, message_texts
from chatkit.training.ranking import collection_pool
from chatkit.training.reading import draw, read_records

HOME = {
    "sentiment": SENTIMENT,
    "retrieval": RANKING,
    "generation": DIALOGUE,
    "translation": ("tatoeba_en_fr", "tatoeba_en_de", "tatoeba_en_es", "tldr_en_fr", "tldr_en_de", "tldr_en_es"),
}
FOREIGN = {
    "sentiment": (*SENTIMENT_FOREIGN, "reviews_finegrained"),
    "retrieval": RANKING_FOREIGN,
    "generation": DIALOGUE_FOREIGN,
    "translation": ("pydocs_en_fr", "xquad_questions_en_de", "xquad_questions_en_es"),
}
METRIC = {"retrieval": "ndcg@10", "generation": "bits_per_byte", "translation": "chrf"}
SHARE = {"retrieval": 2, "generation": 12, "translation": 12}  # fewer examples of what costs more
MESSAGES = 150
WINDOWS_DRAWN = 300
HIDDEN = ("set", "home", "predicted", "values", "sure")
CUTOFF = 10
Row = dict[str, Any]


def records_of(head: Head, folder: Path, split: Any, most: int) -> list[Record]:
    """Records of a part; none where there is no such set or part."""
    if not folder.is_dir() or split not in splits(folder):
        return []
    try:
        return draw(read_records(type(head), folder, split, Problems()), most, seed=0)
    except ChatkitError:
        return []


def rows_of(assistant: Assistant, name: str, root: Path, split: str, most: int, passages: int) -> list[Row]:
    """The rows of one head."""
    head, rows = assistant.heads[name], []
    for data in (*HOME[name], *FOREIGN[name]):
        count = max(most // SHARE.get(name, 1), 20)
        records = records_of(head, root / data, split, count)
        if not records:
            continue
        row: Row = {"set": data, "home": data in HOME[name], "examples": len(records)}
        if name == "retrieval":
            row |= ranking_row(assistant, head, root / data, split, count, passages)
        elif name in METRIC:
            row[METRIC[name]] = evaluate(assistant, head, records)[METRIC[name]].value
        else:
            row |= judged_row(assistant, head, records)
        row["texts"] = draw_texts([t for r in records for t in message_texts(head, r)], MESSAGES, 0)
        rows.append(row)
    metric = METRIC.get(name, "accuracy")
    home = float(np.mean([row[metric] for row in rows if row["home"]]))
    own = [value for row in rows if row["home"] for value in row.get("values", ())]
    for row in rows:
        row["gap"] = row[metric] - home
        if "values" in row and not row["home"]:  # each example of its own; the home sets together
            values = row["values"]
            numbers = [list(map(str, range(len(part)))) for part in (values, own)]
            between = bootstrap_difference(values, numbers[0], own, numbers[1])
            shift = row["gap"] - between.mean  # the mean of the home sets weighs them alike
            row["gap_low"], row["gap_high"] = between.low + shift, between.high + shift
        if "predicted" in row:
            row["predicted_gap"] = row["predicted"] - home
    return rows


def ranking_row(assistant: Assistant, head: Head, folder: Path, split: str, queries: int, passages: int) -> Row:
    """nDCG@10 of the fusion, of BM25 and of the vectors, on drawn queries among drawn passages."""
    collection = read_collection(folder, split, "skip")  # type: ignore[arg-type]
    judged = draw([name for name in collection.queries if name in collection.qrels], queries, seed=0)  # type: ignore[arg-type]
    needed = {doc for name in judged for doc in collection.qrels[name]} & set(collection.corpus)
    others = [doc for doc in collection.corpus if doc not in needed]
    kept = needed | set(draw(others, max(passages - len(needed), 1), seed=1) if passages else others)  # type: ignore[arg-type]
    small = dataclasses.replace(
        collection,
        corpus={doc: text for doc, text in collection.corpus.items() if doc in kept},
        queries={name: collection.queries[name] for name in judged},
        qrels={name: collection.qrels[name] for name in judged},
    )
    pool = collection_pool(assistant, head, small)
    fusion = Fusion.fitted(assistant.setups[head.name].fitted)
    dense = {
        query: [pool.ids[i] for i in found.documents[np.argsort(-found.cosine, kind="stable")[:CUTOFF]]]
        for query, found in pool.candidates.items()
    }
    runs = {"ndcg@10": pool.run(fusion), "bm25": pool.run(WORDS_ALONE), "vectors": dense}
    values = {key: [ndcg(run.get(q, ()), pool.qrels[q], CUTOFF) for q in pool.qrels] for key, run in runs.items()}
    return {
        "examples": len(pool.qrels),
        "passages": len(small.corpus),
        **{key: float(np.mean(part)) for key, part in values.items()},
        "values": values["ndcg@10"],
    }


def judged_row(assistant: Assistant, head: Head, records: Sequence[Record]) -> Row:
    """Figures of a head that gives probabilities."""
    judged, fitted = judge(assistant, head, records), assistant.confidence.heads[head.name]
    if judged is None:
        raise ValueError(f"{head.name} gives no probabilities")
    shares = scale(judged.probabilities, fitted.temperature)
    sure, right = shares.max(1), shares.argmax(1) == judged.gold
    gold, said = ([judged.labels[i] for i in part] for part in (judged.gold, shares.argmax(1)))
    rows = [dict(zip(judged.labels, row.tolist(), strict=True)) for row in shares]
    held = [g in fitted.conformal.labels(row, COVERAGE) for g, row in zip(gold, rows, strict=True)]
    return {
        "values": right.astype(float).tolist(),
        "sure": sure.tolist(),
        "accuracy": float(right.mean()),
        "macro_f1": macro_f1(confusions(gold, said)),
        "ece_before": expected_calibration_error(judged.probabilities.max(1), right),
        "ece": expected_calibration_error(sure, right),
        "ece_by_chance": by_chance(sure),
        "coverage": float(np.mean(held)),
        "surer_half": float(right[sure >= np.median(sure)].mean()),
        "predicted": predict_accuracy(fitted, sure.tolist())[0].accuracy,
    }


def by_chance(sure: NDArray[np.float64], draws: int = 30) -> float:
    """Calibration error that a perfectly calibrated head shows on so many examples: it is never 0 on few."""
    rng = np.random.default_rng(0)
    return float(np.mean([expected_calibration_error(sure, rng.random(len(sure)) < sure) for _ in range(draws)]))


def add_familiarity(assistant: Assistant, table: Mapping[str, list[Row]]) -> None:
    """Familiarity of the messages of each set, against those of all home sets together."""
    values, known = {}, assistant.confidence.familiarity
    assert known is not None
    for rows in table.values():
        for row in rows:
            readings = [familiarity_of(assistant, text) for text in row.pop("texts")]
            seen = [r.seen for r in readings if r is not None]
            for size, limit in known.limits.items():  # windows drawn within the set
                drawn = np.random.default_rng(size).integers(0, len(seen), (WINDOWS_DRAWN, size))
                warned = [limit.excess([seen[i] for i in window], known.counts.names) > 0 for window in drawn]
                row[f"warned_of_{size}"] = float(np.mean(warned))
            values[row["set"]] = np.array([-r.surprise for r in readings if r is not None])
            row["familiarity"] = float(np.mean([r.value for r in readings if r is not None]))
            row["unfamiliar"] = float(np.mean([r.value < LOW for r in readings if r is not None]))
    home = np.concatenate([values[row["set"]] for rows in table.values() for row in rows if row["home"]])
    for rows in table.values():
        for row in rows:
            row["auroc"] = None if row["home"] else auroc(home, values[row["set"]])


def markdown(table: Mapping[str, list[Row]]) -> str:
    """The table in Markdown, a section a head."""
    parts = []
    for name, rows in table.items():
        keys = list(dict.fromkeys(key for row in rows[::-1] for key in row if key not in HIDDEN))
        lines = [f"### {name}", "", "| set | " + " | ".join(key.replace("_", " ") for key in keys) + " |"]
        lines.append("|---|" + "---:|" * len(keys))
        for row in rows:
            cells = [_cell(key, row.get(key)) for key in keys]
            lines.append(f"| {row['set']}{'' if row['home'] else ' *'} | " + " | ".join(cells) + " |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _cell(key: str, value: Any) -> str:
    if value is None:
        return ""
    if key in ("examples", "passages"):
        return f"{value:,}"
    return f"{value:+.3f}" if "gap" in key else f"{value:.3f}"


def summary(table: Mapping[str, list[Row]]) -> dict[str, float]:
    """The figures that stand as targets."""
    rows = table.get("sentiment", [])
    ranked = [row for row in table.get("retrieval", []) if not row["home"]]
    home, away = [r for r in rows if r["home"]], [r for r in rows if not r["home"]]
    fixed = ("irc_ubuntu", "pydocs_en_fr", "cranfield", "poem_sentiment", "airline_tweets", "news_newsmtsc")
    found = {row["set"]: row["auroc"] for part in table.values() for row in part if row["auroc"] is not None}
    weights = [row["examples"] for row in home]
    sure, right = (np.concatenate([np.array(row[key]) for row in home]) for key in ("sure", "values"))
    everywhere = [row for part in table.values() for row in part]
    at_home = {row["set"]: row for row in everywhere if row["home"]}
    foreign = [row for row in everywhere if row["set"] in fixed]
    strictest = max(at_home.values(), key=lambda row: row["warned_of_5"])
    ranking = (
        {"nDCG@10 abroad less BM25's": float(np.mean([r["ndcg@10"] - r["bm25"] for r in ranked]))} if ranked else {}
    )
    return ranking | {
        "ECE at home, all sets together": expected_calibration_error(sure, right),
        "ECE at home, mean over sets": float(np.mean([r["ece"] for r in home])),
        "the same of a perfectly calibrated head": float(np.mean([r["ece_by_chance"] for r in home])),
        "ECE abroad, mean over sets": float(np.mean([r["ece"] for r in away])),
        "coverage at home": float(np.average([r["coverage"] for r in home], weights=weights)),
        "coverage abroad": float(np.mean([r["coverage"] for r in away])),
        "error of predicted accuracy": float(np.mean([abs(r["predicted"] - r["accuracy"]) for r in away])),
        "gain of the surer half abroad": float(np.mean([r["surer_half"] - r["accuracy"] for r in away])),
        "AUROC, fixed foreign list": float(np.mean([found[name] for name in fixed if name in found])),
        **{
            f"{what}, windows of {size}": float(np.mean([row[f"warned_of_{size}"] for row in part]))
            for size in (3, 5)
            for what, part in (
                ("false warnings at home", list(at_home.values())),
                ("warned of abroad, same list", foreign),
            )
        },
        f"most false warnings at home, windows of 5 ({strictest['set']})": strictest["warned_of_5"],
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", type=Path, default=paths.shipped_model())
    parser.add_argument("--split", choices=("dev", "test"), default="test")
    parser.add_argument("--most", type=int, default=600)
    parser.add_argument("--passages", type=int, default=3000)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    started = time.process_time()
    assistant = load_trained(args.model)
    if assistant.confidence.familiarity is None:
        sys.exit(f"{args.model} is not calibrated: chatkit calibrate --model {args.model} --config RECIPE")
    names = [name for name in HOME if name in assistant.heads and assistant.setups[name].trained]
    table = {name: rows_of(assistant, name, args.data, args.split, args.most, args.passages) for name in names}
    add_familiarity(assistant, table)
    page = markdown(table) + "\n" + "\n".join(f"- {k}: {v:.3f}" for k, v in summary(table).items()) + "\n"
    print(page)
    print(f"{(time.process_time() - started) / 60:.1f} CPU minutes")
    if args.markdown:
        args.markdown.write_text(page, encoding="utf-8")
    if args.json:
        plain = {n: [{k: v for k, v in r.items() if k not in ("values", "sure")} for r in p] for n, p in table.items()}
        args.json.write_text(json.dumps({"table": plain, "summary": summary(table)}, indent=1))


if __name__ == "__main__":
    main()
