"""Kinds of encoder beside each other: python tests/benchmarks/encoders.py [CPU_SECONDS] [--config FILE] [--json FILE]
                                     python tests/benchmarks/encoders.py --generation

All are trained by the same config (``corpora:english.toml`` by default) for the same CPU time, at a learning rate each
that is the best of ``RATES`` on dev after a third of the time; one thread; nothing is chosen on test. Then: metrics of
each head on dev, tokens/s in training, generation after 100 and after 10,000 pieces of conversation (interleaved in one
run: the ratio counts), and bytes of the state that is carried along. With ``--generation`` only what a piece costs at
either length, of untrained encoders, which cost the same: the best of many short rounds, and the median of the ratios
of neighbouring rounds, in which other work on the machine counts least.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"

import torch

from chatkit.nn.encoder import State
from chatkit.nn.step import Stepper
from chatkit.training.progress import Progress
from chatkit.training.recipe import load_recipe
from chatkit.training.run import Run

RATES = (1e-3, 3e-3)
SHAPES: dict[str, tuple[str, ...]] = {
    "lstm": ("encoder.hidden=256",),
    "gru": ("encoder.hidden=288",),
    "lstm_attention": ("encoder.hidden=224", "encoder.options={heads = 4, window = 256}"),
    "transformer": ("encoder.hidden=128", "encoder.layers=2", "encoder.options={heads = 4, window = 256}"),
}  # about as many weights beside the embedding
COMMON = ("tokenizer.vocab_size=2000", "encoder.embedding=128", "train.threads=1", "train.evaluate=1")


def train(kind: str, config: str, rate: float, seconds: float, folder: Path) -> tuple[Run, float]:
    """Train for so many CPU seconds; the run and its tokens/s of CPU."""
    keys = (*COMMON, *SHAPES[kind], f"encoder.kind={kind}", f"train.learning_rate={rate}", "train.steps=1000000")
    run = Run(load_recipe(config, keys), folder, Progress(quiet=True), device="cpu")
    run.start()
    torch.set_num_threads(1)
    tokens, start, trainer = 0, time.process_time(), run.trainer
    while (spent := time.process_time() - start) < seconds:
        trainer.seconds, trainer._limit = spent, seconds  # the schedule follows CPU time
        tokens += trainer.train_step().tokens
    run.assistant.eval()
    return run, tokens / (time.process_time() - start)


def figures(run: Run) -> dict[str, float]:
    return {f"{head} {name}": m.value for head, row in run.evaluate().items() for name, m in row.items()}


def choose(kind: str, config: str, seconds: float, folder: Path) -> float:
    """The learning rate with the fewest bits per byte on dev."""
    scores = {}
    for rate in RATES:
        run, _ = train(kind, config, rate, seconds, folder / f"{kind}-{rate}")
        scores[rate] = figures(run)["generation bits_per_byte"]
    return min(scores, key=lambda rate: scores[rate])


def after(run: Run, length: int) -> State:
    """The state after so many pieces of conversation."""
    encoder = run.assistant.backbone.encoder
    ids = torch.randint(300, len(run.assistant.tokenizer), (1, length), generator=torch.Generator().manual_seed(0))
    state: State | None = None
    with torch.inference_mode():
        for part in ids.split(256, 1):
            _, state = encoder(part, state)
    assert state is not None
    return state


def rounds_of(run: Run, lengths: tuple[int, ...], rounds: int, tokens: int) -> dict[int, list[float]]:
    """CPU seconds of a token after each length, in interleaved rounds."""
    stepper, states = Stepper(run.assistant.backbone), {n: after(run, n) for n in lengths}
    times: dict[int, list[float]] = {n: [] for n in lengths}
    with torch.inference_mode():
        for _ in range(rounds):
            for n in lengths:
                state, begun = states[n], time.process_time()
                for i in range(tokens):
                    hidden, state = stepper.step(torch.tensor([300 + i]), state)
                    stepper.logits(hidden)
                times[n].append((time.process_time() - begun) / tokens)
    return times


def generation(run: Run, lengths: tuple[int, ...], rounds: int = 9, tokens: int = 50) -> dict[int, float]:
    """Tokens/s of CPU after each length, medians of the rounds."""
    return {n: 1 / statistics.median(row) for n, row in rounds_of(run, lengths, rounds, tokens).items()}


def measure(kind: str, config: str, seconds: float, folder: Path) -> dict[str, Any]:
    rate = choose(kind, config, seconds / 3, folder)
    run, speed = train(kind, config, rate, seconds, folder / kind)
    rates = generation(run, (100, 10_000))
    row: dict[str, Any] = {"weights": sum(p.numel() for p in run.assistant.backbone.parameters()), "rate": rate}
    row |= {"steps": run.trainer.step, **figures(run), "training tokens/s": speed}
    row |= {f"generation tokens/s at {n}": value for n, value in rates.items()}
    row["cost per token, 10,000 / 100"] = rates[100] / rates[10_000]
    for n in (10, 100, 1000, 10_000):
        row[f"state bytes at {n}"] = sum(part.numel() * part.element_size() for part in after(run, n))
    return row


def costs(kind: str, config: str, folder: Path, rounds: int = 200) -> dict[str, Any]:
    """What a piece costs after 100 and 10,000 pieces of conversation, and the median of the ratios; untrained."""
    run = Run(load_recipe(config, (*COMMON, *SHAPES[kind], f"encoder.kind={kind}")), folder, Progress(quiet=True))
    run.start()
    torch.set_num_threads(1)
    run.assistant.eval()
    short, long = rounds_of(run, (100, 10_000), rounds, tokens=10).values()
    return {
        "us of CPU a piece at 100": 1e6 * min(short),
        "us of CPU a piece at 10,000": 1e6 * min(long),
        "cost of a piece, 10,000 / 100": statistics.median(b / a for a, b in zip(short, long, strict=True)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seconds", nargs="?", type=float, default=120.0, help="CPU seconds of training a kind")
    parser.add_argument("--config", default="corpora:english.toml")
    parser.add_argument("--kinds", nargs="*", default=list(SHAPES))
    parser.add_argument("--generation", action="store_true", help="only the cost of a piece, without training")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    table: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind in given.kinds:
            if given.generation:
                table[kind] = costs(kind, given.config, Path(folder) / kind)
            else:
                table[kind] = measure(kind, given.config, given.seconds, Path(folder))
            if given.json:
                given.json.write_text(json.dumps(table, indent=1), encoding="utf-8")
    print("| | " + " | ".join(table) + " |\n|---|" + "---:|" * len(table))
    for key in next(iter(table.values())):
        print(
            f"| {key} | "
            + " | ".join(f"{row[key]:,.4g}" if row[key] < 1000 else f"{row[key]:,.0f}" for row in table.values())
            + " |"
        )


if __name__ == "__main__":
    main()
