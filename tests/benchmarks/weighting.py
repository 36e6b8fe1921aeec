"""Prints what a step with rows, weighting and conflict costs against one summed backward, interleaved in one process::

python tests/benchmarks/weighting.py --rounds 15 --threads 1

Three heads of unlike shape with a batch each on one encoder: a language model, a classifier, a ranker. Each round takes
one step of every kind in an order that changes, so that whatever else the machine does hits all alike; printed are the
medians of the ratios within a round, in wall-clock and CPU time. A step is forward, backward, clipping and AdamW.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from chatkit.nn.encoder import EncoderConfig, make_encoder
from chatkit.nn.vocabulary import Backbone
from chatkit.objectives.weighting import available, make_weighting
from chatkit.training.allocator import keep_freed_memory
from chatkit.training.shared_gradients import SharedGradients, backward_of

NAMES = ("generation", "sentiment", "retrieval")
SUMMED = "one summed backward"


class Model:
    """The encoder, three heads and a batch of each."""

    def __init__(self, config: EncoderConfig, vocab_size: int) -> None:
        torch.manual_seed(0)
        self.backbone = Backbone(make_encoder(config, vocab_size))
        self.mood, self.rank = nn.Linear(config.hidden, 3), nn.Linear(config.hidden, config.embedding)
        self.lm_ids = torch.randint(vocab_size, (16, 65))
        self.mood_ids, self.labels = torch.randint(vocab_size, (16, 32)), torch.randint(3, (16,))
        self.queries, self.passages = torch.randint(vocab_size, (16, 12)), torch.randint(vocab_size, (16, 64))

    def loss(self, name: str) -> Tensor:
        """Mean loss of one head on its batch."""
        encoder = self.backbone.encoder
        if name == "generation":
            states, targets = encoder(self.lm_ids[:, :-1])[0].flatten(0, 1), self.lm_ids[:, 1:].flatten()
            return self.backbone.softmax.cross_entropy(states, targets) / len(targets)
        if name == "sentiment":
            return nn.functional.cross_entropy(self.mood(encoder(self.mood_ids)[0][:, -1]), self.labels)
        query, passage = (self.rank(encoder(ids)[0].mean(1)) for ids in (self.queries, self.passages))
        return nn.functional.cross_entropy(query @ passage.T, torch.arange(len(query)))


def make_step(config: EncoderConfig, vocab_size: int, method: str | None, every: int, noise: int) -> Callable[[], None]:
    """A step of a model of its own: summed without ``method``, else by it, conflict measured in every n-th step."""
    model = Model(config, vocab_size)
    shared = list(model.backbone.parameters())
    own = {"generation": [], "sentiment": list(model.mood.parameters()), "retrieval": list(model.rank.parameters())}
    everything = [*shared, *own["sentiment"], *own["retrieval"]]
    optimiser = torch.optim.AdamW(everything, lr=1e-3, fused=True)
    gradients = SharedGradients(
        shared, own, make_weighting(method or "static", NAMES), conflict_every=every, noise_every=noise
    )

    def step() -> None:
        optimiser.zero_grad(set_to_none=True)
        if method is None:
            torch.stack([model.loss(name) for name in NAMES]).sum().backward()
        else:
            gradients.begin(NAMES)
            losses = {}
            for name in NAMES:
                loss = model.loss(name)
                gradients.backward(name, loss)
                gradients.probe(name, backward_of(lambda name=name: model.loss(name)))
                losses[name] = float(loss.detach())
            gradients.combine(losses)
        nn.utils.clip_grad_norm_(everything, 1.0)
        optimiser.step()
        if method is not None:
            gradients.finish(losses)

    return step


def main() -> None:
    """Print one line for each kind of step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--vocab-size", type=int, default=8000)
    parser.add_argument("--embedding", type=int, default=256)
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--methods", nargs="+", default=available())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    keep_freed_memory()
    config = EncoderConfig(embedding=arguments.embedding, hidden=arguments.hidden, dropout=0.1)

    def kind(method: str | None, every: int = 0, noise: int = 0) -> Callable[[], None]:
        return make_step(config, arguments.vocab_size, method, every, noise)

    steps = {SUMMED: kind(None), "plain sum, a backward each": kind("static")}
    steps["plain sum, conflict every 20th step (default)"] = kind("static", 20, 10)
    for method in arguments.methods:
        steps[f"{method} + conflict in every step"] = kind(method, 1)
    wall: dict[str, list[float]] = {name: [] for name in steps}
    cpu: dict[str, list[float]] = {name: [] for name in steps}
    order = list(steps)
    for round_index in range(arguments.rounds + 1):
        random.Random(round_index).shuffle(order)
        for name in order:
            start, start_cpu = time.perf_counter(), time.process_time()
            steps[name]()
            if round_index:  # the first round allocates
                wall[name].append(time.perf_counter() - start)
                cpu[name].append(time.process_time() - start_cpu)
    parameters = sum(p.numel() for p in Model(config, arguments.vocab_size).backbone.parameters())
    rows = (len(NAMES) + 1) * 4 * parameters
    print(f"{parameters / 1e6:.2f} M shared parameters, rows and update {rows / 2**20:.0f} MiB")
    print(f"{SUMMED}: {1e3 * statistics.median(wall[SUMMED]):.0f} ms")
    for name in list(steps)[1:]:
        ratios = [
            statistics.median(a / b for a, b in zip(times[name], times[SUMMED], strict=True)) for times in (wall, cpu)
        ]
        print(f"{name:48} {ratios[0]:.3f}x wall {ratios[1]:.3f}x CPU")


if __name__ == "__main__":
    main()
