"""A ranker: two fields in two views, in-batch negatives, vectors, and a stream that searches."""

import torch
from torch import nn

from chatkit.plugin_api import Answer, Head, Loss, Ranking, Text, mean_pool


class Finder(Head):
    name = "finder"
    fields = ("query", "doc")
    couples_batch = True
    reader = "retrieval"
    examples = (
        {"query": "capital of france", "doc": "paris is the capital"},
        {"query": "boil an egg", "doc": "cook it for ten minutes"},
    )

    def build(self, info, vocabulary, **options):
        self.project = nn.Linear(info.width, int(options.get("dim", 16)))
        self.scale = nn.Parameter(torch.tensor(8.0))

    def view_of(self, field, record):
        return "document" if field == "doc" else "message"

    def vector(self, encoded, field):
        return nn.functional.normalize(self.project(mean_pool(encoded.states, encoded.mask)), dim=-1)

    def scores(self, encoded):
        return self.vector(encoded["query"], "query") @ self.vector(encoded["doc"], "doc").T

    def loss(self, encoded, examples):
        gold = torch.arange(len(examples))
        return Loss(nn.functional.cross_entropy(self.scale * self.scores(encoded), gold, reduction="sum"), len(gold))

    def answer(self, encoded, examples):
        return [Answer(Text(f"{score:.4f}")) for score in self.scores(encoded).diagonal().tolist()]

    def stream(self, ask):
        vector = self.vector(ask.encode(view="message"), "query")[0]
        yield Answer(Ranking(ask.search(vector, ask.text, 2)))
