"""A classifier written out, with data of its own, metrics and two blocks in its answers."""

import torch
from torch import nn

from chatkit.plugin_api import Answer, AttentionPooling, Bars, Head, Loss, Metric, Text, activation, max_pool, mean_pool


class Topic(Head):
    name = "topic"
    api = 1
    view = "document"
    examples = (
        {"text": "the match ended two to one", "label": "sport"},
        {"text": "rates were raised by the bank", "label": "money"},
        {"text": "the team won the cup", "label": "sport"},
    )

    @staticmethod
    def read(path, split):
        for line in path.read_text(encoding="utf-8").splitlines():
            label, _, text = line.partition("|")
            yield {"text": text, "label": label}

    def build(self, info, vocabulary, *, hidden=16, **options):
        self.topics = info.labels
        self.pooling = AttentionPooling(info.width)
        self.layers = nn.Sequential(
            nn.Linear(3 * info.width, hidden), activation("relu"), nn.Linear(hidden, len(self.topics))
        )

    def logits(self, encoded):
        text = encoded["text"]
        pooled = [pool(text.states, text.mask) for pool in (self.pooling, mean_pool, max_pool)]
        return self.layers(torch.cat(pooled, -1))

    def loss(self, encoded, examples):
        gold = torch.tensor([self.topics.index(example["label"]) for example in examples])
        return Loss(nn.functional.cross_entropy(self.logits(encoded), gold, reduction="sum"), len(examples))

    def answer(self, encoded, examples):
        rows = self.logits(encoded).softmax(-1).tolist()
        bars = [Bars(dict(zip(self.topics, row, strict=True))) for row in rows]
        return [Answer(bar, Text(f"about {bar.label}")) for bar in bars]

    def measure(self, encoded, examples):
        best = self.logits(encoded).argmax(-1).tolist()
        right = sum(self.topics[i] == example["label"] for i, example in zip(best, examples, strict=True))
        loss = self.loss(encoded, examples)
        return {"nats": float(loss.total), "count": float(loss.count), "right": float(right)}

    def summarise(self, sums):
        return {
            "loss": Metric(sums["nats"] / sums["count"], "lower"),
            "accuracy": Metric(sums["right"] / sums["count"], "higher"),
        }
