"""Fills what an assistant's sentiment head knows of words, beside what it has learned: a linear model and a lexicon.

    pip install vaderSentiment
    python docs/recipes/default/words.py MODEL --config CONFIG --set data.root=FOLDER_OF_THE_SETS [--lexicon FILE]

Then fit its temperature anew: chatkit calibrate --model MODEL --only confidence. The model is fitted to the training
records of the head in CONFIG. The lexicon is that of VADER (Hutto & Gilbert 2014, MIT), or FILE: a word, a tab and its
valence, -4 to 4, in each line; what follows is not read, so files of VADER's kind do as they are. Weights are chosen on
dev: the largest sum of the mean at home and the mean on the sets that CONFIG names as fit (nothing is trained on them)
among those that harm no set at home. The other heads and all trained weights stay as they are.
"""

from __future__ import annotations

import dataclasses
import itertools
import random
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from chatkit_sentiment import Sentiment
from filling import opened, parser_of, run, with_room, written
from torch import Tensor

from chatkit.assistant import Assistant
from chatkit.data.discover import splits
from chatkit.data.records import Problems
from chatkit.head.head import Record
from chatkit.metrics.classification import confusions, macro_f1
from chatkit.training.reading import read_records, training_records
from chatkit.training.recipe import Recipe

ROWS = {"words": 18, "lexicon": 20}  # two to this many
SEED, MOST, BATCH, FEWEST = 1, 4000, 64, 300
WORDS, LEXICON, MARGINS = (0.0, 0.3, 0.6, 0.9, 1.2), (0.0, 2.0, 4.0, 6.0, 8.0), (0.3, 0.4, 0.5)
HARM = 0.3  # points of macro-F1: what vectors beside BM25 may cost a set is 0.003 too


@dataclasses.dataclass(frozen=True)
class Seen:
    """What is known of records before it is weighed.

    Args:
        logits: Of the classifier, (N, 3).
        said: Of the words, (N, 3).
        valence: Of the lexicon, (N,).
        gold: Labels.
    """

    logits: Tensor
    said: Tensor
    valence: Tensor
    gold: Sequence[str]


def read_lexicon(path: Path | None) -> Mapping[str, float]:
    """Word -> valence.

    Raises:
        SystemExit: If the file cannot be read, or a line is something else.
    """
    if path is None:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

        return dict(SentimentIntensityAnalyzer().lexicon)
    words = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        sys.exit(f"{path}: {error}")
    for number, line in enumerate(lines, 1):
        word, _, rest = line.partition("\t")
        try:
            words[word] = float(rest.split("\t")[0])
        except ValueError:
            sys.exit(f"{path}:{number}: not a word, a tab and a number")
    return words


def with_words(assistant: Assistant) -> Sentiment:
    """The sentiment head with room for words; its trained weights stay."""
    return with_room(assistant, Sentiment, ROWS, ["words", "lexicon"])


def choose(assistant: Assistant, head: Sentiment, recipe: Recipe) -> dict[str, float]:
    """The weights, as options of the head."""
    config = recipe.heads["sentiment"]
    home = [Path(source.path) for source in config.sources if "dev" in splits(Path(source.path))]
    dev = {path.name: read(path, "dev") for path in home}
    dev = {name: records for name, records in dev.items() if len(records) >= FEWEST}
    away = {Path(path).name: read(Path(path), "train") for path in config.fit}
    seen = {name: look(assistant, head, records) for name, records in {**dev, **away}.items()}
    print(" ".join([f"{'words, lexicon, margin':24}", *(f"{name[:15]:>16}" for name in seen), "    home  abroad"]))
    best, chosen, before = -1.0, {}, {}
    for words, lexicon, margin in itertools.product(WORDS, LEXICON, MARGINS):
        if lexicon == 0 and margin != MARGINS[0]:
            continue
        head.words_weight, head.lexicon_weight, head.lexicon_margin = words, lexicon, margin
        found = {name: measure(head, part) for name, part in seen.items()}
        before = before or found
        harmless = all(found[name] >= before[name] - HARM for name in dev)
        means = [statistics.fmean(found[name] for name in names) for names in (dev, away)]
        figures = " ".join(f"{value:16.1f}" for value in found.values())
        mark = "" if harmless else "  harms"
        print(f"{words:<6g} {lexicon:<8g} {margin:<8g} {figures} {means[0]:7.2f} {means[1]:7.2f}{mark}", flush=True)
        if harmless and sum(means) > best:
            best = sum(means)
            chosen = {"words_weight": words, "lexicon_weight": lexicon, "lexicon_margin": margin}
    return chosen


def read(path: Path, split: str) -> list[Record]:
    """At most ``MOST`` records of a part, drawn."""
    found = list(read_records(Sentiment, path, split, Problems()))
    return random.Random(SEED).sample(found, min(MOST, len(found)))


def look(assistant: Assistant, head: Sentiment, records: Sequence[Record]) -> Seen:
    """Encode records, and read their words."""
    head.words_weight = head.lexicon_weight = 0.0
    logits = []
    with torch.inference_mode():
        for start in range(0, len(records), BATCH):
            logits.append(head.logits(assistant.encode_records(head, records[start : start + BATCH])))
        said, valence = head.of_words([record["text"] for record in records])
    assert said is not None
    assert valence is not None
    return Seen(torch.cat(logits), said, valence, [record["label"] for record in records])


def measure(head: Sentiment, seen: Seen) -> float:
    """Macro-F1 in %."""
    labels = [head.classes[i] for i in head.joined(seen.logits, seen.said, seen.valence).argmax(-1).tolist()]
    return 100 * macro_f1(confusions(seen.gold, labels))


def fill(model: Path, recipe: Recipe, lexicon: Mapping[str, float]) -> None:
    """Fit, choose, and write the head; an assistant that is not finished stays as it was.

    Raises:
        ChatkitError: If the assistant or its data cannot be read, or it cannot be written.
        SystemExit: If there is no such head.
    """
    model, assistant = opened(model, recipe, Sentiment)
    head = with_words(assistant)
    assert head.words is not None
    assert head.lexicon is not None
    print(f"{head.lexicon.learn(lexicon):,} words in the lexicon")
    records = training_records(Sentiment, recipe.heads["sentiment"], recipe, print)
    loss = head.words.fit([record["text"] for record in records], head.targets(records))
    print(f"words fitted to {len(records):,} records, {loss:.3f} nats")
    chosen = choose(assistant, head, recipe)
    print(", ".join(f"{key} {value:g}" for key, value in chosen.items()))
    written(model, assistant, "sentiment", chosen)


def main() -> None:
    """Write the head."""
    parser = parser_of(__doc__)
    parser.add_argument("--lexicon", type=Path)
    args = parser.parse_args()
    lexicon = read_lexicon(args.lexicon)
    run(args, lambda model, recipe: fill(model, recipe, lexicon))


if __name__ == "__main__":
    main()
