"""A trained dial between two objectives of the same output, against a sweep of weights with the same seeds::

    python docs/dial/prepare.py FOLDER_OF_CHITCHAT --out replies
    python tests/benchmarks/dial.py replies brevity --work dial            (or: warmth)
    python tests/benchmarks/dial.py replies warmth --work dial --model MODEL

The second trains the adapters alone, on a finished assistant (``docs/dial/finished.toml``); the sweep beside it trains
the whole of that assistant on, with seven weightings.

Runs, or goes on with, the sweep of ``docs/dial/PAIR.toml`` (seven weightings, the best of its learning rates each),
then trains one dial a seed: its learning rate is chosen among the same ones, on dev, at the first seed, and it has
``--share`` of the steps that the seven runs have together. Everything is measured on the same dev records.

A dial is one run and may train longer than each of seven; so beside it stands one plain sum of as many steps: what that
gains as well is owed to the length of the training, not to the dial.

Prints for each seed the volume under the dial's front and the sweep's, on the sweep's own scale (0 = the best of its
corners, 1 = the worst, reference 1.1); how surely the dial is followed (Spearman over 11 points); CPU time of both;
what drawn replies are like along the dial; the time of a merge, and until the next reply can start in a long
conversation.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from chatkit.assistant import Assistant
from chatkit.nn.adapters import copy_base
from chatkit.objectives.pareto import hypervolume, normalised
from chatkit.objectives.preference import grid
from chatkit.registry import Registry
from chatkit.runtime.api import Chat
from chatkit.runtime.tuned import Tuned
from chatkit.training.building import encoder_of
from chatkit.training.progress import Progress
from chatkit.training.recipe import Recipe, load_recipe
from chatkit.training.run import Run
from chatkit.training.sweep.board import Board
from chatkit.training.sweep.choose import chosen_trials
from chatkit.training.sweep.config import SweepConfig
from chatkit.training.sweep.found import REFERENCE
from chatkit.training.sweep.measure import figures
from chatkit.training.sweep.results import SWEEP, Result, read_results
from chatkit.training.sweep.sweep import Sweep

CONFIGS = Path(__file__).parents[2] / "docs" / "dial"
PROMPTS = ("hello", "how are you today?", "i had a bad day", "what do you do?", "do you like music?", "that is fun")
DRAWS, MOST = 4, 40
TUNED_ON = SweepConfig(grid=6, edges=True, single=(), learning_rates=(3e-4, 1e-3), examples=100)
TUNED_ON_STEPS, ADAPTER_RATES = 100, (5e-3, 1e-2)
PIECES = 1000
Table = np.ndarray[Any, Any]


def configs(given: argparse.Namespace) -> tuple[Recipe, Recipe, tuple[float, ...], float]:
    """The configs of sweep and dial, the rates that the dial is tuned over, and the rate of one long plain sum."""
    if given.model is None:
        recipe = load_recipe(str(CONFIGS / f"{given.pair}.toml"), (f"data.root={given.data}",))
        assert recipe.sweep is not None
        sweep = dataclasses.replace(recipe.sweep, seeds=given.seeds)
        return dataclasses.replace(recipe, sweep=sweep), recipe, sweep.learning_rates, 0.0
    keys = (f"data.root={given.data}", f"init={given.model.resolve()}", "objectives.conflict_every=0")
    recipe = load_recipe(str(CONFIGS / "finished.toml"), keys)
    names = ("generation", given.pair)
    assert recipe.objectives.dial is not None
    dial = dataclasses.replace(recipe.objectives.dial, heads=names)
    recipe = dataclasses.replace(
        recipe,
        heads={name: recipe.heads[name] for name in names},
        objectives=dataclasses.replace(recipe.objectives, dial=dial),
    )
    sweep = dataclasses.replace(TUNED_ON, seeds=given.seeds)
    whole = dataclasses.replace(
        recipe,
        encoder=encoder_of(recipe),
        objectives=dataclasses.replace(recipe.objectives, dial=None),
        train=dataclasses.replace(recipe.train, steps=TUNED_ON_STEPS),
        sweep=sweep,
    )
    return whole, recipe, ADAPTER_RATES, sweep.learning_rates[0]


def swept(recipe: Recipe, folder: Path) -> dict[int, dict[str, Result]]:
    """seed -> candidate -> its run at the trial that was chosen, of the seeds that all candidates have."""
    sweep = Sweep(recipe, folder, Board(), jobs=1)
    (sweep.resume if (folder / SWEEP).exists() else sweep.start)()
    if not sweep.run():
        raise SystemExit(130)
    results = read_results(folder)
    chosen = chosen_trials(results, recipe.seed)
    out: dict[int, dict[str, Result]] = {}
    for result in results:
        if result.candidate in chosen and result.trial == chosen[result.candidate].trial:
            out.setdefault(result.seed, {})[result.candidate] = result
    return {seed: row for seed, row in out.items() if len(row) == len(chosen)}


def trained(recipe: Recipe, folder: Path) -> tuple[Run, float]:
    """A run in a folder, and its CPU seconds; one that is there is trained again, to know its time."""
    run = Run(recipe, folder, Progress(quiet=True), device="cpu")
    run.start()
    start = time.process_time()
    while not run.trainer.done:
        run.trainer.train_step()
    spent = time.process_time() - start
    run.train()  # there is nothing left but to measure and to save
    return run, spent


def front_of(run: Run, recipe: Recipe, examples: int) -> Table:
    """Dev losses (P, 2) at the points of the grid, on the records that the sweep measures."""
    dial = run.assistant.dial
    assert dial is not None
    rows = []
    for point in grid(dial.objectives):
        with dial.at(run.assistant.backbone, point):
            found = figures(run.assistant, recipe, "dev", examples)
        rows.append([found[name]["loss"] for name in dial.objectives])
    return np.array(rows)


def dial_recipe(recipe: Recipe, seed: int, rate: float, steps: int, pieces: Path) -> Recipe:
    """The config of a dial with the sweep's pieces, or those of the assistant that it is for."""
    train = dataclasses.replace(recipe.train, learning_rate=rate, steps=steps, threads=1)
    tokenizer = recipe.tokenizer
    if not recipe.init:
        tokenizer = dataclasses.replace(tokenizer, path=str(pieces.resolve()))
    return dataclasses.replace(recipe, seed=seed, train=train, tokenizer=tokenizer, sweep=None)


