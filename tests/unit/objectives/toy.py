"""A language model with two contradicting next-token rules: its front is known exactly.

Rule A and rule B each give a distribution of the next token; they never agree on it. The best model for the weighted
sum of both cross-entropies mixes them by its weights, so every point of the front has a closed form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from chatkit.nn.encoder import EncoderConfig, make_encoder
from chatkit.nn.vocabulary import Backbone
from chatkit.objectives.weighting import make_weighting
from chatkit.training.shared_gradients import SharedGradients, backward_of

TOKENS, NOISE = 6, 0.1
RULES = ("a", "b")


def targets() -> dict[str, Tensor]:
    """The distribution of the next token after each token, (V, V), of each rule."""
    follow = {"a": [(x + 1) % TOKENS for x in range(TOKENS)], "b": [(x + 3) % TOKENS for x in range(TOKENS)]}
    return {r: (1 - NOISE) * torch.eye(TOKENS)[follow[r]] + NOISE / TOKENS for r in RULES}


def true_front(share: float) -> tuple[float, float]:
    """Cross-entropies (a, b) in nats of the best model for weights ``share`` and 1 - ``share``."""
    rule = targets()
    log_mixed = (share * rule["a"] + (1 - share) * rule["b"]).double().log()
    a, b = (float(-(rule[r].double() * log_mixed).sum(1).mean()) for r in RULES)
    return a, b


def behind_front(losses: Mapping[str, float]) -> float:
    """How far losses lie behind the front, in nats of the weighted sum at the worst weighting."""
    shares = [i / 50 for i in range(51)]
    gaps = []
    for share in shares:
        a, b = true_front(share)
        gaps.append(share * (losses["a"] - a) + (1 - share) * (losses["b"] - b))
    return min(gaps)


class Toy:
    """The model, its optimiser and the weighting, trained on every context at once: nothing is drawn."""

    def __init__(
        self,
        weighting: str = "static",
        by_hand: Mapping[str, float] | None = None,
        scales: Mapping[str, float] | None = None,
        rate: float = 0.02,
        every: int = 0,
        **options: Any,
    ) -> None:
        torch.manual_seed(5)
        self.backbone = Backbone(make_encoder(EncoderConfig(embedding=8, hidden=16, dropout=0.0), TOKENS))
        self.parameters = list(self.backbone.parameters())
        if "rate_" in options:  # of the method, where it has the name of the optimiser's
            options["rate"] = options.pop("rate_")
        method = make_weighting(weighting, RULES, by_hand, 5, **options)
        self.shared = SharedGradients(
            self.parameters, {rule: [] for rule in RULES}, method, conflict_every=every, noise_every=1
        )
        self.optimiser = torch.optim.Adam(self.parameters, lr=rate)
        self._rate = rate
        self._scales, self._targets = scales or {}, targets()
        pairs = torch.cartesian_prod(torch.arange(TOKENS), torch.arange(TOKENS))
        self._ids = pairs  # every context of two tokens

    def loss(self, rule: str) -> Tensor:
        """Cross-entropy under one rule, nats, times its scale."""
        return self._cross_entropy(self.backbone, rule) * self._scales.get(rule, 1.0)

    def _cross_entropy(self, backbone: Backbone, rule: str) -> Tensor:
        states, _ = backbone.encoder(self._ids)
        log_p = backbone.softmax(states).log_softmax(-1)
        return -(self._targets[rule][self._ids].to(log_p.dtype) * log_p).sum(-1).mean()

    def train(self, steps: int, *, decay: bool = False) -> Toy:
        """Steps as the trainer takes them, at a constant rate or one that falls to 0."""
        for step in range(steps):
            for group in self.optimiser.param_groups:
                group["lr"] = self._rate * ((1 - step / steps) if decay else 1)
            self.optimiser.zero_grad(set_to_none=True)
            self.shared.begin(RULES)
            losses = {}
            for rule in RULES:
                loss = self.loss(rule)
                self.shared.backward(rule, loss)
                self.shared.probe(rule, backward_of(lambda rule=rule: self.loss(rule)))
                losses[rule] = float(loss.detach())
            self.shared.combine(losses)
            self.optimiser.step()
            self.reading = self.shared.finish(losses)
        return self

    def losses(self) -> dict[str, float]:
        """Cross-entropies in nats, without scale; in float64, so that the change of a small step is more than noise."""
        wide = Backbone(make_encoder(self.backbone.encoder.config, TOKENS)).double()
        wide.load_state_dict(self.backbone.state_dict())
        with torch.no_grad():
            return {rule: float(self._cross_entropy(wide, rule)) for rule in RULES}
