"""Retrieval ranking: vectors of queries and passages from the shared encoder."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from chatkit.plugin_api import (
    Answer,
    Ask,
    Encoded,
    Fields,
    Head,
    Info,
    Loss,
    Metric,
    Piece,
    Ranking,
    Record,
    Text,
    Vocabulary,
    max_pool,
    mean_pool,
)
from chatkit_retrieval.bag import Bag
from chatkit_retrieval.showing import is_shown, looked_for


class Retrieval(Head):
    """Bi-encoder trained with in-batch negatives (Henderson et al. 2017; Karpukhin et al. 2020).

    The vector of a text is a projection of the mean and the largest of its hidden states and of its bag of embeddings,
    scaled to length 1; queries and passages share the projection. Where the head has a filled bag of pieces, the cosine
    is (1 - share) times that of these vectors and share times that of the bags. B = batch, K = width of the vector
    """

    name = "retrieval"
    fields = ("query", "doc")
    couples_batch = True
    reader = "retrieval"
    objectives = MappingProxyType(
        {
            "relevance": "closer to your message: cosine",
            "grounding": "closer to the passages found: cosine",
        }
    )
    examples = (
        {"query": "how do I boil an egg?", "doc": "Put the egg in boiling water and wait eight minutes."},
        {"query": "what is the capital of France?", "doc": "Paris is the capital and largest city of France."},
        {"query": "when does the train leave?", "doc": "Trains to the coast leave every hour from platform two."},
    )

    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        """Make the layers.

        Args:
            info: Width of the encoder.
            vocabulary: Its embeddings are pooled beside the hidden states.
            **options: ``dim`` (width of the vector, 256), ``k`` (passages shown, 3), ``bag`` (0; width of vectors of
                pieces beside it, which ``Bag.fill`` fills), ``bag_share`` (0.5; of the cosine).
        Raises:
            ValueError: If ``bag_share`` does not lie in 0..1.
        """
        self.vocabulary = vocabulary
        self.k = int(options.get("k", 3))
        dim = int(options.get("dim", 256))
        embedding = vocabulary.width
        self.project = nn.Linear(2 * info.width + embedding, dim)
        self.token_weight = nn.Parameter(torch.zeros(len(vocabulary)))  # learned importance of each piece
        self.log_scale = nn.Parameter(torch.tensor(2.5))  # inverse temperature of the softmax over the batch
        bag, self.bag_share = int(options.get("bag", 0)), float(options.get("bag_share", 0.5))
        if not 0 <= self.bag_share <= 1:
            raise ValueError(f"bag_share must lie in 0..1, got {self.bag_share:g}")
        self.bag = Bag(len(vocabulary), bag) if bag else None

    def view_of(self, field: str, record: Record) -> str:
        """Queries are messages, passages are documents."""
        return "document" if field == "doc" else "message"

    def vector(self, encoded: Encoded, field: str) -> Tensor:
        """Unit vectors (B, K)."""
        deep = self.deep_vector(encoded)
        if self.bag is None or self.bag.is_empty:
            return deep
        bag = self.bag(encoded.ids, encoded.mask)
        return torch.cat((deep * math.sqrt(1 - self.bag_share), bag * math.sqrt(self.bag_share)), -1)

    def deep_vector(self, encoded: Encoded) -> Tensor:
        """Unit vectors (B, dim) from the hidden states, which is what is trained."""
        mask = encoded.mask
        scores = self.token_weight[encoded.ids].masked_fill(~mask, torch.finfo(torch.float32).min)
        bag = torch.einsum("bte,bt->be", self.vocabulary.embed(encoded.ids), scores.softmax(-1))
        pooled = torch.cat((mean_pool(encoded.states, mask), max_pool(encoded.states, mask), bag), -1)
        return nn.functional.normalize(self.project(pooled), dim=-1)

    def loss(self, encoded: Fields, examples: Sequence[Record]) -> Loss:
        """Cross-entropy of each query's own passage among all passages of the batch, nats per query.

        A passage that is also right for another query of the batch (equal text) is no negative for it.
        """
        scores = self.deep_vector(encoded["query"]) @ self.deep_vector(encoded["doc"]).T
        scores = scores * self.log_scale.clamp(max=4.6).exp()
        docs = [example["doc"] for example in examples]
        twin = torch.tensor([[i != j and a == b for j, b in enumerate(docs)] for i, a in enumerate(docs)])
        scores = scores.masked_fill(twin.to(scores.device), torch.finfo(scores.dtype).min)
        targets = torch.arange(len(examples), device=scores.device)
        return Loss(nn.functional.cross_entropy(scores, targets, reduction="sum"), len(examples))

    def answer(self, encoded: Fields, examples: Sequence[Record]) -> list[Answer]:
        """Cosine of each query and its passage."""
        cosines = (self.vector(encoded["query"], "query") * self.vector(encoded["doc"], "doc")).sum(-1)
        return [Answer(Text(f"{cosine:.4f}")) for cosine in cosines.tolist()]

    def measure(self, encoded: Fields, examples: Sequence[Record]) -> dict[str, float]:
        """Summed nats, queries, and how often a query's own passage came first in its batch."""
        scores = self.vector(encoded["query"], "query") @ self.vector(encoded["doc"], "doc").T
        loss = self.loss(encoded, examples)
        first = scores.argmax(-1).tolist()
        right = sum(examples[i]["doc"] == examples[j]["doc"] for i, j in enumerate(first))
        return {"nats": float(loss.total), "count": float(loss.count), "first": float(right)}

    def summarise(self, sums: Mapping[str, float]) -> dict[str, Metric]:
        """Loss and accuracy within the batch; the host adds the figures of whole rankings."""
        count = max(sums["count"], 1.0)
        return {
            "loss": Metric(sums["nats"] / count, "lower"),
            "batch_accuracy": Metric(sums["first"] / count, "higher"),
        }

    def stream(self, ask: Ask) -> Iterator[Piece | Answer]:
        """The best passages of the indexed documents for the message."""
        vector = self.vector(ask.encode(view="message"), "query")[0]
        text = ask.text if ask.by_name else looked_for(ask.text)
        found = ask.search(vector, text, int(ask.options.get("top_k_passages", self.k)))
        yield Answer(Ranking([hit for hit in found if is_shown(hit, ask.text, asked=ask.by_name)]))

    def judge(self, ask: Ask, texts: Sequence[str]) -> Mapping[str, Tensor]:
        """Cosine of each reply with the message, and with the passage found for it that is closest to the reply.

        A reply is looked at as a passage is: it is what is to be found for the message. Without passages, grounding is
        0 for all.
        """
        query = self.vector(ask.encode(view="message"), "query")[0]
        replies = self.vector(ask.encode_all(texts, "document"), "doc")
        found = [hit.text for hit in ask.search(query, ask.text, self.k)]
        near = replies.new_zeros(len(replies))
        if found:
            near = (replies @ self.vector(ask.encode_all(found, "document"), "doc").T).amax(1)
        return {"relevance": replies @ query, "grounding": near}
