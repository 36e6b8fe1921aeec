"""What a shift report means, in sentences for somebody who has never heard of a domain shift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SIGNIFICANT = 0.01
STRANGE = 0.2  # share of unfamiliar messages, beyond that of the reference, that makes another kind of text of it
APART = 0.1  # guesses of an accuracy that differ by so much are told
FEW = 100  # messages of the smaller body with which a test finds great differences only


def verdict(report: Mapping[str, Any]) -> list[str]:
    """Sentences: how different the target is, what to expect of each head, what to do."""
    return [*_difference(report), *_costs(report), *_advice(report)]


def _difference(report: Mapping[str, Any]) -> list[str]:
    test, familiar, words = report["two_sample"], report["familiarity"], report["words"]
    fewest = min(report[side]["messages"] for side in ("reference", "target"))
    out = []
    if test is None:
        out.append("Too few messages to tell how different the two texts are: give at least ten of each.")
    elif test["p_value"] >= SIGNIFICANT and (_is_strange(report) or _is_worse(report)):
        out.append("Your text (the target) is another kind of text, though a test does not prove it.")
    elif test["p_value"] >= SIGNIFICANT and fewest < FEW:
        out.append(f"No difference was found; in {fewest} messages only a great one would be: give more to be sure.")
    elif test["p_value"] >= SIGNIFICANT:
        out.append("Your text (the target) looks like the reference: what works there should work on it.")
    elif test["a_distance"] < 1.0:
        out.append("Your text (the target) is somewhat different from the reference.")
    else:
        out.append("Your text (the target) is clearly another kind of text than the reference.")
    if familiar is not None:
        ours, theirs = familiar["reference"]["unfamiliar"], familiar["target"]["unfamiliar"]
        nearest = familiar["target"]["nearest"]
        close = f" Of the sets it was trained on, {nearest[0][0]} comes nearest." if nearest else ""
        out.append(
            f"{theirs:.0%} of its messages are unfamiliar to the assistant (of the reference: {ours:.0%}).{close}"
        )
    if words["more_in_target"]:
        out.append(f"Words that mark it: {', '.join(words['more_in_target'][:6])}.")
    return out


def _is_strange(report: Mapping[str, Any]) -> bool:
    """Whether many more messages of the target are unfamiliar than of the reference."""
    familiar = report["familiarity"]
    if familiar is None:
        return False
    return bool(familiar["target"]["unfamiliar"] - familiar["reference"]["unfamiliar"] > STRANGE)


def _is_worse(report: Mapping[str, Any]) -> bool:
    """Whether a head is surely worse on the labelled messages of the target."""
    return any(head.get("gap", {}).get("high", 0.0) < 0 for head in report["heads"].values())


def _costs(report: Mapping[str, Any]) -> list[str]:
    out = []
    for name, head in report["heads"].items():
        if "error" in head:
            out.append(f"{name}: {head['error']}")
            continue
        true, predicted = head.get("true", {}), head.get("predicted", [])
        if "target" in true:
            accuracy = true["target"]["accuracy"]
            said = f"{name} is right about {accuracy['mean']:.0%} of your labelled messages ({_span(accuracy)})"
            if "gap" in head:
                said += f", {_points(head['gap']['mean'])} against the reference ({_points_span(head['gap'])})"
            out.append(said + ".")
        elif predicted and report["two_sample"] is not None:  # of a handful of messages nothing is predicted
            best = predicted[0]
            sure = "" if best["error"] is None else f", give or take {100 * best['error']:.0f} points on average"
            right = f"{best['accuracy']:.0%} of your messages{sure}"
            out.append(f"{name} should be right about {right}; that is guessed without labels{_others(predicted)}.")
        out += head.get("remarks", [])
    return out


def _advice(report: Mapping[str, Any]) -> list[str]:
    test, familiar, heads = report["two_sample"], report["familiarity"], report["heads"]
    strange = familiar is not None and familiar["target"]["unfamiliar"] > STRANGE
    apart = (test is not None and test["p_value"] < SIGNIFICANT) or _is_strange(report) or _is_worse(report)
    out = []
    if apart and any("predicted" in head and "target" not in head.get("true", {}) for head in heads.values()):
        most = min(50, report["target"]["messages"])
        out.append(f"To know instead of guessing, label some messages: the same command with --label {most}.")
    if apart and strange:
        out.append(
            "To make it better at such text, let it read some: chatkit adapt --on PATH --out DIR (no labels needed)."
        )
        out.append("Do not rely on the percentages it shows there: they were checked on familiar text only.")
    return out


def _others(predicted: Sequence[Mapping[str, Any]]) -> str:
    """What other ways of guessing say, where they are far from the first."""
    found = [each["accuracy"] for each in predicted]
    if max(found) - min(found) < APART:
        return ""
    return f", and other ways to guess it say {min(found):.0%} to {max(found):.0%}: label some to know"


def _span(interval: Mapping[str, float]) -> str:
    return f"95 % interval {interval['low']:.0%} to {interval['high']:.0%}"


def _points(value: float) -> str:
    return f"{100 * value:+.0f} points"


def _points_span(interval: Mapping[str, float]) -> str:
    return f"{100 * interval['low']:+.0f} to {100 * interval['high']:+.0f}"
