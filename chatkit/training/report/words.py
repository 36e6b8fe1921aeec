"""What the figures mean, said to a person who never heard of a Pareto front."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from chatkit.metrics.paired import Estimate
from chatkit.objectives.constraint import exchange_rates
from chatkit.objectives.pareto import Better
from chatkit.training.sweep.found import Comparison, GaveUp, Row, Spread, Study

WHAT_A_FRONT_IS = (
    "All heads share one encoder, so training it more for one leaves less for another. A model is on the front when no "
    "other that was trained here is better at one thing without being worse at another; what is off it can be dropped."
)
METRICS = {
    "word_perplexity": "perplexity",
    "macro_f1": "macro-F1",
    "dense_mrr@10": "MRR@10",
    "mrr@10": "MRR@10",
    "bits_per_byte": "bits per byte",
    "loss": "loss",
}
_SURE = 0.05


def metric_name(name: str) -> str:
    """The metric as a person calls it."""
    return METRICS.get(name, name)


def figure(value: float, metric: str) -> str:
    """A figure with as many digits as make sense."""
    if not math.isfinite(value):
        return "unknown"
    if abs(value) >= 1e5:
        return f"{value:.3g}"
    return f"{value:.1f}" if metric == "word_perplexity" or abs(value) >= 100 else f"{value:.3f}"


def spread(value: Spread, metric: str) -> str:
    """Mean and standard deviation over seeds."""
    return figure(value.mean, metric) + (f" ± {figure(value.deviation, metric)}" if value.deviation is not None else "")


def beyond_noise(difference: Estimate) -> bool | None:
    """Whether a difference is one; None where one seed cannot tell."""
    if difference.count < 2:
        return None
    return difference.low > 0 or difference.high < 0


def gave_up(head: str, it: GaveUp) -> str:
    """What an objective gave up against being trained alone."""
    name = metric_name(it.metric)
    size = figure(abs(it.difference.mean), it.metric)
    change = f"{name} {figure(it.joint, it.metric)} here, {figure(it.alone, it.metric)} when trained alone"
    sure = beyond_noise(it.difference)
    over = _over_examples(it.examples, it.metric)
    if sure is None:
        return f"{head}: {change} (one seed: how far that is chance is not known{over})"
    if not sure:
        return f"{head}: {change}; with {it.difference.count} seeds that may be chance{over}"
    verb = "lost" if is_worse(it.difference.mean, it.better) else "gained"
    if it.examples is not None and it.examples[0] <= 0 <= it.examples[1]:
        return f"{head}: {change}; more than seeds explain, but with other examples it may be chance{over}"
    return f"{head}: {verb} {size} {name}: {change}{over}"


def _over_examples(interval: tuple[float, float] | None, metric: str) -> str:
    if interval is None:
        return ""
    low, high = (("-" if value < 0 else "+") + figure(abs(value), metric) for value in interval)
    return f"; over draws of the examples {low} to {high}"


def in_short(found: Study, at: Row) -> list[str]:
    """What a reader in a hurry should know: what sharing cost, and whether a method is worth having."""
    lines = [gave_up(head, it) for head, it in found.gave_up.get(at.name, {}).items()]
    if lines:
        lines.insert(0, f"With {at.name}, each head against one that is trained alone:")
    verdicts: dict[str, list[str]] = {}
    for it in found.comparisons:
        verdicts.setdefault(verdict(it), []).append(it.name)
    if found.comparisons:
        better, count = verdicts.get(BETTER, []), len(found.comparisons)
        beat = f"{', '.join(better)} beat{'s' if len(better) == 1 else ''}" if better else "none beats"
        rest = "; ".join(f"{kind}: {', '.join(verdicts[kind])}" for kind in VERDICTS if kind in verdicts)
        lines.append(f"Of {count} published methods {beat} the plain sum" + (f"; {rest}" if rest else ""))
    return lines


BETTER = "better"
VERDICTS = ("worse", "no better and no worse", "not to be told apart by these runs", "one seed so far")


def verdict(it: Comparison) -> str:
    """What a comparison with the plain sum says: ``BETTER`` or one of ``VERDICTS``."""
    low, high = it.examples or (it.difference.mean, it.difference.mean)
    if it.difference.count < 2:
        return VERDICTS[3]
    if it.p_holm < _SURE and (high < 0 or low > 0):
        return BETTER if it.difference.mean < 0 else VERDICTS[0]
    if it.p_same < _SURE and -it.margin < low and high < it.margin:
        return VERDICTS[1]
    return VERDICTS[2]


def comparison(it: Comparison) -> str:
    """A method against the plain sum."""
    said, figures = verdict(it), f"{it.difference.mean:+.2f} %"
    if said == VERDICTS[3]:
        return f"{it.name}: {figures} against the plain sum, of one seed: says nothing yet"
    figures += f" (95 %: {it.difference.low:+.2f} to {it.difference.high:+.2f}, {it.difference.count} seeds"
    low, high = it.examples or (it.difference.mean, it.difference.mean)
    figures += f"; over draws of the examples {low:+.2f} to {high:+.2f})" if it.examples else ")"
    if said in (BETTER, VERDICTS[0]):
        return f"{it.name}: {said} than the plain sum: {figures}"
    if said == VERDICTS[1]:
        return f"{it.name}: no better and no worse than the plain sum, within {it.margin:g} %: {figures}"
    return f"{it.name}: these runs can tell neither a difference from the plain sum nor that there is none: {figures}"


def place(it: Comparison) -> str:
    """Where a method stands against the front of sums."""
    parts = {
        "behind the front of weights by hand": it.standing.dominated,
        "ahead of a point of it": it.standing.dominates,
        "another compromise beside it": it.standing.between,
    }
    return ", ".join(f"{share:.0%} {words}" for words, share in parts.items() if share > 0)


def ranges(found: Study) -> list[str]:
    """Whether the front has ends that differ, objective by objective."""
    lines = []
    for head, difference in found.ranges.items():
        sure = beyond_noise(difference)
        size = f"{difference.mean:.3f} nats"
        if sure is None:
            lines.append(f"{head}: the ends of the front differ by {size} of loss; one seed, so perhaps by chance")
        elif sure:
            lines.append(f"{head}: between the ends of the front lie {size} of loss, more than chance")
        else:
            lines.append(f"{head}: the ends of the front do not differ beyond chance ({size}): nothing to choose here")
    return lines


def exchange(found: Study, name: str) -> str | None:
    """What the next step along the front costs: the exchange rate between the two objectives, in their metrics.

    None with other than two objectives, or no neighbour on the front.
    """
    if len(found.objectives) != 2:
        return None
    a, b = found.objectives
    front = sorted((row for row in found.rows if row.on_front), key=lambda row: row.losses[a].mean)
    names = [row.name for row in front]
    if name not in names or len(front) < 2:
        return None
    at = names.index(name)
    other = front[at + 1] if at + 1 < len(front) else front[at - 1]
    here = front[at]
    return f"from {here.name} to {other.name}: {_change(found, here, other, a)}, {_change(found, here, other, b)}"


def _change(found: Study, here: Row, there: Row, head: str) -> str:
    metric, better = found.metrics[head]
    return changed(head, metric, better, there.metrics[head].mean - here.metrics[head].mean)


def changed(head: str, metric: str, better: Better, change: float) -> str:
    """A change of an objective in its metric, and whether it is for the better."""
    if float(figure(change, metric)) == 0:
        return f"{head} as before"
    verdict = "worse" if is_worse(change, better) else "better"
    sign = "+" if change >= 0 else "-"
    return f"{head} {sign}{figure(abs(change), metric)} {metric_name(metric)} ({verdict})"


def rates(found: Study) -> list[str]:
    """Exchange rates along the front of two objectives, both ways of saying it."""
    if len(found.objectives) != 2:
        return []
    a, b = found.objectives
    (metric_a, better_a), (metric_b, better_b) = found.metrics[a], found.metrics[b]
    points = {row.name: (row.metrics[b].mean, row.metrics[a].mean) for row in found.rows if row.on_front}
    unit, size = (0.01, "a point") if 0 <= found.rows[0].metrics[b].mean <= 1 else (1.0, "one")
    return [
        f"between {each.start} and {each.end}: {size} of {metric_name(metric_b)} ({b}) costs "
        f"{figure(each.rate * unit, metric_a)} {metric_name(metric_a)} ({a})"
        for each in exchange_rates(points, (better_b, better_a))
    ]


def sweep_title(found: Study) -> str:
    """What was swept."""
    heads = list(found.objectives)
    count, named = len(found.rows), " and ".join([", ".join(heads[:-1]), heads[-1]] if len(heads) > 1 else heads)
    return f"Sweep: {count} way{'s' if count != 1 else ''} to weigh {named}"


def coverage(found: Study) -> list[str]:
    """How much of the sweep is done, and whether more should be tried."""
    it = found.coverage
    if it is None:
        return []
    lines = []
    if it.done < it.planned:
        lines.append(
            f"{it.done} of {it.planned} runs are done: what stands here is what these say, and can still change"
        )
    lines += [f"{end}: beyond it may lie better; widen [sweep] and go on with --resume" for end in it.ends]
    return lines


def unknown_alone(found: Study) -> str:
    """Why it is not known what was given up."""
    if found.coverage is not None and found.coverage.alone_to_come:
        return "not known yet: the runs that train each objective alone are still to come"
    return "not known: the objectives were not trained alone (sweep.single)"


def cost(row: Row) -> str:
    """CPU time of a step and the memory that gradients kept apart take."""
    time = "" if row.milliseconds is None else f"{row.milliseconds:.0f} ms"
    return f"{time} {row.row_bytes / 1e6:.1f} MB".strip()


def constrained(found: Study) -> list[str]:
    """Whether the bounds of ``objectives.keep`` can be kept, and by what."""
    answer = found.constrained
    if answer is None:
        return []
    kept, asked = answer.kept, " and ".join(answer.bounds)
    reached = ", ".join(f"{value:.3f} on dev (margin {margin:.3f})" for value, margin in kept.values.values())
    test = f"; on test it held in {answer.held[0]} of {answer.held[1]} seeds" if answer.held else ""
    if kept.name is None:
        unfinished = found.coverage is not None and found.coverage.done < found.coverage.planned
        verdict = "kept by nothing so far" if unfinished else "not feasible here"
        return [f"{asked}: {verdict}: the closest is {kept.closest}, {reached}{test}"]
    if kept.sure:
        return [f"{asked}: kept by {kept.name}, {reached}: room for another seed and other texts (90 %){test}"]
    return [
        f"{asked}: {kept.name} keeps it on average, {reached}, but without room for another seed and other texts: do "
        f"not count on it{test}"
    ]


def final(dev: Mapping[str, Any]) -> list[str]:
    """The last figures of each head on dev."""
    lines = []
    for head, row in dev.items():
        shown = ", ".join(f"{metric_name(name)} {figure(it['value'], name)}" for name, it in row["metrics"].items())
        lines.append(f"{head}: {shown} ({row['examples']:,} examples)")
    return lines


def finals(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    """The last figures of two runs beside each other, where both were measured on as many examples."""
    lines = []
    for head in (head for head in a if head in b):
        ours, theirs, examples = a[head]["metrics"], b[head]["metrics"], a[head]["examples"]
        if examples != b[head]["examples"]:
            lines.append(f"{head}: measured on {examples:,} and {b[head]['examples']:,} examples: no comparison")
            continue
        pairs = [(name, ours[name]["value"], theirs[name]["value"]) for name in ours if name in theirs]
        shown = ", ".join(f"{metric_name(n)} A {figure(x, n)}, B {figure(y, n)}" for n, x, y in pairs)
        lines.append(f"{head}: {shown} ({examples:,} examples)")
    return lines


def conflict(objectives: Mapping[str, Any]) -> list[str]:
    """What the conflict meter said, pair by pair."""
    return [f"{pair.replace('/', ' and ')}: {row['verdict']}" for pair, row in objectives.get("pairs", {}).items()]


def noise(objectives: Mapping[str, Any]) -> list[str]:
    """The gradient noise scale of each objective beside its batch."""
    lines = []
    for head, row in objectives.get("objectives", {}).items():
        scale, batch = row.get("noise_scale"), row.get("batch")
        if scale is None or batch is None:
            continue
        if scale > 3 * batch:
            meaning = "a larger batch would make its steps surer"
        elif scale < batch / 3:
            meaning = "a smaller batch would do"
        else:
            meaning = "the batch is about right"
        lines.append(f"{head}: noise equals signal at a batch of about {scale:,.0f}; it has {batch}: {meaning}")
    return lines


def is_worse(change: float, better: Better) -> bool:
    """Whether a change of a metric is a loss."""
    return change > 0 if better == "lower" else change < 0