def plain_sum(recipe: Recipe, folder: Path, examples: int, rate: float) -> Table:
    """Dev losses (1, 2) of one plain sum of as many steps as the dial's, at a rate of its own where one is given."""
    encoder = encoder_of(recipe)
    recipe = dataclasses.replace(recipe, encoder=encoder, objectives=dataclasses.replace(recipe.objectives, dial=None))
    if rate:
        recipe = dataclasses.replace(recipe, train=dataclasses.replace(recipe.train, learning_rate=rate))
    run, _ = trained(recipe, folder)
    found = figures(run.assistant, recipe, "dev", examples)
    return np.array([[row["loss"] for row in found.values()]])


def spearman(values: Table) -> float:
    """Rank correlation of values with their order."""
    ranks = np.argsort(np.argsort(values))
    return float(np.corrcoef(np.arange(len(values)), ranks)[0, 1])


def followed(front: Table) -> list[float]:
    """Spearman of each objective's gain with its share: the grid runs from none of the first objective to all of it."""
    return [spearman(-front[:, 0]), spearman(front[:, 1])]


def volumes(front: Table, points: Table) -> tuple[float, float]:
    """Under the dial's front and under the sweep's points, on the sweep's scale."""
    low, high = points.min(0), points.max(0)
    both = (hypervolume(normalised(each, low, high), [REFERENCE, REFERENCE]) for each in (front, points))
    return next(both), next(both)


def drawn(folder: Path, name: str) -> None:
    """Print what replies are like along the dial."""
    chat, judge = Chat(folder, safe=True), Chat(safe=True)
    print(f"\nreplies along the dial, {DRAWS} to each of {len(PROMPTS)} prompts; warmth by the shipped sentiment head")
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        texts = [
            chat.ask(prompt, heads=["generation"], dial={name: share}, candidates=1, seed=seed, max_tokens=MOST).reply
            for prompt in PROMPTS
            for seed in range(DRAWS)
        ]
        head = judge.assistant.heads["sentiment"]
        records = [{"text": text or "."} for text in texts]
        answers = head.answer(judge.assistant.encode_records(head, records), records)
        warm = [a.blocks[0].probabilities for a in answers]
        warmth = statistics.fmean(p["positive"] - p["negative"] for p in warm)
        words = statistics.fmean(len(text.split()) for text in texts)
        print(f"  {name} {share:4.2f}: {words:5.1f} words, warmth {warmth:+.2f}   e.g. {texts[0]!r}, {texts[5]!r}")


