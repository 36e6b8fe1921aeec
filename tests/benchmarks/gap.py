"""Everything that docs/cross-domain.md and its rows in the README say, measured and written by one command.

    python tests/benchmarks/gap.py FOLDER_OF_THE_SETS --work DIR [--model DIR] [--recipe FILE]
                                   [--skip PART...] [--write]

Parts: ``cross`` (cross_domain.py, test parts), ``familiarity`` (familiarity.py, dev parts), ``adaptation``
(adaptation.py). Each is run once and kept in DIR as JSON, so that a second call goes on where one was stopped and a
third one only writes; a part that is skipped and not there is said to be missing. ``--write`` writes the page and the
README, otherwise the page is printed. The model is the shipped one; calibrate it first (``chatkit calibrate``).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from adaptation import row_of
from cross_domain import markdown

from chatkit import paths

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PARTS = {"cross": "cross_domain.py", "familiarity": "familiarity.py", "adaptation": "adaptation.py"}
PAGE, README = ROOT / "docs" / "cross-domain.md", ROOT / "README.md"
KEPT = "## What was tried"  # from here on the page is written by hand
Found = Mapping[str, Any]


def measure(part: str, args: argparse.Namespace) -> Any:
    """What a part found; None where it is skipped and not there."""
    file = args.work / f"{part}.json"
    if part not in args.skip:
        extra = ["--recipe", args.recipe] if part == "familiarity" and args.recipe else []
        done = json.loads(file.read_text()) if file.is_file() else {}
        if not done or part == "adaptation":  # which goes on by itself
            command = [sys.executable, str(HERE / PARTS[part]), str(args.data), "--model", str(args.model)]
            subprocess.run([*command, "--json", str(file), *extra], check=True, stdout=sys.stderr)
    return json.loads(file.read_text()) if file.is_file() else None


def verdict(value: float, least: float | None = None, most: float | None = None) -> str:
    """Whether a target is met."""
    met = (least is None or value >= least) and (most is None or value <= most)
    return "met" if met else "**missed**"


def targets(cross: Found | None, familiarity: Found | None, adaptation: Found | None) -> list[str]:
    """The table of targets."""
    rows = ["| what | target | reached | |", "|---|---|---|---|"]
    if cross:
        s, of = cross["summary"], "of a perfectly calibrated head"
        ece, chance = s["ECE at home, all sets together"], s["the same of a perfectly calibrated head"]
        by_set, away = s["ECE at home, mean over sets"], s["ECE abroad, mean over sets"]
        said = f"{ece:.3f}; set by set {by_set:.3f} on average ({of} on as many: {chance:.3f}); abroad {away:.3f}"
        rows.append(f"| calibration error of sentiment at home, test | 0.03 | {said} | {verdict(ece, most=0.03)} |")
        home, abroad = s["coverage at home"], s["coverage abroad"]
        said = f"{home:.1%}; abroad {abroad:.1%}, where the promise is withdrawn in words"
        rows.append(f"| coverage of 90 % sets at home, test | 88 to 92 % | {said} | {verdict(home, 0.88, 0.92)} |")
        area = s["AUROC, fixed foreign list"]
        rows.append(f"| familiarity, AUROC, single messages, test | 0.88 | {area:.3f} | {verdict(area, 0.88)} |")
        false = [s[f"false warnings at home, windows of {size}"] for size in (3, 5)]
        caught = [s[f"warned of abroad, same list, windows of {size}"] for size in (3, 5)]
        worst = next(
            f"{key.split('(')[1][:-1]} {value:.1%}" for key, value in s.items() if key.startswith("most false")
        )
        said = f"{false[0]:.1%}, {false[1]:.1%} (most: {worst}); abroad {caught[0]:.0%} and {caught[1]:.0%} warn"
        rows.append(
            f"| false warnings at home, windows of 3 and 5, test | 5 % | {said} | {verdict(max(false), most=0.05)} |"
        )
        off, gain = s["error of predicted accuracy"], s["gain of the surer half abroad"]
        rows.append(f"| error of predicted accuracy, abroad | 6 points | {100 * off:.1f} | {verdict(off, most=0.06)} |")
        rows.append(
            f"| accuracy gained in the surer half, abroad | 5 points | {100 * gain:.1f} | {verdict(gain, 0.05)} |"
        )
    if familiarity:
        ships = next(row for row in familiarity["auroc"] if row["candidate"] == familiarity["ships"])
        for size, least in ((3, 0.95), (5, 0.98)):
            value = ships[f"window {size}"]
            rows.append(
                f"| familiarity, AUROC, windows of {size}, dev | {least} | {value:.3f} | {verdict(value, least)} |"
            )
        cost = familiarity["cost"]
        rows.append(f"| cost of a reading | 10 % of the encoder pass | {cost:.1%} | {verdict(cost, most=0.1)} |")
    if adaptation:
        met = [n for n, f in adaptation.items() if f["target"]["change"] <= -0.12 and f["old"]["change"] <= 0.02]
        said = f"{len(met)} of {len(adaptation)} targets"
        rows.append(
            f"| adaptation: bits per byte | -12 %, old at most +2 % | {said} | {verdict(len(met), len(adaptation))} |"
        )
    return rows


def familiarity_part(found: Found) -> list[str]:
    """The tables of familiarity."""
    keys = [key for key in found["auroc"][0] if key != "candidate"]
    rows = ["| candidate | " + " | ".join(key.replace("_", " ") for key in keys) + " |", "|---|" + "---:|" * len(keys)]
    rows += [f"| {r['candidate']} | " + " | ".join(f"{r[key]:.3f}" for key in keys) + " |" for r in found["auroc"]]
    rows += [
        "",
        f"What ships, as `chatkit calibrate` chose it on the foreign sets of the recipe: {found['ships']}.",
        f"The cheapest within a point of the best here: {found['cheapest']}.",
        "",
    ]
    rows += ["| limit | windows of | false at home | worst set | foreign caught |", "|---|---:|---:|---:|---:|"]
    for name, size, mean, most, where, caught in found["limits"]:
        rows.append(f"| {name} | {size} | {mean:.1%} | {where} {most:.1%} | {caught:.1%} |")
    return rows


def adaptation_part(found: Found) -> list[str]:
    """The table of adaptation."""
    head = "| target | texts read | bits per byte | change | old | old, not bounded | new weights | sentiment |"
    return [head, "|---|---:|---:|---:|---:|---:|---:|---|", *(row_of(name, row) for name, row in found.items())]


def page(cross: Found | None, familiarity: Found | None, adaptation: Found | None, lineage: str, by_hand: str) -> str:
    """docs/cross-domain.md."""
    missing = "Not measured on this assistant yet."
    command = "python tests/benchmarks/gap.py SETS --work DIR --write"
    parts = [
        "# Across domains: what was measured",
        f'Written by `{command}` on the assistant with lineage {lineage}, one seed; from "What was tried" on by hand.',
        "\n".join(targets(cross, familiarity, adaptation)),
        "## Every visible set, test parts",
        "`python tests/benchmarks/cross_domain.py SETS`; a `*` marks sets that nothing was trained on. Gap: to\n"
        "the mean of the home sets; predicted gap: without labels; ECE by chance: of a perfectly calibrated head on\n"
        "as many examples; AUROC against all home sets together, each with as many messages; warned: share of windows\n"
        "of 3 and 5 that warn.",
        markdown(cross["table"]).rstrip() if cross else missing,
        "Familiarity is no measure of every shift: uci_sentences are reviews like those trained on, and nq_qed asks\n"
        "common questions.",
        "## Ways to measure familiarity, and when to warn",
        "`python tests/benchmarks/familiarity.py SETS`: AUROC on dev parts; windows; the limit from one half of dev,\n"
        "the figures from the other.",
        "\n".join(familiarity_part(familiarity)) if familiarity else missing,
        "## Adaptation",
        "`python tests/benchmarks/adaptation.py SETS`: unlabelled text of each target, held-out tenth of either text;\n"
        '"not bounded" is dialogue of chatterbot, which was not given as old text.',
        "\n".join(adaptation_part(adaptation)) if adaptation else missing,
        by_hand.strip(),
    ]
    return "\n\n".join(parts) + "\n"


def readme_rows(summary: Found) -> list[str]:
    """The rows of the README."""
    s = summary
    ece, away = s["ECE at home, all sets together"], s["ECE abroad, mean over sets"]
    warned = s["false warnings at home, windows of 5"], s["warned of abroad, same list, windows of 5"]
    return [
        "| | home | abroad |",
        "|---|---:|---:|",
        f"| calibration error (abroad: mean over sets) | {ece:.3f} | {away:.3f} |",
        f"| coverage of 90 % sets | {100 * s['coverage at home']:.1f} % | {100 * s['coverage abroad']:.1f} % |",
        f"| windows of five messages that warn | {100 * warned[0]:.1f} % | {100 * warned[1]:.1f} % |",
        f"| familiarity of single messages, AUROC | | {s['AUROC, fixed foreign list']:.3f} |",
        f"| accuracy predicted without labels, off by | | {100 * s['error of predicted accuracy']:.1f} points |",
        f"| accuracy gained in the surer half | | {100 * s['gain of the surer half abroad']:.1f} points |",
    ]


def with_rows(text: str, rows: Sequence[str]) -> str:
    """The README with its table replaced."""
    start = text.index("| | home | abroad |")
    return text[:start] + "\n".join(rows) + text[text.index("\n\n", start) :]


def main() -> None:
    """Measure what is missing and write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=paths.shipped_model())
    parser.add_argument("--recipe")
    parser.add_argument("--skip", nargs="*", choices=tuple(PARTS), default=[])
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    cross, familiarity, adaptation = (measure(part, args) for part in PARTS)
    lineage = json.loads((args.model / "confidence.json").read_text())["lineage"][:8]
    old = PAGE.read_text(encoding="utf-8")
    by_hand = old[old.index(KEPT) :] if KEPT in old else KEPT
    text = page(cross, familiarity, adaptation, lineage, by_hand)
    if not args.write:
        print(text)
        return
    PAGE.write_text(text, encoding="utf-8")
    if cross:
        README.write_text(
            with_rows(README.read_text(encoding="utf-8"), readme_rows(cross["summary"])), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
