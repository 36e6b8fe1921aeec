"""What all speed benchmarks share: peers side by side in one run, interleaved, with medians, spread and the machine.

A peer does a fixed amount of work each time it is called. In every round all peers are called once, in an order that
changes, so that whatever else the machine does hits all of them alike; ratios are taken within a round.
"""

from __future__ import annotations

import dataclasses
import os
import platform
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

Clock = Literal["cpu", "wall"]


@dataclasses.dataclass(frozen=True)
class Target:
    """A figure that was to be reached.

    Args:
        what: Its name, in words.
        got: What was measured.
        wanted: The bound.
        at_most: Whether it is an upper bound.
        why: What explains a miss.
    """

    what: str
    got: float
    wanted: float
    at_most: bool = False
    why: str = ""

    @property
    def met(self) -> bool:
        """Whether it was reached."""
        return self.got <= self.wanted if self.at_most else self.got >= self.wanted


@dataclasses.dataclass
class Result:
    """What one benchmark found.

    Args:
        name: The benchmark.
        unit: What is counted per second.
        clock: CPU time of the process (one thread: what other work takes from the core does not count) or wall time.
        reference: The peer that ratios are taken to.
        rates: peer -> units per second in each round.
        facts: Further figures.
        targets: What was to be reached.
    """

    name: str
    unit: str
    clock: Clock
    reference: str
    rates: dict[str, list[float]]
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)
    targets: list[Target] = dataclasses.field(default_factory=list)

    def ratio(self, peer: str, to: str | None = None) -> float:
        """Median over rounds of a peer's rate by that of another (of the reference by default)."""
        return statistics.median(self.ratios(peer, to))

    def ratios(self, peer: str, to: str | None = None) -> list[float]:
        """The same of each round, sorted."""
        return sorted(a / b for a, b in zip(self.rates[peer], self.rates[to or self.reference], strict=True))

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        peers = {
            peer: {
                "median": statistics.median(rates),
                "least": min(rates),
                "most": max(rates),
                "rounds": len(rates),
                "ratio": self.ratio(peer),
                "ratio_least": self.ratios(peer)[0],
                "ratio_most": self.ratios(peer)[-1],
            }
            for peer, rates in self.rates.items()
        }
        targets = [{**dataclasses.asdict(target), "met": target.met} for target in self.targets]
        head = {"unit": self.unit, "clock": self.clock, "reference": self.reference}
        return {**head, "peers": peers, "facts": self.facts, "targets": targets}


def interleaved(
    peers: Mapping[str, Callable[[], object]], work: float, *, rounds: int, clock: Clock
) -> dict[str, list[float]]:
    """Rates of each peer, one a round; a first round warms up and is not counted.

    Args:
        peers: name -> does the work once.
        work: Units of work in a call.
        rounds: How often each is called.
        clock: CPU time of this process, or wall time.
    """
    now = time.process_time if clock == "cpu" else time.perf_counter
    rates: dict[str, list[float]] = {name: [] for name in peers}
    order = list(peers)
    for number in range(rounds + 1):
        random.Random(number).shuffle(order)
        for name in order:
            start = now()
            peers[name]()
            if number:
                rates[name].append(work / max(now() - start, 1e-9))
    return rates


def machine() -> dict[str, Any]:
    """The machine and what it runs."""
    import torch

    cpu = platform.processor()
    info = Path("/proc/cpuinfo")
    flags: set[str] = set()
    if info.exists():
        for line in info.read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                cpu = value.strip()
            elif key.strip() == "flags":
                flags = set(value.split())
    kinds = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16")
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "instructions": [kind for kind in kinds if kind in flags],
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "system": platform.system(),
    }


def markdown(results: Sequence[Result], described: Mapping[str, Any]) -> str:
    """The results as Markdown: the targets first, then each benchmark's peers."""
    lines = [
        f"Machine: {described['cpu']}, {described['cores']} cores, {' '.join(described['instructions'])}; "
        f"torch {described['torch']}; load {described['load']} when the run began.",
        "",
        "| what | measured | target | |",
        "|---|---:|---:|---|",
    ]
    for target in (t for result in results for t in result.targets):
        verdict = "met" if target.met else f"missed{': ' + target.why if target.why else ''}"
        lines.append(
            f"| {target.what} | {target.got:.3g} | {'≤' if target.at_most else '≥'} {target.wanted:g} | {verdict} |"
        )
    for result in results:
        lines += ["", f"### {result.name}", ""]
        if result.rates:
            seconds = "CPU second" if result.clock == "cpu" else "second"
            lines += [
                f"| peer | {result.unit} a {seconds} | least to most | against {result.reference} |",
                "|---|---:|---:|---:|",
            ]
            for peer, row in result.as_json()["peers"].items():
                spread = f"{row['least']:,.4g} to {row['most']:,.4g}"
                ratio = f"{row['ratio']:.2f}x ({row['ratio_least']:.2f} to {row['ratio_most']:.2f})"
                lines.append(f"| {peer} | {row['median']:,.4g} | {spread} | {ratio} |")
        if result.facts:
            lines += ["", *(f"- {key}: {_shown(value)}" for key, value in result.facts.items())]
    return "\n".join(lines) + "\n"


def _shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