def timed(folder: Path) -> None:
    """Print the time of a merge, and until the next reply can start after a long conversation."""
    assistant = Assistant.load(folder, Registry(safe=True).load)
    dial = assistant.dial
    assert dial is not None
    base, merges, starts = copy_base(assistant.backbone), [], []
    tuned = Tuned(assistant)
    turn = {"speaker": "user", "text": "and then we went home and had something to eat and it was rather nice"}
    count = len(assistant.tokenizer.encode(turn["text"])) + 2
    history = [{**turn, "speaker": ("user", "assistant")[i % 2]} for i in range(PIECES // count + 1)]
    for i in range(21):
        share = (i % 11) / 10
        point = dict.fromkeys(dial.objectives, 0.0) | {dial.objectives[0]: 1 - share, dial.objectives[1]: share}
        begin = time.process_time()
        dial.merge(assistant.backbone, base, point)
        merges.append(time.process_time() - begin)
        begin = time.process_time()
        tuned.set(point)
        tuned.running.advance(history)
        starts.append(time.process_time() - begin)
    merge, start = 1000 * statistics.median(merges), 1000 * statistics.median(starts)
    said = f"a conversation of about {count * len(history):,} pieces"
    print(
        f"\nCPU time, one thread: merge {merge:.2f} ms (target 10); from moving the dial until the next reply can start"
    )
    print(f"in {said}: {start:.0f} ms (target 300)")


def main() -> None:
    """Run it all and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="what docs/dial/prepare.py made")
    parser.add_argument("pair", choices=["brevity", "warmth"])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--model", type=Path, help="a finished assistant to make the dial for")
    parser.add_argument("--share", type=float, default=0.22, help="of the steps of the seven runs together")
    given = parser.parse_args()
    torch.set_num_threads(1)
    recipe, of_dial, rates, plain_rate = configs(given)
    assert recipe.sweep is not None
    folder = given.work / f"sweep-{given.pair}"
    runs = swept(recipe, folder)
    steps, pieces = round(given.share * 7 * recipe.train.steps), folder / "tokenizer.model"
    examples = recipe.sweep.examples

    best: tuple[float, float] | None = None
    kept: dict[int, tuple[Run, float, Table]] = {}
    for rate in rates:
        own = dial_recipe(of_dial, recipe.seed, rate, steps, pieces)
        run, spent = trained(own, given.work / f"dial-{given.pair}-rate{rate}")
        front = front_of(run, own, examples)
        points = losses(runs[recipe.seed])
        volume = volumes(front, points)[0]
        print(f"dial, rate {rate}: volume {volume:.4f}", flush=True)
        if best is None or volume > best[0]:
            best, kept[recipe.seed] = (volume, rate), (run, spent, front)
    assert best is not None
    ratios, plain_ratios, orders, shares = [], [], [], []
    for seed, row in sorted(runs.items()):
        if seed not in kept:
            own = dial_recipe(of_dial, seed, best[1], steps, pieces)
            run, spent = trained(own, given.work / f"dial-{given.pair}-seed{seed}")
            kept[seed] = run, spent, front_of(run, own, examples)
        _, spent, front = kept[seed]
        points = losses(row)
        ours, theirs = volumes(front, points)
        alone = dial_recipe(of_dial, seed, best[1], steps, pieces)
        long = plain_sum(alone, given.work / f"plain-{given.pair}-seed{seed}", examples, plain_rate)
        plain_ratios.append(volumes(long, points)[0] / theirs)
        sweep_cpu = sum(r.data["cpu_seconds_per_step"] * r.data["steps"] for r in row.values())
        order = followed(front)
        ratios.append(ours / theirs)
        orders += order
        shares.append(spent / sweep_cpu)
        span = (points.max(0) - points.min(0)).round(3).tolist()
        print(
            f"seed {seed}: volume {ours:.4f} against {theirs:.4f} ({ours / theirs:.3f}x), CPU {spent:.0f} s against "
            f"{sweep_cpu:.0f} s ({spent / sweep_cpu:.2f}x), Spearman {order[0]:+.3f} {order[1]:+.3f}, the sweep spans "
            f"{span} nats, the dial {(front.max(0) - front.min(0)).round(3).tolist()}; one plain sum of as many steps "
            f"{plain_ratios[-1]:.3f}x",
            flush=True,
        )
    print(
        f"\n{given.pair}: volume {statistics.fmean(ratios):.3f}x the sweep's ({min(ratios):.3f} to {max(ratios):.3f}; "
        f"target 0.97) at {statistics.fmean(shares):.2f}x its CPU time (target 0.25); Spearman at least "
        f"{min(orders):+.3f} (target 0.95); {steps} steps, rate {best[1]}; one plain sum of as many steps "
        f"{statistics.fmean(plain_ratios):.3f}x"
    )
    first = kept[recipe.seed][0]
    print(f"offered: {first.assistant.report['dial']['why']}")
    drawn(first.folder, given.pair)
    timed(first.folder)


def losses(row: dict[str, Result]) -> Table:
    """Dev losses (7, 2) of a seed's runs."""
    return np.array([list(result.losses().values()) for result in row.values()])


if __name__ == "__main__":
    main()
