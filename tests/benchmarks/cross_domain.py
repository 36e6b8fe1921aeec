"""The standing cross-domain table: each head on the test part of every visible set, at home and abroad.

    python tests/benchmarks/cross_domain.py FOLDER_OF_THE_SETS [--model DIR] [--most N] [--json FILE] [--markdown FILE]

Sentiment    accuracy and macro-F1, the gap to the mean of the home sets, the gap that is predicted without labels, ECE,
             coverage of 90 % sets, accuracy of the surer half
Ranking      share of queries whose own passage comes first among 32; Dialogue: bits per byte; Translation: chrF
Familiarity  AUROC of single messages of a set against those of all home sets together, mean, share that is unfamiliar

Test parts only, at most N examples of each set with a fixed seed; a * marks sets that nothing was trained on.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent))

from default_assistant import DIALOGUE, DIALOGUE_FOREIGN, RANKING, RANKING_FOREIGN, SENTIMENT, SENTIMENT_FOREIGN

from chatkit import paths
from chatkit.assistant import Assistant
from chatkit.confidence.calibration import scale
from chatkit.confidence.familiarity import LOW
from chatkit.confidence.record import COVERAGE
from chatkit.data.discover import splits
from chatkit.data.records import Problems
from chatkit.errors import ChatkitError
from chatkit.generalisation.predicted import predict_accuracy
from chatkit.head.head import Head, Record
from chatkit.metrics.calibration import auroc, expected_calibration_error
from chatkit.metrics.classification import confusions, macro_f1
from chatkit.runtime.loading import load_trained
from chatkit.training.confidence import draw_texts, familiarity_of, judge, message_texts
from chatkit.training.evaluator import evaluate
from chatkit.training.prepare import draw, read_records

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
METRIC = {"retrieval": "batch_accuracy", "generation": "bits_per_byte", "translation": "chrf"}
SHARE = {"retrieval": 2, "generation": 12, "translation": 8}  # fewer examples of what costs more
MESSAGES = 150
Row = dict[str, Any]


def records_of(head: Head, folder: Path, most: int) -> list[Record]:
    """Records of the test part; none where there is no such set."""
    if not folder.is_dir() or "test" not in splits(folder):
        return []
    try:
        return draw(read_records(type(head), folder, "test", Problems()), most, seed=0)
    except ChatkitError:
        return []


def rows_of(assistant: Assistant, name: str, root: Path, most: int) -> list[Row]:
    """The rows of one head."""
    head, rows = assistant.heads[name], []
    for data in (*HOME[name], *FOREIGN[name]):
        records = records_of(head, root / data, max(most // SHARE.get(name, 1), 20))
        if not records:
            continue
        row: Row = {"set": data, "home": data in HOME[name], "examples": len(records)}
        row |= judged_row(assistant, head, records) if name not in METRIC else {}
        if name in METRIC:
            row[METRIC[name]] = evaluate(assistant, head, records)[METRIC[name]].value
        row["texts"] = draw_texts([t for r in records for t in message_texts(head, r)], MESSAGES, 0)
        rows.append(row)
    metric = METRIC.get(name, "accuracy")
    home = float(np.mean([row[metric] for row in rows if row["home"]]))
    for row in rows:
        row["gap"] = row[metric] - home
        if "predicted" in row:
            row["predicted_gap"] = row["predicted"] - home
    return rows


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
        "accuracy": float(right.mean()),
        "macro_f1": macro_f1(confusions(gold, said)),
        "ece_before": expected_calibration_error(judged.probabilities.max(1), right),
        "ece": expected_calibration_error(sure, right),
        "coverage": float(np.mean(held)),
        "surer_half": float(right[sure >= np.median(sure)].mean()),
        "predicted": predict_accuracy(fitted, sure.tolist())[0].accuracy,
    }


def add_familiarity(assistant: Assistant, table: Mapping[str, list[Row]]) -> None:
    """Familiarity of the messages of each set, against those of all home sets together."""
    values = {}
    for rows in table.values():
        for row in rows:
            readings = [familiarity_of(assistant, text) for text in row.pop("texts")]
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
        keys = [key for key in rows[0] if key not in ("set", "home", "predicted")]
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
    if key == "examples":
        return f"{value:,}"
    return f"{value:+.3f}" if key.endswith("gap") else f"{value:.3f}"


def summary(table: Mapping[str, list[Row]]) -> dict[str, float]:
    """The figures that stand as targets."""
    rows = table.get("sentiment", [])
    home, away = [r for r in rows if r["home"]], [r for r in rows if not r["home"]]
    fixed = ("irc_ubuntu", "pydocs_en_fr", "cranfield", "poem_sentiment", "airline_tweets", "news_newsmtsc")
    found = {row["set"]: row["auroc"] for part in table.values() for row in part if row["auroc"] is not None}
    weights = [row["examples"] for row in home]
    return {
        "ECE at home": float(np.average([r["ece"] for r in home], weights=weights)),
        "ECE abroad": float(np.mean([r["ece"] for r in away])),
        "coverage at home": float(np.average([r["coverage"] for r in home], weights=weights)),
        "coverage abroad": float(np.mean([r["coverage"] for r in away])),
        "error of predicted accuracy": float(np.mean([abs(r["predicted"] - r["accuracy"]) for r in away])),
        "gain of the surer half abroad": float(np.mean([r["surer_half"] - r["accuracy"] for r in away])),
        "AUROC, fixed foreign list": float(np.mean([found[name] for name in fixed if name in found])),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", type=Path, default=paths.shipped_model())
    parser.add_argument("--most", type=int, default=600)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    assistant = load_trained(args.model)
    if assistant.confidence.familiarity is None:
        sys.exit(f"{args.model} is not calibrated: chatkit calibrate --model {args.model} --config RECIPE")
    names = [name for name in HOME if name in assistant.heads and assistant.setups[name].trained]
    table = {name: rows_of(assistant, name, args.data, args.most) for name in names}
    add_familiarity(assistant, table)
    page = markdown(table) + "\n" + "\n".join(f"- {k}: {v:.3f}" for k, v in summary(table).items()) + "\n"
    print(page)
    if args.markdown:
        args.markdown.write_text(page, encoding="utf-8")
    if args.json:
        args.json.write_text(json.dumps({"table": table, "summary": summary(table)}, indent=1))


if __name__ == "__main__":
    main()
