"""The tables of the default assistant as Markdown, from the results that ``figures.py`` keeps.

A block is a table with the sentences that say whether its targets are met; they are computed too, so that no sentence
outlives its figures.
"""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Any

FEW = 200  # examples; the interval of a figure of so few is said

Row = Mapping[str, Any]
Rows = Sequence[Row]


@dataclasses.dataclass(frozen=True)
class Block:
    """One block between markers.

    Args:
        needs: Names of the results that it is made of, which are the arguments of ``write``.
        write: Makes its Markdown.
    """

    needs: tuple[str, ...]
    write: Callable[..., str]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are figures."""
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def met(is_met: bool, said: str = "") -> str:
    """The word for a target, and what was reached where it was missed."""
    return "met" if is_met else f"missed{': ' if said else ''}{said}"


def paragraph(*parts: str) -> str:
    """Sentences in lines of the width of the documents."""
    return textwrap.fill(" ".join(parts), 120, break_long_words=False, break_on_hyphens=False)


def name_of(row: Row) -> str:
    """The set, marked where nothing was trained on it."""
    return f"{row['set']}" + ("" if row["home"] else " *")


def sentiment(sentiment: Mapping[str, Rows], baselines: Rows) -> str:
    """Macro-F1 beside the baselines."""
    rows, theirs = sentiment["sentiment"], {row["set"]: row for row in baselines}
    kinds = ("tfidf_lr", "vader", "textblob")
    lines = []
    for row in rows:
        values = (row["macro_f1"], *(theirs[row["set"]][kind] for kind in kinds), row["most_frequent"])
        lines.append([name_of(row), f"{row['examples']:,}", *(f"{100 * value:.1f}" for value in values)])
    means = {}
    for home, said in ((True, "**mean at home**"), (False, "**mean abroad** *")):
        part = [row for row in rows if row["home"] is home]
        ours, most = (fmean(row[key] for row in part) for key in ("macro_f1", "most_frequent"))
        others = [fmean(theirs[row["set"]][kind] for row in part) for kind in kinds]
        means[home] = (ours, others)
        lines.append([said, "", f"**{100 * ours:.1f}**", *(f"{100 * value:.1f}" for value in (*others, most))])
    home, abroad = ([row for row in rows if row["home"] is where] for where in (True, False))
    above = sum(all(row["macro_f1"] > theirs[row["set"]][kind] for kind in kinds) for row in home)
    linear = sum(row["macro_f1"] > theirs[row["set"]]["tfidf_lr"] for row in abroad)
    best = max(means[False][1])
    text = paragraph(
        "Sentiment: macro-F1 (%) over the classes in the gold labels, beside TF-IDF with logistic regression",
        "(trained on the sets at home), VADER and TextBlob. **Targets**: above all three on the mean at home",
        f"({met(means[True][0] > max(means[True][1]))}) and on at least three of the {len(home)} sets",
        f"({met(above >= 3, str(above))}); abroad above TF-IDF on all {len(abroad)}",
        f"({met(linear == len(abroad), str(linear))}) and a mean above the best of the three, {100 * best:.1f}",
        f"({met(means[False][0] > best, f'{100 * means[False][0]:.1f}')}).",
        *(
            f"{row['set']} has {row['examples']} examples: 95 % interval {100 * row['macro_f1_low']:.1f} to"
            f" {100 * row['macro_f1_high']:.1f}."
            for row in rows
            if row["examples"] < FEW
        ),
    )
    head = ["set", "examples", "macro-F1", "TF-IDF + LR", "VADER", "TextBlob", "most frequent class"]
    return f"{text}\n\n{table(head, lines)}"


def ranking(ranking: Mapping[str, Rows], fusion: Mapping[str, Any]) -> str:
    """nDCG@10 and MRR@10 of the fusion, of BM25 and of the vectors."""
    rows, chosen = ranking["ranking"], fusion["chosen"]
    home, abroad = ([row for row in rows if row["home"] is where] for where in (True, False))
    gains = {row["set"]: row["ndcg@10"] / row["bm25_ndcg@10"] - 1 for row in rows}
    ten = [row["set"] for row in home if gains[row["set"]] >= 0.1]
    below = [row["set"] for row in abroad if row["gain_high"] < 0]
    lower = [row["set"] for row in abroad if row["gain"] < 0 <= row["gain_high"]]
    notes = met(gains.get("notes_handbook", 0.0) > 0, f"{100 * gains.get('notes_handbook', 0.0):+.2f} %")
    each = ", ".join(f"{row['set']} {100 * gains[row['set']]:+.1f} %" for row in home)
    text = paragraph(
        "Ranking: nDCG@10 and MRR@10 of BM25 (k1 0.6, b 0.75) fused with the head's vectors (weight",
        f"{chosen['weight']:g}, sharpness {chosen['sharpness']:g}), of BM25 alone and of the vectors alone; the gain",
        "of the fusion over BM25 with its 95 % interval (paired bootstrap over queries). **Targets**: 10 % above BM25",
        f"at home ({met(len(ten) == len(home), each)}); above it on notes_handbook ({notes});",
        "abroad nowhere below it by more than chance",
        f"({met(not below, ', '.join(below))}). Lower in the mean, by chance: {', '.join(lower) or 'nowhere'}.",
    )
    lines = [
        [
            name_of(row),
            f"{row['examples']:,}",
            *(f"{row[key]:.3f}" for key in ("ndcg@10", "bm25_ndcg@10", "dense_ndcg@10")),
            f"{row['gain']:+.3f} ({row['gain_low']:+.3f} to {row['gain_high']:+.3f})",
            *(f"{row[key]:.3f}" for key in ("mrr@10", "bm25_mrr@10")),
        ]
        for row in rows
    ]
    return f"{text}\n\n{table(['set', 'queries', 'fused', 'BM25', 'vectors', 'gain', 'fused MRR', 'BM25 MRR'], lines)}"


def dialogue(dialogue: Mapping[str, Rows]) -> str:
    """Bits per byte beside the n-gram model."""
    rows = dialogue["dialogue"]
    home = [row for row in rows if row["home"]]
    below, far = (sum(row["ratio"] < most for row in home) for most in (1.0, 0.9205))
    text = paragraph(
        "Dialogue: bits per byte, every conversation from the zero state, one byte a turn for its end; beside it an",
        "interpolated modified Kneser-Ney 5-gram model of the same training texts in the same pieces, its context",
        f"running over the turns. Below it on {below} of {len(home)}; **target**: at most 0.92 of it on all",
        f"({met(far == len(home), f'{far} of {len(home)}')}).",
    )
    keys = ("bits_per_byte", "kneser_ney")
    lines = [
        [name_of(row), f"{row['examples']:,}", *(f"{row[key]:.3f}" for key in keys), f"{row['ratio']:.2f}"]
        for row in rows
    ]
    return f"{text}\n\n{table(['set', 'dialogues', 'assistant', 'Kneser-Ney', 'ratio'], lines)}"


def translation(translation: Mapping[str, Rows]) -> str:
    """chrF of each set."""
    rows = translation["translation"]
    wanted = [row for row in rows if row["set"].startswith("tatoeba")]
    reached = sum(row["chrf"] >= 0.35 for row in wanted)
    text = paragraph(
        "Translation: chrF of beam search (4 beams) on at most",
        f"{max(row['examples'] for row in rows):,} sentences of each test part, drawn with a seed. **Target**: 35 on",
        f"Tatoeba ({met(reached == len(wanted), f'{reached} of {len(wanted)}')}).",
    )
    lines = [[name_of(row), f"{row['examples']:,}", f"{100 * row['chrf']:.1f}", f"{row['loss']:.2f}"] for row in rows]
    return f"{text}\n\n{table(['set', 'sentences', 'chrF', 'nats a piece'], lines)}"


def behaviour(
    behaviour: Mapping[str, Any],
    unseen: Mapping[str, Any],
    moods: Mapping[str, Any],
    keeping: Mapping[str, Any],
    untold: Mapping[str, Any],
) -> str:
    """How it behaves in the chat."""
    asked, asked_new = behaviour["untold"], untold["untold"]
    felt, kept = behaviour["moods"], behaviour["keeping"]
    felt_new, kept_new = moods["moods"], keeping["keeping"]
    kinds = {"people": "of several persons told at once", "orders": "of orders", "bookings": "of bookings"}
    kept_said = ", ".join(f"{kept[key]} and {kept_new[key]} {what}" for key, what in kinds.items())
    turns, fit, new = behaviour["turns"], behaviour["everyday"], unseen["everyday"]
    quoted = [row for row in behaviour["documents"] if row["coverage"] == 0.6]
    own, handbook = (next(row for row in quoted if row["pages"] == name) for name in ("own", "handbook"))
    return paragraph(
        f"Behaviour (`python tests/benchmarks/behaviour.py FOLDER_OF_THE_SETS`, {behaviour['split']}): of",
        f"{turns['replies']} replies to messages that open dialogues {100 * turns['ended']:.1f} % were ended by the",
        f"assistant, {turns['loops']} loop, {turns['empty']} are empty, {turns['blanks']} hold a blank to fill in;",
        f"asked in {turns['asked_what']} ways that no corpus holds what it is, it says so in {turns['named']};",
        f"of {turns['told']} things that it was told (a name, a town) it knows {turns['recalled']} two turns later,",
        f"and says of {turns['admitted']} that it does not remember; of {turns['corrected']} that were put right a",
        f"turn later it knows {turns['right']} (and says the wrong one of {turns['wrong']}), and of {turns['untold']}",
        f"that it was never told it says so of {turns['honest']}. Of {fit['everyday']} everyday messages in words",
        f"that no corpus holds, {fit['fit']} get a reply that fits said alone, and {fit['fit_later']} after two turns",
        f"of something else (by patterns written by hand, `everyday.py`); of {new['everyday']} that nothing was chosen",
        f"by (`--only everyday --split test`), {new['fit']} and {new['fit_later']}.",
        f"Of {felt['messages']} everyday lines, a third of each label, most of which tell a feeling by what happened,",
        f"the mood is read right in {100 * felt['accuracy']:.0f} % on dev and {100 * felt_new['accuracy']:.0f} %",
        "on test (`moods.py`). Of 8 short conversations each that end with a question for what stands in them, it",
        f"answers rightly on dev and test {kept_said} that change or are called off (`keeping.py`).",
        f"Asked for {asked['untold']} things that it was never told it owns up on dev and test to {asked['owned']}",
        f"and {asked_new['owned']}; of {asked['told']} that it was told, in words as various, it knows",
        f"{asked['known']} and {asked_new['known']}, and says of {asked['owned_instead']} and",
        f"{asked_new['owned_instead']} that it does not; it says so to {asked['silly']} and {asked_new['silly']} of",
        f"{asked['other']} messages that ask for no such thing",
        "(`untold.py`).",
        f"Questions about pages without headings: answered by a quotation with precision {own['precision']:.2f},",
        f"recall {own['recall']:.2f} (most are asked in other words); {100 * own['chat']:.1f} % of the questions of a",
        f"chat are answered by a quotation, {100 * handbook['chat']:.1f} % with a handbook of 1,698 passages indexed.",
    )


def next_reply(next_reply: Mapping[str, Any]) -> str:
    """The choice of the reply that was given among ten."""
    rows = next_reply["rows"]
    keys = [key for key in ("chooser", "language model", "ranking head", "BM25") if key in rows[0]]
    home = [row for row in rows if row["home"]]
    above = sum(row["chooser"] > row["BM25"] for row in home)
    text = paragraph(
        "Next reply, 1 of 10 (`python tests/benchmarks/next_reply.py FOLDER_OF_THE_SETS`; chance 0.100): how often the",
        "reply that was given comes first. The chooser sums the standardised scores with weights chosen on dev.",
        f"**Target**: above BM25 ({met(above == len(home), f'{above} of {len(home)}')}).",
    )
    lines = [[name_of(row), f"{row['examples']:,}", *(f"{row[key]:.3f}" for key in keys)] for row in rows]
    return f"{text}\n\n{table(['set', 'dialogues', *keys], lines)}"


def replies(replies: Mapping[str, Any]) -> str:
    """What it gains to draw several replies and to choose."""
    gain, rows = replies["gain"], replies["rows"]
    text = paragraph(
        "Choice among eight drawn replies and at most three that are known for messages like it (`python",
        "tests/benchmarks/replies.py FOLDER_OF_THE_SETS`): words in common with what a person said there, F1 in %, of",
        "the first, of the one that is said, and of the best of them, which nobody can know. The weights were chosen",
        "on dev. All sets together: the choice gains",
        f"{gain['mean']:.1f} points (95 % interval {gain['low']:.1f} to {gain['high']:.1f}).",
    )
    keys = ("first", "chosen", "best")
    lines = [[row["set"], f"{row['replies']:,}", *(f"{100 * row[key]:.1f}" for key in keys)] for row in rows]
    return f"{text}\n\n{table(['set', 'replies', 'first', 'said', 'best'], lines)}"


def fusion(fusion: Mapping[str, Any]) -> str:
    """The fusions that were tried on dev, those of the chosen sharpness and the plain sums."""
    chosen, trials = fusion["chosen"], fusion["trials"]
    shown = [row for row in trials if row["weight"] == 0 or row["sharpness"] in (1.0, chosen["sharpness"])]
    lines = []
    for row in shown:
        mark = "**" if all(row[key] == chosen[key] for key in ("weight", "sharpness")) else ""
        pairs = zip(row["ndcg@10"], row["not_below"], strict=True)
        values = [f"{value:.3f}{'' if chance >= 0.1 else ' ↓'}" for value, chance in pairs]
        name = f"{mark}{row['weight']:g}, {row['sharpness']:g}{mark}"
        lines.append([name, *values, "yes" if row["harmless"] else "no"])
    text = paragraph(
        "Vectors beside BM25 on dev (nDCG@10): score = BM25 / best BM25 + weight * cosine ^ sharpness. Chosen is the",
        "largest mean among those that harm no set: ↓ marks a fall that holds in more than 90 % of 2,000 bootstrap",
        f"samples of the queries, and a fall by more than 0.003 is harm in any case. {len(trials)} were tried; shown",
        "are sharpness 1 and the chosen one.",
    )
    return f"{text}\n\n{table(['weight, sharpness', *fusion['sets'], 'harmless'], lines)}"


def calibration(calibration: Mapping[str, Any]) -> str:
    """What was fitted of the confidence."""
    keys = ("ece_before", "ece", "accuracy")
    lines = [
        [name, f"{row['examples']:,.0f}", f"{row['temperature']:.2f}", *(f"{row[key]:.3f}" for key in keys)]
        for name, row in calibration["heads"].items()
    ]
    domains = len(calibration["familiarity"]["domains"]) if calibration.get("familiarity") else 0
    text = paragraph(
        "Calibration, fitted on one half of dev and measured on the other; familiarity knows",
        f"{domains} domains.",
    )
    head = ["head", "dev examples", "temperature", "ECE before", "ECE", "accuracy"]
    return f"{text}\n\n{table(head, lines)}"


def size(size: Mapping[str, Any], training: Mapping[str, Any]) -> str:
    """Size and cost."""
    return (
        f"{size['bytes'] / 1e6:.1f} MB on disk in {size['files']} files; trained in {training['steps']:,} steps and "
        f"{training['seconds'] / 3600:.1f} CPU-hours on one core ({training['parts']} parts)."
    )


BLOCKS = {
    "sentiment": Block(("sentiment", "baselines"), sentiment),
    "ranking": Block(("ranking", "fusion"), ranking),
    "dialogue": Block(("dialogue",), dialogue),
    "translation": Block(("translation",), translation),
    "behaviour": Block(("behaviour", "unseen", "moods", "keeping", "untold"), behaviour),
    "next_reply": Block(("next_reply",), next_reply),
    "replies": Block(("replies",), replies),
    "fusion": Block(("fusion",), fusion),
    "calibration": Block(("calibration",), calibration),
    "size": Block(("size", "training"), size),
}
