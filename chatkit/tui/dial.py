"""The dial in words: what ``/dial`` asks for, where it stands, and why a reply was chosen. Draws nothing."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from typing import Any

from chatkit.objectives.preference import completed, home_of, standing

Slider = Mapping[str, Any]
Dial = dict[str, float]
_METRICS = {"word_perplexity": "perplexity", "macro_f1": "macro-F1", "dense_mrr@10": "MRR@10"}
HOW = "Write /dial NAME=NUMBER, /dial off or /dial."


def changed(arguments: str, sliders: Sequence[Slider], dial: Mapping[str, float]) -> Dial | str:
    """The dial after ``/dial ARGUMENTS``, or what is wrong with them.

    Args:
        arguments: ``NAME=NUMBER ...`` or ``off``.
        sliders: What the assistant can weigh.
        dial: Where it stands.
    """
    if arguments == "off":
        return {}
    known = {str(slider["name"]): slider for slider in sliders}
    out = dict(dial)
    for pair in arguments.replace(" = ", "=").split():
        name, equals, number = pair.partition("=")
        if not equals:
            return HOW
        if name not in known:
            near = difflib.get_close_matches(name, list(known), n=1)
            guess = f"; did you mean {near[0]}?" if near else f"; there are: {', '.join(known) or 'none'}."
            return f"There is no slider {name}{guess}"
        try:
            value = float(number)
        except ValueError:
            return f"{number} is no number. {HOW}"
        low, high = float(known[name]["low"]), float(known[name]["high"])
        if not low <= value <= high:
            return f"{name} goes from {low:g} to {high:g}."
        out = moved(out, sliders, name, value)
    return out


def moved(dial: Mapping[str, float], sliders: Sequence[Slider], name: str, value: float) -> Dial:
    """The dial after one slider was moved; shares of the weights sum to 1, so the others make room in proportion."""
    out = {**dial, name: value}
    usual = {str(s["name"]): float(s["default"]) for s in sliders if s.get("kind") == "weights"}
    if name in usual:
        others = {other: dial.get(other, share) for other, share in usual.items() if other != name}
        total = sum(others.values())
        for other, share in others.items():
            out[other] = round((1 - value) * (share / total if total else 1 / len(others)), 4)
    return settled(out, sliders)


def settled(dial: Mapping[str, float], sliders: Sequence[Slider]) -> Dial:
    """The dial without sliders that stand where they would stand anyway."""
    usual = {str(slider["name"]): float(slider["default"]) for slider in sliders}
    return {name: value for name, value in dial.items() if not math.isclose(value, usual.get(name, math.nan))}


def brief(dial: Mapping[str, float]) -> str:
    """The dial in a few characters: "warmth 0.7, brevity -0.5"."""
    return ", ".join(f"{name} {value:g}" for name, value in dial.items())


def figures(front: Mapping[str, Any], sliders: Sequence[Slider], dial: Mapping[str, float]) -> str:
    """Where on the measured front the weights stand, in the metrics of each head and against where they stood.

    "" where the dial moves no weights.
    """
    shares = {str(s["name"]): dial[s["name"]] for s in sliders if s.get("kind") == "weights" and s["name"] in dial}
    if not shares or not front:
        return ""
    rows = standing(front, completed(shares, front["objectives"], home_of(front)))
    metrics = [metric for _, metric, *_ in rows]
    parts = []
    for name, metric, value, by, _ in rows:  # of two language models it is not clear which perplexity is meant
        whose = f"{name} " if metrics.count(metric) > 1 else ""
        parts.append(f"{whose}{_METRICS.get(metric, metric.replace('_', ' '))} {_figure(value)} ({_signed(by, value)})")
    return ", ".join(parts)


def _figure(value: float) -> str:
    return f"{value:.4g}" if abs(value) >= 10 else f"{value:.3f}"


def _signed(change: float, value: float) -> str:
    """A change, with digits as the value has."""
    return f"{change:+.3g}" if max(abs(change), abs(value)) >= 10 else f"{change:+.3f}"


def listing(sliders: Sequence[Slider], dial: Mapping[str, float]) -> list[str]:
    """A line for each slider: where it stands, from where to where it goes, what more of it means."""
    lines = []
    for slider in sliders:
        name = str(slider["name"])
        value = dial.get(name, float(slider["default"]))
        lines.append(f"{name} {value:g} ({slider['low']:g} to {slider['high']:g}): {slider.get('what', '')}")
    return lines


def candidates(choice: Mapping[str, Any]) -> list[tuple[str, list[str], str]]:
    """The replies that a choice was made among, highest sum first: mark, figures, text.

    The mark is "said" or "front" (no other beats it in one objective without losing in another) or "".
    """
    names = list(choice.get("objectives", {}))
    rows = list(enumerate(choice.get("candidates", [])))
    rows.sort(key=lambda item: (item[0] != choice.get("picked"), -float(item[1]["score"])))
    out = []
    for number, row in rows:
        mark = "said" if number == choice.get("picked") else "front" if row.get("non_dominated") else ""
        figures = [f"{row['score']:.2f}", *(f"{row['values'].get(name, math.nan):.2f}" for name in names)]
        out.append((mark, figures, str(row.get("text", ""))))
    return out


def heading(choice: Mapping[str, Any]) -> list[str]:
    """Names of the figures of ``candidates``, with the weight of what is weighed."""
    named = [
        f"{name} ×{facts['weight']:g}" if facts.get("weight") else name
        for name, facts in choice.get("objectives", {}).items()
    ]
    return ["sum", *named]


def why(choices: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Why the reply was chosen, as lines of text."""
    lines = []
    for choice in choices.values():
        lines.append(str(choice.get("why", "")))
        names = heading(choice)
        for mark, figures, text in candidates(choice):
            shares = ", ".join(f"{name} {figure}" for name, figure in zip(names, figures, strict=True))
            note = {"said": "said: ", "front": "not dominated: "}.get(mark, "dominated: ")
            lines.append(f"{note}{text} ({shares})")
        lines += [f"{name} was not weighed: {reason}" for name, reason in choice.get("missing", {}).items()]
    return lines


NOTHING = "Nothing was chosen: the last reply is a quotation, or the first one drawn. /dial weighs."
UNWEIGHED = "You weigh nothing: replies come as the assistant gives them by itself."
