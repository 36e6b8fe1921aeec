"""What a shift report means, in sentences for somebody who has never heard of a domain shift."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SIGNIFICANT = 0.01


def verdict(report: Mapping[str, Any]) -> list[str]:
    """Sentences: how different the target is, what to expect of each head, what to do."""
    return [*_difference(report), *_costs(report), *_advice(report)]


def _difference(report: Mapping[str, Any]) -> list[str]:
    test, familiar, words = report["two_sample"], report["familiarity"], report["words"]
    out = []
    if test is None:
        out.append("Too few messages to tell how far the two are apart.")
    elif test["p_value"] >= SIGNIFICANT:
        out.append("The target cannot be told from the reference: what holds for one should hold for the other.")
    elif test["a_distance"] < 1.0:
        out.append("The target is somewhat different from the reference.")
    else:
        out.append("The target is clearly a different kind of text from the reference.")
    if familiar is not None:
        ours, theirs = familiar["reference"]["unfamiliar"], familiar["target"]["unfamiliar"]
        nearest = familiar["target"]["nearest"]
        close = f"; nearest to {nearest[0][0]}" if nearest else ""
        out.append(f"{theirs:.0%} of its messages are unfamiliar to the assistant (reference: {ours:.0%}){close}.")
    if words["more_in_target"]:
        out.append(f"Words that mark it: {', '.join(words['more_in_target'][:6])}.")
    return out


def _costs(report: Mapping[str, Any]) -> list[str]:
    out = []
    for name, head in report["heads"].items():
        if "error" in head:
            out.append(f"{name}: {head['error']}")
            continue
        true, predicted = head.get("true", {}), head.get("predicted", [])
        if "target" in true:
            accuracy = true["target"]["accuracy"]
            said = f"{name} is right on {accuracy['mean']:.0%} of the labelled messages ({_span(accuracy)})"
            if "gap" in head:
                said += f", {_points(head['gap']['mean'])} against the reference ({_points_span(head['gap'])})"
            out.append(said + ".")
        elif predicted:
            best = predicted[0]
            sure = "" if best["error"] is None else f", give or take {100 * best['error']:.0f} points"
            out.append(
                f"{name} should be right on about {best['accuracy']:.0%} of its messages{sure} ({best['method']})."
            )
    return out


def _advice(report: Mapping[str, Any]) -> list[str]:
    test, familiar, heads = report["two_sample"], report["familiarity"], report["heads"]
    apart = test is not None and test["p_value"] < SIGNIFICANT
    strange = familiar is not None and familiar["target"]["unfamiliar"] > 0.2
    out = []
    if apart and any("predicted" in head and "target" not in head.get("true", {}) for head in heads.values()):
        out.append("Label some messages to know instead of guessing: the same command with --label 50.")
    if apart and strange:
        out.append("Let the assistant read such text: chatkit adapt --on PATH --out DIR.")
        out.append("Take percentages and label sets with care there: their promises were made on familiar text.")
    return out


def _span(interval: Mapping[str, float]) -> str:
    return f"95 % interval {interval['low']:.0%} to {interval['high']:.0%}"


def _points(value: float) -> str:
    return f"{100 * value:+.0f} points"


def _points_span(interval: Mapping[str, float]) -> str:
    return f"{100 * interval['low']:+.0f} to {100 * interval['high']:+.0f}"
