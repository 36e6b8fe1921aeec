"""A shift report for the terminal: verdict first, then figures with bars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_BAR = 24
_LEVELS = " ▁▂▃▄▅▆▇█"


def text_report(report: Mapping[str, Any]) -> str:
    """The whole report as lines of text."""
    return "\n".join([*_head(report), "", *_difference(report), "", *_heads(report)]).rstrip()


def bar(share: float, size: int = _BAR) -> str:
    """A share of 0 to 1 as a bar."""
    full = round(min(max(share, 0.0), 1.0) * size)
    return "█" * full + "·" * (size - full)


def spark(shares: list[float]) -> str:
    """A histogram on one line."""
    most = max(shares, default=0.0) or 1.0
    return "".join(_LEVELS[min(round(share / most * (len(_LEVELS) - 1)), len(_LEVELS) - 1)] for share in shares)


def _head(report: Mapping[str, Any]) -> Iterator[str]:
    for side in ("reference", "target"):
        body = report[side]
        labelled = f", {body['labelled']:,} labelled" if body["labelled"] else ""
        yield f"{side:10} {body['name']}: {body['messages']:,} of {body['total']:,} messages{labelled} ({body['read']})"
    yield ""
    yield from (f"  {sentence}" for sentence in report["verdict"])


def _difference(report: Mapping[str, Any]) -> Iterator[str]:
    words, pieces, model = report["words"], report["pieces"], report["language_model"]
    yield f"{'':34}{'reference':>11}{'target':>11}"
    if report["familiarity"] is not None:
        ours, theirs = report["familiarity"]["reference"], report["familiarity"]["target"]
        yield f"{'familiarity, mean':34}{ours['mean']:>11.0%}{theirs['mean']:>11.0%}"
        yield f"{'unfamiliar messages':34}{ours['unfamiliar']:>11.0%}{theirs['unfamiliar']:>11.0%}"
        yield f"{'familiarity 0 to 100 %':34}{spark(ours['histogram']):>11}{spark(theirs['histogram']):>11}"
    yield f"{'bits per byte (more is harder)':34}{model['reference']:>11.3f}{model['target']:>11.3f}"
    for key, name in (("rare", "pieces that it seldom saw"), ("fallback", "characters it does not know")):
        yield f"{name:34}{pieces['reference'][key]:>11.1%}{pieces['target'][key]:>11.1%}"
    per_word = [pieces[side]["pieces_per_word"] for side in ("reference", "target")]
    yield f"{'pieces per word':34}{per_word[0]:>11.2f}{per_word[1]:>11.2f}"
    yield ""
    apart, chance = words["divergence"], words["by_chance"]
    yield f"other words      {bar(apart)} {apart:.2f} of 1 bit (by chance {chance:.2f})"
    test = report["two_sample"]
    if test is not None:
        p_value = "< 0.0001" if test["p_value"] < 1e-4 else f"{test['p_value']:.4f}"
        distance = test["a_distance"]
        yield f"another kind     {bar(distance / 2)} {distance:.2f} of 2 for the encoder (proxy A-distance)"
        yield f"                 told apart {test['accuracy']:.0%}, chance is 50%, p {p_value}"
    yield f"target says      {', '.join(words['more_in_target']) or 'no word often enough to tell'}"
    yield f"reference says   {', '.join(words['more_in_reference']) or 'no word often enough to tell'}"


def _heads(report: Mapping[str, Any]) -> Iterator[str]:
    for name, head in report["heads"].items():
        yield f"{name}"
        if "error" in head:
            yield f"  {head['error']}"
        elif "metrics" in head:
            yield from _metrics(head["metrics"])
        else:
            yield from _accuracy(head)
        yield ""


def _metrics(sides: Mapping[str, Any]) -> Iterator[str]:
    for name, ours in sides["reference"].items():
        theirs = sides["target"].get(name)
        if theirs is not None and name != "examples":
            shown = [
                f"{f['value']:.4f}" + ("" if f["spread"] is None else f" ± {f['spread']:.4f}") for f in (ours, theirs)
            ]
            yield f"  {name:24}{shown[0]:>20} -> {shown[1]}  ({theirs['value'] - ours['value']:+.4f})"


def _accuracy(head: Mapping[str, Any]) -> Iterator[str]:
    for side, found in head["true"].items():
        accuracy = found["accuracy"]
        span = f"{accuracy['low']:.1%} to {accuracy['high']:.1%}"
        count = f"{found['examples']:,} labelled"
        yield f"  accuracy, {side:10} {bar(accuracy['mean'])} {accuracy['mean']:.1%} ({span}; {count})"
        covered = f", 90 % sets hold {found['coverage']:.1%}" if "coverage" in found else ""
        surer = found["accuracy_of_surer_half"]
        yield f"    calibration error {found['ece']:.3f}{covered}, surer half {surer:.1%} right"
    if "gap" in head:
        mean, low, high = (100 * head["gap"][key] for key in ("mean", "low", "high"))
        yield f"  gap {mean:+.1f} points (95 % interval {low:+.1f} to {high:+.1f})"
    for found in head["predicted"]:
        error = (
            "its error is unknown" if found["error"] is None else f"off by {100 * found['error']:.1f} points on average"
        )
        where = f" on {found['domains']} labelled domains" if found["error"] is not None else ""
        yield f"  predicted {bar(found['accuracy'])} {found['accuracy']:.1%} {found['method']} ({error}{where})"
    for number, text in enumerate(head.get("to_label", ()), 1):
        yield f"  label {number:>3}. {' '.join(text.split())[:160]}"
