"""Heads with one fault each, and the check that must catch it. B = batch, C = classes, D = width

Each is the smallest change to a sound head that an author could make by mistake.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from chatkit.plugin_api import (
    Answer,
    Ask,
    Bars,
    Classifier,
    Encoded,
    Fields,
    Filling,
    Head,
    Info,
    Loss,
    Metric,
    Piece,
    Record,
    Sampling,
    Text,
    Vocabulary,
    choose,
    mean_pool,
)

FAULTS: dict[type[Head], str] = {}


def caught_by(check: str) -> Any:
    """Register a faulty head under the check that must catch it."""

    def register(cls: type[Head]) -> type[Head]:
        FAULTS[cls] = check
        return cls

    return register


class Mood(Classifier):
    """Sound: the head of nine lines."""

    name = "mood"
    examples = (
        {"text": "good fun", "label": "happy"},
        {"text": "awful and dull", "label": "sad"},
        {"text": "I had a lovely day", "label": "happy"},
    )


class Plain(Head):
    """Sound: a classifier written out, with vectors."""

    name = "plain"
    examples = Mood.examples

    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        self.classes = info.labels
        self.out = nn.Linear(info.width, len(info.labels))

    def pooled(self, text: Encoded) -> Tensor:
        return mean_pool(text.states, text.mask)

    def logits(self, encoded: Fields) -> Tensor:
        return self.out(self.pooled(encoded["text"]))

    def nats(self, encoded: Fields, examples: Sequence[Record]) -> Tensor:
        gold = torch.tensor([self.classes.index(example["label"]) for example in examples])
        return nn.functional.cross_entropy(self.logits(encoded), gold, reduction="none")

    def loss(self, encoded: Fields, examples: Sequence[Record]) -> Loss:
        return Loss(self.nats(encoded, examples).sum(), len(examples))

    def answer(self, encoded: Fields, examples: Sequence[Record]) -> list[Answer]:
        rows = self.logits(encoded).softmax(-1).tolist()
        return [Answer(Bars(dict(zip(self.classes, row, strict=True)))) for row in rows]

    def vector(self, encoded: Encoded, field: str) -> Tensor:
        return self.pooled(encoded)


class Speaker(Head):
    """Sound: a language model that streams."""

    name = "speaker"
    view = "conversation"
    reader = "dialogue"
    needs = frozenset({"causal"})
    examples = (
        {"turns": [{"speaker": "user", "text": "hello"}, {"speaker": "assistant", "text": "hi, how are you?"}]},
        {"turns": [{"speaker": "user", "text": "a table"}, {"speaker": "assistant", "text": "for two or three?"}]},
    )

    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        self.vocabulary = vocabulary
        self.shift = nn.Parameter(torch.zeros(info.width))

    def states(self, text: Encoded) -> Tensor:
        return text.states + self.shift

    def loss(self, encoded: Fields, examples: Sequence[Record]) -> Loss:
        text = encoded["text"]
        known = text.next_ids >= 0
        nats = self.vocabulary.cross_entropy(self.states(text)[known], text.next_ids[known])
        return Loss(nats, int(known.sum()))

    def answer(self, encoded: Fields, examples: Sequence[Record]) -> list[Answer]:
        best = self.vocabulary.logits(encoded["text"].final + self.shift).argmax(-1)
        return [Answer(self.vocabulary.decode([i])) for i in best.tolist()]

    def draw(self, ask: Ask, logits: Tensor) -> int:
        return choose(logits, Sampling(), generator=ask.generator)

    def stream(self, ask: Ask) -> Iterator[Piece | Answer]:
        hidden = ask.hidden
        for _ in range(12):
            if ask.cancelled:
                return
            index = self.draw(ask, self.vocabulary.logits(hidden + self.shift)[0])
            yield Piece(self.vocabulary.decode([index]))
            hidden = ask.step(index)


class Ranker(Head):
    """Sound: two fields, in-batch negatives."""

    name = "ranker"
    fields = ("query", "doc")
    couples_batch = True
    reader = "retrieval"
    examples = (
        {"query": "capital of france", "doc": "paris is the capital"},
        {"query": "boil an egg", "doc": "cook it for ten minutes"},
    )

    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        self.project = nn.Linear(info.width, 16)

    def view_of(self, field: str, record: Record) -> str:
        return "document" if field == "doc" else "message"

    def vector(self, encoded: Encoded, field: str) -> Tensor:
        return self.project(mean_pool(encoded.states, encoded.mask))

    def scores(self, encoded: Fields) -> Tensor:
        return 9 * self.vector(encoded["query"], "query") @ self.vector(encoded["doc"], "doc").T

    def loss(self, encoded: Fields, examples: Sequence[Record]) -> Loss:
        gold = torch.arange(len(examples))
        return Loss(nn.functional.cross_entropy(self.scores(encoded), gold, reduction="sum"), len(examples))

    def answer(self, encoded: Fields, examples: Sequence[Record]) -> list[Answer]:
        return [Answer(f"{score:.3f}") for score in self.scores(encoded).diagonal().tolist()]


class Counting(Plain):
    """Sound: takes in how often each label was given."""

    name = "counting"

    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        super().build(info, vocabulary)
        self.register_buffer("counts", torch.zeros(len(info.labels)))

    def fill(self, filling: Filling) -> None:
        said = [record["label"] for record in filling.train()]
        self.counts.copy_(torch.tensor([float(said.count(label)) for label in self.classes]))

    def logits(self, encoded: Fields) -> Tensor:
        return super().logits(encoded) + self.counts.log1p()


SOUND = (Mood, Plain, Speaker, Ranker, Counting)


# --- declaration and build --------------------------------------------------------------------------------------------


@caught_by("declaration")
class OneExample(Mood):
    examples = Mood.examples[:1]


@caught_by("declaration")
class ExampleWithoutItsField(Mood):
    examples = ({"txt": "good fun", "label": "happy"}, {"txt": "dull", "label": "sad"})


@caught_by("declaration")
class UnknownReader(Mood):
    reader = "spreadsheet"


@caught_by("declaration")
class NewerApi(Mood):
    api = 2


@caught_by("declaration")
class LabelsThatAreNoText(Mood):
    examples = ({"text": "good fun", "label": 1}, {"text": "dull", "label": 0})


@caught_by("loss_is_finite")
class FixedWidth(Plain):
    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        super().build(info, vocabulary)
        self.out = nn.Linear(512, 2)

    def logits(self, encoded: Fields) -> Tensor:
        return self.out(self.pooled(encoded["text"]))


@caught_by("builds")
class NeedsAnOption(Plain):
    def build(self, info: Info, vocabulary: Vocabulary, *, size: int, **options: Any) -> None:  # type: ignore[override]
        super().build(info, vocabulary)


@caught_by("builds")
class WeightsFromElsewhere(Plain):
    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        super().build(info, vocabulary)
        source = random.SystemRandom()
        self.out.bias.data = torch.tensor([source.random() for _ in info.labels])


@caught_by("builds")
class ExitsInBuild(Plain):
    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        sys.exit(1)


@caught_by("copes_with_other_labels")
class LabelsWrittenIn(Plain):
    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        self.classes = ("happy", "sad")
        self.out = nn.Linear(info.width, 2)


# --- loss -------------------------------------------------------------------------------------------------------------


@caught_by("loss_is_finite")
class LossIsATensor(Plain):
    def loss(self, encoded: Fields, examples: Sequence[Record]) -> Loss:
        return self.nats(encoded, examples).mean()  # type: ignore[return-value]


@caught_by("loss_is_finite")
class NegativeLoss(Plain):
    def loss(self, encoded: Fields, examples: Sequence[Record]) -> Loss:
        return Loss(-self.nats(encoded, examples).sum(), len(examples))


@caught_by("loss_is_finite")
class LossWithoutGradient(Plain):
    def loss(self, encoded: Fields, examples: Sequence[Record]) -> Loss:
        return Loss(torch.tensor(float(self.nats(encoded, examples).sum())), len(examples))


@caught_by("loss_is_finite")
class ScaledLoss(Plain):
    def loss(self, encoded: Fields, examples: Sequence[Record]) -> Loss:
        return Loss(1000 * self.nats(encoded, examples).sum(), len(examples))


@caught_by("loss_is_summed")
class AveragedLoss(Plain):
    def loss(self, encoded: Fields, examples: Sequence[Record]) -> Loss:
        return Loss(self.nats(encoded, examples).mean(), len(examples))


@caught_by("loss_is_summed")
class CountIsAlwaysOne(Plain):
    def loss(self, encoded: Fields, examples: Sequence[Record]) -> Loss:
        return Loss(self.nats(encoded, examples).mean(), 1)


@caught_by("loss_is_summed")
class NegativesUndeclared(Ranker):
    couples_batch = False


@caught_by("loss_is_summed")
class BatchNormInTraining(Plain):
    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        super().build(info, vocabulary)
        self.norm = nn.BatchNorm1d(info.width)

    def pooled(self, text: Encoded) -> Tensor:
        return self.norm(super().pooled(text))


@caught_by("gradient_reaches_encoder")
class Detached(Plain):
    def pooled(self, text: Encoded) -> Tensor:
        return super().pooled(text).detach()


@caught_by("gradient_reaches_head")
class DeadLayer(Plain):
    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        super().build(info, vocabulary)
        self.unused = nn.Linear(info.width, 3)


@caught_by("trains_known_weights")
class LayersInAList(Plain):
    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        super().build(info, vocabulary)
        self.more = [nn.Linear(info.width, info.width)]

    def pooled(self, text: Encoded) -> Tensor:
        return self.more[0](super().pooled(text))


@caught_by("causal")
class LooksAhead(Speaker):
    def states(self, text: Encoded) -> Tensor:
        return super().states(text) + mean_pool(text.states, text.mask)[:, None]


@caught_by("causal")
class OneStepAhead(Speaker):
    def states(self, text: Encoded) -> Tensor:
        return super().states(text) + text.states.roll(-1, 1)


# --- answers ----------------------------------------------------------------------------------------------------------


@caught_by("one_answer_per_example")
class OneShort(Plain):
    def answer(self, encoded: Fields, examples: Sequence[Record]) -> list[Answer]:
        return super().answer(encoded, examples)[:1]


@caught_by("one_answer_per_example")
class AnswersAreText(Plain):
    def answer(self, encoded: Fields, examples: Sequence[Record]) -> list[Answer]:
        return ["happy"] * len(examples)  # type: ignore[list-item]


@caught_by("one_answer_per_example")
class AnswersAreNaN(Plain):
    def logits(self, encoded: Fields) -> Tensor:
        return super().logits(encoded) / torch.zeros(()) * 0


@caught_by("one_answer_per_example")
class LogitsAsProbabilities(Plain):
    def answer(self, encoded: Fields, examples: Sequence[Record]) -> list[Answer]:
        return [Answer(Bars(dict(zip(self.classes, row)))) for row in (3 + self.logits(encoded)).tolist()]  # noqa: B905


@caught_by("one_answer_per_example")
class VectorOfEachToken(Plain):
    def vector(self, encoded: Encoded, field: str) -> Tensor:
        return encoded.states


@caught_by("one_answer_per_example")
class ExitsInAnswer(Plain):
    def answer(self, encoded: Fields, examples: Sequence[Record]) -> list[Answer]:
        sys.exit(3)


@caught_by("one_answer_per_example")
class HangsInAnswer(Plain):
    def answer(self, encoded: Fields, examples: Sequence[Record]) -> list[Answer]:
        while True:
            time.sleep(0.01)


@caught_by("deterministic")
class DropoutInAnswers(Plain):
    def logits(self, encoded: Fields) -> Tensor:
        return self.out(nn.functional.dropout(self.pooled(encoded["text"]), 0.5))


@caught_by("deterministic")
class RemembersWhatWasAsked(Plain):
    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        super().build(info, vocabulary)
        self.calls = 0

    def answer(self, encoded: Fields, examples: Sequence[Record]) -> list[Answer]:
        self.calls += 1
        return [Answer(*a.blocks, Text(f"answer number {self.calls}")) for a in super().answer(encoded, examples)]


@caught_by("any_text")
class CrashesOnEmptyText(Plain):
    def answer(self, encoded: Fields, examples: Sequence[Record]) -> list[Answer]:
        for example in examples:
            example["text"].split()[0]
        return super().answer(encoded, examples)


@caught_by("any_text")
class InfiniteOnShortText(Plain):
    def loss(self, encoded: Fields, examples: Sequence[Record]) -> Loss:
        words = torch.tensor([float(len(example["text"].split())) for example in examples])
        return Loss((self.nats(encoded, examples) / words).sum(), len(examples))


@caught_by("any_text")
class TooLongForItsTable(Plain):
    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        super().build(info, vocabulary)
        self.position = nn.Parameter(torch.randn(256, info.width))

    def pooled(self, text: Encoded) -> Tensor:
        return mean_pool(text.states + self.position[: text.states.shape[1]], text.mask)


@caught_by("batch_equals_single")
class CentredOnTheBatch(Plain):
    def answer(self, encoded: Fields, examples: Sequence[Record]) -> list[Answer]:
        logits = self.logits(encoded)
        rows = (5 * (logits - logits.mean(0))).softmax(-1).tolist()
        return [Answer(Bars(dict(zip(self.classes, row, strict=True)))) for row in rows]


@caught_by("padding_is_invisible")
class NoMask(Plain):
    def pooled(self, text: Encoded) -> Tensor:
        return text.states.mean(1)


@caught_by("padding_is_invisible")
class LastColumn(Plain):
    def pooled(self, text: Encoded) -> Tensor:
        return text.states[:, -1]


@caught_by("padding_is_invisible")
class PaddingInTheLoss(Plain):
    def loss(self, encoded: Fields, examples: Sequence[Record]) -> Loss:
        penalty = 0.01 * encoded["text"].states.square().sum()
        return Loss(self.nats(encoded, examples).sum() + penalty, len(examples))


@caught_by("order_is_kept")
class SortedByLength(Plain):
    def answer(self, encoded: Fields, examples: Sequence[Record]) -> list[Answer]:
        order = encoded["text"].lengths.argsort().tolist()
        answers = super().answer(encoded, examples)
        return [answers[i] for i in order]


@caught_by("prints_nothing")
class PrintsItsAnswers(Plain):
    def answer(self, encoded: Fields, examples: Sequence[Record]) -> list[Answer]:
        print("answering", len(examples))
        return super().answer(encoded, examples)


# --- what it must leave alone -----------------------------------------------------------------------------------------


@caught_by("leaves_random_numbers_alone")
class DrawsGlobally(Plain):
    def answer(self, encoded: Fields, examples: Sequence[Record]) -> list[Answer]:
        random.random()
        return super().answer(encoded, examples)


@caught_by("leaves_random_numbers_alone")
class SeedsTorch(Plain):
    def measure(self, encoded: Fields, examples: Sequence[Record]) -> dict[str, float]:
        torch.manual_seed(0)
        return super().measure(encoded, examples)


@caught_by("leaves_encoder_alone")
class ChangesSharedStates(Plain):
    def answer(self, encoded: Fields, examples: Sequence[Record]) -> list[Answer]:
        encoded["text"].states.mul_(1.01)
        return super().answer(encoded, examples)


@caught_by("leaves_encoder_alone")
class ChangesRecords(Plain):
    def loss(self, encoded: Fields, examples: Sequence[Record]) -> Loss:
        for example in examples:
            example["text"] = example["text"].lower() + "."  # type: ignore[index]
        return super().loss(encoded, examples)


@caught_by("leaves_encoder_alone")
class FreezesTheEmbedding(Plain):
    def loss(self, encoded: Fields, examples: Sequence[Record]) -> Loss:
        self.vocabulary._softmax.weight.requires_grad_(False)
        return super().loss(encoded, examples)

    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        super().build(info, vocabulary)
        self.vocabulary = vocabulary


@caught_by("leaves_process_alone")
class SetsThreads(Plain):
    def measure(self, encoded: Fields, examples: Sequence[Record]) -> dict[str, float]:
        torch.set_num_threads(2)
        return super().measure(encoded, examples)


@caught_by("leaves_process_alone")
class SetsTheEnvironment(Plain):
    def answer(self, encoded: Fields, examples: Sequence[Record]) -> list[Answer]:
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        return super().answer(encoded, examples)


@caught_by("owns_no_encoder")
class OwnsTheSoftmax(Plain):
    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        super().build(info, vocabulary)
        self.softmax = vocabulary._softmax


@caught_by("owns_no_encoder")
class HidesTheEmbedding(Plain):
    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        super().build(info, vocabulary)
        self.kept = [("table", vocabulary._softmax.weight)]


@caught_by("owns_no_encoder")
class CopiesTheEmbedding(Plain):
    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        super().build(info, vocabulary)
        self.table = nn.Parameter(vocabulary.embed(torch.arange(len(vocabulary))).detach().clone())

    def pooled(self, text: Encoded) -> Tensor:
        return super().pooled(text) + self.table[text.ids].sum((1, 2))[:, None]


# --- saving -----------------------------------------------------------------------------------------------------------


@caught_by("save_and_load_keep_it")
class HiddenState(Plain):
    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        super().build(info, vocabulary)
        self.bias = torch.randn(len(info.labels))

    def logits(self, encoded: Fields) -> Tensor:
        return super().logits(encoded) + self.bias


@caught_by("save_and_load_keep_it")
class BufferThatIsNotSaved(Plain):
    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        super().build(info, vocabulary)
        self.register_buffer("scale", torch.rand(len(info.labels)), persistent=False)

    def logits(self, encoded: Fields) -> Tensor:
        return super().logits(encoded) * self.scale


@caught_by("sharing_survives")
class KeepsTheFirstVocabulary(Speaker):
    first: ClassVar[list[Vocabulary]] = []

    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        super().build(info, vocabulary)
        self.first.append(vocabulary)
        self.vocabulary = self.first[0]


# --- filling ----------------------------------------------------------------------------------------------------------


@caught_by("fill_keeps_to_buffers")
class CountsAside(Counting):
    """Keeps what it took in where it is not saved."""

    name = "counts_aside"

    def fill(self, filling: Filling) -> None:
        self.more = 3.0

    def logits(self, encoded: Fields) -> Tensor:
        return super().logits(encoded) + getattr(self, "more", 0.0) * torch.arange(len(self.classes))


@caught_by("fill_keeps_to_buffers")
class CountsOnAndOn(Counting):
    """Adds to what it took in before."""

    name = "counts_on_and_on"

    def fill(self, filling: Filling) -> None:
        self.counts += len(list(filling.train()))


@caught_by("fill_keeps_to_buffers")
class TrainsInFill(Counting):
    """Moves its weights."""

    name = "trains_in_fill"

    def fill(self, filling: Filling) -> None:
        self.out.bias += 1.0


# --- learning ---------------------------------------------------------------------------------------------------------


@caught_by("learns_its_examples")
class GradientReversed(Plain):
    def loss(self, encoded: Fields, examples: Sequence[Record]) -> Loss:
        nats = self.nats(encoded, examples).sum()
        return Loss(2 * nats.detach() - nats, len(examples))


@caught_by("learns_its_examples")
class LabelsAskew(Plain):
    def loss(self, encoded: Fields, examples: Sequence[Record]) -> Loss:
        flat = torch.full((len(examples), len(self.classes)), 1 / len(self.classes))
        nats = nn.functional.cross_entropy(self.logits(encoded), flat, reduction="sum")
        return Loss(nats, len(examples))


@caught_by("metrics_move")
class MetricTheWrongWay(Plain):
    def summarise(self, sums: Mapping[str, float]) -> dict[str, Metric]:
        return {"loss": Metric(sums["nats"] / sums["count"], "higher")}


@caught_by("metrics_move")
class MetricIsNaN(Plain):
    def summarise(self, sums: Mapping[str, float]) -> dict[str, Metric]:
        return {"loss": Metric(float("nan"), "lower")}


@caught_by("metrics_move")
class MetricThatNeverMoves(Plain):
    def summarise(self, sums: Mapping[str, float]) -> dict[str, Metric]:
        return {"examples": Metric(0.5, "higher")}


@caught_by("metrics_add_up")
class AveragesInMeasure(Plain):
    def measure(self, encoded: Fields, examples: Sequence[Record]) -> dict[str, float]:
        loss = self.loss(encoded, examples)
        return {"nats": float(loss.total) / loss.count, "count": 1.0}


@caught_by("learns_with_frozen_encoder")
class HardlyAnyWeight(Plain):
    def logits(self, encoded: Fields) -> Tensor:
        pooled = self.pooled(encoded["text"])
        return 20 * pooled[:, : len(self.classes)] + 1e-4 * self.out(pooled)


# --- streams ----------------------------------------------------------------------------------------------------------


@caught_by("streams_any_text")
class CrashesHalfWay(Speaker):
    def stream(self, ask: Ask) -> Iterator[Piece | Answer]:
        yield Piece(ask.text.split()[0])


@caught_by("streams_any_text")
class YieldsText(Speaker):
    def stream(self, ask: Ask) -> Iterator[Piece | Answer]:
        yield "hello"  # type: ignore[misc]


@caught_by("streams_any_text")
class NeverEnds(Speaker):
    def stream(self, ask: Ask) -> Iterator[Piece | Answer]:
        while True:
            yield Piece("and ")


@caught_by("streams_by_its_seed")
class StreamDrawsGlobally(Speaker):
    def draw(self, ask: Ask, logits: Tensor) -> int:
        return int(torch.multinomial(logits.softmax(-1), 1))


@caught_by("streams_by_its_seed")
class StreamCounts(Speaker):
    def stream(self, ask: Ask) -> Iterator[Piece | Answer]:
        self.calls = getattr(self, "calls", 0) + 1
        yield Piece(f"reply number {self.calls}")


@caught_by("stops_when_cancelled")
class DeafToStop(Speaker):
    def stream(self, ask: Ask) -> Iterator[Piece | Answer]:
        for _ in range(12):
            yield Piece("and ")


@caught_by("judges_each_reply")
class JudgesByPlace(Plain):
    objectives: ClassVar = {"early": "drawn earlier"}

    def judge(self, ask: Ask, texts: Sequence[str]) -> Mapping[str, Sequence[float]]:
        return {"early": [-float(i) for i in range(len(texts))]}


@caught_by("judges_each_reply")
class JudgesNothingAsNotANumber(Plain):
    objectives: ClassVar = {"words": "more words"}

    def judge(self, ask: Ask, texts: Sequence[str]) -> Mapping[str, Sequence[float]]:
        return {"words": [len(text.split()) or float("nan") for text in texts]}


@caught_by("judges_each_reply")
class JudgesLessThanItSays(Plain):
    objectives: ClassVar = {"words": "more words", "wit": "more wit"}

    def judge(self, ask: Ask, texts: Sequence[str]) -> Mapping[str, Sequence[float]]:
        return {"words": [float(len(text.split())) for text in texts]}


# --- cost -------------------------------------------------------------------------------------------------------------


@caught_by("latency")
class Slow(Plain):
    def answer(self, encoded: Fields, examples: Sequence[Record]) -> list[Answer]:
        for _ in range(30):  # work that grows slow with everything else on a busy machine
            torch.ones(512, 512) @ torch.ones(512, 512)
        return super().answer(encoded, examples)
