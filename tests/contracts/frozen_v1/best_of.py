"""A language model that samples several replies along branches and keeps the likeliest."""

import torch
from torch import nn

from chatkit.plugin_api import Answer, Head, Loss, Markdown, Metric, Piece, Sampling, bits_per_byte, choose


class BestOf(Head):
    name = "best_of"
    view = "conversation"
    reader = "dialogue"
    needs = frozenset({"causal"})
    examples = (
        {"turns": [{"speaker": "user", "text": "hello"}, {"speaker": "assistant", "text": "hi, how are you?"}]},
        {"turns": [{"speaker": "user", "text": "a table"}, {"speaker": "assistant", "text": "for two or three?"}]},
    )

    def build(self, info, vocabulary, **options):
        self.vocabulary = vocabulary
        self.shift = nn.Parameter(torch.zeros(info.width))

    def loss(self, encoded, examples):
        text = encoded["text"]
        known = text.next_ids >= 0
        hidden = text.states[known] + self.shift
        return Loss(self.vocabulary.cross_entropy(hidden, text.next_ids[known]), int(known.sum()))

    def answer(self, encoded, examples):
        best = self.vocabulary.logits(encoded["text"].final + self.shift).argmax(-1)
        return [Answer(Markdown(self.vocabulary.decode([index]))) for index in best.tolist()]

    def measure(self, encoded, examples):
        loss = self.loss(encoded, examples)
        targets = encoded["text"].next_ids
        return {"nats": float(loss.total), "bytes": float(self.vocabulary.num_bytes(targets[targets >= 0]))}

    def summarise(self, sums):
        return {"bits_per_byte": Metric(bits_per_byte(sums["nats"], int(sums["bytes"])), "lower")}

    def stream(self, ask):
        found = []
        for _ in range(2):
            branch, ids, nats = ask.branch(), [], 0.0
            hidden = branch.hidden
            while len(ids) < 6 and not ask.cancelled:
                logits = self.vocabulary.logits(hidden + self.shift)[0]
                ids.append(choose(logits, Sampling(temperature=0.9), generator=ask.generator, recent=ids))
                nats -= float(logits.log_softmax(-1)[ids[-1]])
                hidden = branch.step(ids[-1])
            found.append((nats, ids))
        decoder = self.vocabulary.decoder()
        for index in min(found)[1]:
            if ask.cancelled:
                return
            yield Piece(decoder.push(index))
        yield Piece(decoder.flush())
