"""Loss and gradient of one head on one batch: whole or in parts, in one process or shared out.

B = batch, L = layers, D = width
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from chatkit.assistant import Assistant
from chatkit.data.batching import Batch, Batches, Streams, take_rows
from chatkit.data.domains import DomainBatches
from chatkit.data.poisson import PoissonBatches
from chatkit.head.encode import encode_padded
from chatkit.head.encoded import Loss
from chatkit.head.guard import guard, source_file
from chatkit.nn.encoder import State
from chatkit.training.distributed import Group
from chatkit.training.recipe import Recipe
from chatkit.training.shared_gradients import TrainingError

LOWER_RATE = "go on from the last checkpoint with a lower rate: --resume --set train.learning_rate=F"
Source = Batches | Streams | DomainBatches | PoissonBatches


class HeadLosses:
    """Losses of the heads, and the states that running conversations carry from batch to batch.

    Args:
        assistant: Its encoder and heads.
        batches: Endless batches of each head.
        group: Processes that share each batch.
        parts: A batch is run in so many parts, one after the other, so that only one of them is in memory; heads whose
            examples see each other are run whole.
    """

    def __init__(self, assistant: Assistant, batches: Mapping[str, Source], group: Group, parts: int = 1) -> None:
        self._assistant, self._batches, self._group, self._parts = assistant, batches, group, parts
        self.carried: dict[str, State] = {}
        self.step = 0  # for messages

    def in_parts(self, name: str) -> bool:
        """Whether a head's batches are run in parts."""
        return self._parts > 1 and not self._assistant.heads[name].couples_batch

    def mean(self, name: str, batch: Batch) -> tuple[Tensor, float]:
        """This process's part of a head's mean loss, with gradient, and the whole of it, nats per target."""
        head, group = self._assistant.heads[name], self._group
        loss = self._loss(name, group.share(batch), whole=batch)
        share = 1 / group.size if head.couples_batch else 1.0  # of a whole batch that every process has computed
        total, count = group.sum_numbers(float(loss.total.detach()) * share, loss.count * share)
        self._check(name, total / count)
        part = loss.total / loss.count if group.size == 1 else loss.total * (share / count)
        return part, float(part.detach()) if group.size == 1 else total / count

    def descend(self, name: str, batch: Batch, inputs: Sequence[nn.Parameter] | None = None) -> tuple[float, float]:
        """Backward of a head's summed loss, part by part.

        Args:
            name: The head.
            batch: Its batch.
            inputs: Parameters whose gradients are wanted; all by default.
        Returns:
            The mean loss, nats per target, and what the gradients must be multiplied with to be its own: targets are
            counted over all parts first, for a mean of means would weigh short parts more.
        """
        own = self._group.share(batch)
        size = len(own.records)
        cuts = [rows for rows in np.array_split(np.arange(size), min(self._parts, size)) if len(rows)]
        total, count = 0.0, 0.0
        before, after = dict(self.carried), list[dict[str, State]]()
        for rows in cuts:
            index = torch.from_numpy(rows)
            self.carried = {key: _rows(state, index) if _of(key, name) else state for key, state in before.items()}
            loss = self._loss(name, take_rows(own, rows), whole=batch, least=0)
            loss.total.backward(inputs=None if inputs is None else list(inputs))
            total, count = total + float(loss.total.detach()), count + loss.count
            after.append({key: state for key, state in self.carried.items() if _of(key, name)})
        self.carried = before | {key: _joined([each[key] for each in after]) for key in after[0]}
        total, count = self._group.sum_numbers(total, count)
        if count < 1:
            raise TrainingError(f"head {name}: its loss counts no target in a batch")
        self._check(name, total / count)
        return total / count, 1 / count

    def other(self, name: str, inputs: Sequence[nn.Parameter]) -> float:
        """Backward on a head's next batch, which stays the next one: order and carried state are as before.

        Returns:
            What the gradients must be multiplied with.
        """
        source = self._batches[name]
        state, carried = source.state(), dict(self.carried)
        scale = self.gradient(name, next(source), inputs)
        source.restore(state)
        self.carried = carried
        return scale

    def gradient(self, name: str, batch: Batch, inputs: Sequence[nn.Parameter]) -> float:
        """Backward of a head's loss on a batch; what the gradients must be multiplied with."""
        if self.in_parts(name):
            return self.descend(name, batch, inputs)[1]
        self.mean(name, batch)[0].backward(inputs=list(inputs))
        return 1.0

    def _loss(self, name: str, batch: Batch, *, whole: Batch, least: int = 1) -> Loss:
        """Loss of this process's rows, or of a part of them."""
        head, group, encoded = self._assistant.heads[name], self._group, {}
        for field, padded in batch.fields.items():
            key = f"{name}.{field}"
            encoder, carried = self._assistant.backbone.encoder, self.carried.get(key)
            own = encode_padded(encoder, padded, carried=carried, tokenizer=None)
            if isinstance(self._batches[name], Streams) and own.state is not None:
                self.carried[key] = tuple(part.detach() for part in own.state)
            together = head.couples_batch and group.size > 1
            encoded[field] = group.whole(own, whole.fields[field]) if together else own
        with guard(name, source_file(type(head)), stage="loss"):
            loss = head.loss(encoded, whole.records if head.couples_batch else batch.records)
        if not isinstance(loss, Loss) or loss.count < least:
            raise TrainingError(f"head {name}: loss must return Loss(total, count >= 1), got {loss!r}")
        return loss

    def _check(self, name: str, loss: float) -> None:
        if not math.isfinite(loss):
            raise TrainingError(f"head {name}: its loss is {loss} at step {self.step}", hint=LOWER_RATE)


def same_texts(assistant: Assistant, recipe: Recipe, batches: Mapping[str, Source]) -> dict[str, list[str]]:
    """head -> later heads whose loss can be computed on its batches: of the same data sets, with labels of their own.

    Running conversations are left out: two heads that predict the next piece of the same text have the same gradient.
    """
    names, out = list(batches), dict[str, list[str]]()
    for n, name in enumerate(names):
        out[name] = [other for other in names[n + 1 :] if _fits(assistant, recipe, batches, other, on=name)]
    return out


def _fits(assistant: Assistant, recipe: Recipe, batches: Mapping[str, Source], name: str, *, on: str) -> bool:
    head, other = assistant.heads[name], assistant.heads[on]
    if isinstance(batches[name], Streams) or isinstance(batches[on], Streams) or head.fields != other.fields:
        return False
    own, theirs = ({source.path for source in recipe.heads[each].sources} for each in (name, on))
    readers = [(each.reader, getattr(type(each), "read", None)) for each in (head, other)]
    return theirs <= own and readers[0] == readers[1] and head.view == other.view


def _of(key: str, name: str) -> bool:
    return key.rpartition(".")[0] == name


def _rows(state: State, index: Tensor) -> State:
    """Rows of a carried state; each of its parts is (L, B, D)."""
    return tuple(part.index_select(1, index.to(part.device)) for part in state)


def _joined(states: Sequence[State]) -> State:
    return tuple(torch.cat(parts, dim=1) for parts in zip(*states, strict=True))
