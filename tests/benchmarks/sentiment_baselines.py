"""What the sentiment head must beat: TF-IDF with logistic regression, VADER and TextBlob on the same rows.

    pip install scikit-learn vaderSentiment textblob
    python tests/benchmarks/sentiment_baselines.py FOLDER_OF_THE_SETS [--split dev|test] [--json FILE]

Macro-F1 (%) over the classes in the gold labels; any other prediction is an error. TF-IDF (words and pairs of words,
logarithmic counts, in at least two texts) with logistic regression (C 3, no class weights) is trained on the four train
parts at home; VADER (Hutto & Gilbert 2014) calls a compound score of 0.05 and above positive, of -0.05 and
below negative; TextBlob does so with a polarity above and below 0.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from default_assistant import SENTIMENT, SENTIMENT_FOREIGN

from chatkit.data.discover import splits
from chatkit.data.records import Problems
from chatkit.metrics.classification import confusions, macro_f1
from chatkit.registry import Registry
from chatkit.training.reading import read_records

Predict = Callable[[Sequence[str]], list[str]]


def rows(root: Path, name: str, split: str) -> list[Any]:
    """Labelled texts of a set, as the head reads them; none where it has no such part."""
    if split not in splits(root / name):
        return []
    return read_records(Registry([]).load("sentiment"), root / name, split, Problems())  # type: ignore[arg-type]


def tfidf(root: Path) -> Predict:
    """TF-IDF and logistic regression on the train parts of the sets at home."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    train = [row for name in SENTIMENT for row in rows(root, name, "train")]
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    model = make_pipeline(words, LogisticRegression(C=3, max_iter=400))
    model.fit([row["text"] for row in train], [row["label"] for row in train])
    return lambda texts: list(model.predict(texts))


def vader() -> Predict:
    """Lexicon and rules; thresholds of its authors."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()
    return lambda texts: [_sign(analyzer.polarity_scores(text)["compound"], 0.05) for text in texts]


def textblob() -> Predict:
    """The lexicon of pattern."""
    from textblob import TextBlob

    return lambda texts: [_sign(TextBlob(text).sentiment.polarity, 1e-9) for text in texts]


def _sign(score: float, least: float) -> str:
    return "positive" if score >= least else "negative" if score <= -least else "neutral"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--split", default="test", choices=["dev", "test"])
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    models: dict[str, Predict] = {"tfidf_lr": tfidf(args.data), "vader": vader(), "textblob": textblob()}
    table = []
    print(f"{'set':20} {'examples':>9}" + "".join(f"{name:>10}" for name in models))
    for name in (*SENTIMENT, *SENTIMENT_FOREIGN):
        records = rows(args.data, name, args.split)
        if not records:
            continue
        gold, texts = [row["label"] for row in records], [row["text"] for row in records]
        figures = {key: macro_f1(confusions(gold, predict(texts))) for key, predict in models.items()}
        table.append({"set": name, "home": name in SENTIMENT, "examples": len(records), **figures})
        shown = name + ("" if name in SENTIMENT else " *")
        print(f"{shown:20} {len(records):>9,}" + "".join(f"{100 * value:>10.1f}" for value in figures.values()))
    for home, said in ((True, "mean at home"), (False, "mean abroad *")):
        part = [row for row in table if row["home"] is home]
        if part:
            print(f"{said:30}" + "".join(f"{100 * sum(row[key] for row in part) / len(part):>10.1f}" for key in models))
    if args.json:
        args.json.write_text(json.dumps(table, indent=1))


if __name__ == "__main__":
    main()
