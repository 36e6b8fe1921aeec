"""The Head: one task on the shared encoder.

The host owns tokenising, device, encoder passes, the tied vocabulary, the optimiser and saving; a head never holds the
encoder. B = batch, D = width of the hidden states, K = width of a head's vector
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from torch import Tensor, nn

from chatkit.head.answer import Answer, Metric
from chatkit.head.ask import Ask, Piece
from chatkit.head.encoded import Encoded, Info, Loss
from chatkit.head.filling import Filling
from chatkit.head.vocabulary import Vocabulary

Record = Mapping[str, Any]
Fields = Mapping[str, Encoded]


class Head(nn.Module):
    """Base of every head; see ``plugins/README.md`` for a guided tour.

    Attributes:
        name: Unique name, an identifier.
        api: Version of plugin_api it was written for.
        fields: Keys of a record whose texts are encoded; a head with one field answers any message.
        view: How those texts are framed: "message", "reply", "document", "conversation" or "to:LANGUAGE".
        needs: What it asks of the encoder ("causal"); refused when the encoder cannot.
        couples_batch: True where examples of a batch see each other in the loss (in-batch negatives).
        reader: Name of the reader that makes its records: "labelled", "dialogue", "retrieval", "translation".
        label_field: Key of a record whose values, those of the training data, are handed to ``build`` as labels.
        on_request: True where it answers a message only when it is asked by name.
        objectives: What it can judge a reply by: the name of each objective, and in a few words what more of it means.
        chosen_by: Objective -> weight, by which one of several replies that it draws is said, unless the user weighs
            others; empty where it draws one. Heads may set it in ``build``.
        examples: At least two records; they drive the contract kit, the demo and the docs.
        waive: Checks of the contract kit that do not hold for it, each with the reason.
        kit_options: Options with which the contract kit builds it small; those of ``build`` by default.
    """

    name: ClassVar[str]
    api: ClassVar[int] = 1
    fields: ClassVar[tuple[str, ...]] = ("text",)
    view: ClassVar[str] = "message"
    needs: ClassVar[frozenset[str]] = frozenset()
    couples_batch: ClassVar[bool] = False
    reader: ClassVar[str] = "labelled"
    label_field: ClassVar[str] = "label"
    on_request: ClassVar[bool] = False
    objectives: Mapping[str, str] = MappingProxyType({})  # of a class, or of a head as it was built
    chosen_by: Mapping[str, float] = MappingProxyType({})
    examples: ClassVar[Sequence[Record]] = ()
    waive: ClassVar[Mapping[str, str]] = MappingProxyType({})
    kit_options: ClassVar[Mapping[str, Any]] = MappingProxyType({})

    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        """Make the layers.

        Args:
            info: Width of the encoder and labels of the training data.
            vocabulary: The shared vocabulary; may be kept.
            **options: ``[heads.NAME.options]`` of the config.
        """
        raise NotImplementedError(f"{type(self).__name__} must define build(info, vocabulary, **options)")

    def view_of(self, field: str, record: Record) -> str:
        """The view of one field of one record; ``view`` unless overridden."""
        return self.view

    def loss(self, encoded: Fields, examples: Sequence[Record]) -> Loss:
        """Summed loss of a batch in nats, and the number of examples or target tokens in it."""
        raise NotImplementedError(f"{type(self).__name__} must define loss(encoded, examples)")

    def answer(self, encoded: Fields, examples: Sequence[Record]) -> list[Answer]:
        """One answer per example, in order."""
        raise NotImplementedError(f"{type(self).__name__} must define answer(encoded, examples)")

    def measure(self, encoded: Fields, examples: Sequence[Record]) -> dict[str, float]:
        """Sums over a batch from which ``summarise`` makes metrics; sums of all batches are added up."""
        loss = self.loss(encoded, examples)
        return {"nats": float(loss.total), "count": float(loss.count)}

    def summarise(self, sums: Mapping[str, float]) -> dict[str, Metric]:
        """Metrics of added-up sums."""
        return {"loss": Metric(sums["nats"] / max(sums["count"], 1.0), "lower")}

    def vector(self, encoded: Encoded, field: str) -> Tensor:
        """Optional: a vector (B, K) per text of a field, so that the host can index documents and rank them."""
        raise NotImplementedError(f"{type(self).__name__} makes no vectors")

    def stream(self, ask: Ask) -> Iterator[Piece | Answer]:
        """Optional: answer one message piece by piece; an ``Answer`` replaces the pieces before it."""
        raise NotImplementedError(f"{type(self).__name__} does not stream")

    def judge(self, ask: Ask, texts: Sequence[str]) -> Mapping[str, Sequence[float] | Tensor]:
        """Optional: how good each of several texts would be as the reply to a message.

        Args:
            ask: The message; ``ask.encode_all(texts, view)`` encodes the replies.
            texts: Replies that some head has drawn, B of them.
        Returns:
            For each of ``objectives`` B finite numbers; higher is more of it.
        """
        raise NotImplementedError(f"{type(self).__name__} judges no replies")

    def fill(self, filling: Filling) -> None:
        """Optional: take in what no gradient trains, into buffers, once the training is done; anew each time.

        Without gradient, in evaluation mode; its parameters stay as they were trained.
        """
        raise NotImplementedError(f"{type(self).__name__} takes in nothing after the training")

    @classmethod
    def fills(cls) -> bool:
        """Whether ``fill`` is defined."""
        return cls.fill is not Head.fill

    @classmethod
    def judges(cls) -> bool:
        """Whether ``judge`` is defined."""
        return cls.judge is not Head.judge

    @classmethod
    def makes_vectors(cls) -> bool:
        """Whether ``vector`` is defined."""
        return cls.vector is not Head.vector

    @classmethod
    def streams(cls) -> bool:
        """Whether ``stream`` is defined."""
        return cls.stream is not Head.stream
