"""Fills the n-grams of an assistant's generation head, beside what the LSTM has learned.

    python docs/recipes/default/ngrams.py MODEL --config CONFIG --set data.root=FOLDER_OF_THE_SETS

What is counted are the training texts of the head in CONFIG, each once; of the n-grams of an interpolated modified
Kneser-Ney model those stay that save most, each occurrence left out of its own counts (``pruning.py`` of the head). The
gate is a logistic regression: the shares of table and softmax with which the dev texts of the same sets, of which
nothing was counted, are likeliest (L-BFGS); a set weighs as the root of its pieces. To see what that is worth it is
fitted to every other text first and measured on the rest. The other heads and all trained weights stay as they are. A
minute or two on one core.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from chatkit_generation import Generation
from chatkit_generation.kneser_ney import KneserNey
from chatkit_generation.ngrams import REACH, NGrams
from chatkit_generation.pruning import gains, kept, tables, unigrams
from filling import opened, parser_of, run, with_room, written
from torch import Tensor, nn

from chatkit.assistant import Assistant
from chatkit.data.batching import record_ids, sequence_windows
from chatkit.data.records import Problems
from chatkit.head.encode import encode_padded
from chatkit.head.head import Record
from chatkit.nn.encoder import State
from chatkit.text.views import CONVERSATION
from chatkit.training.reading import read_records, training_records
from chatkit.training.recipe import Recipe

ROOM = 300_000
MOST, WINDOW, BATCH = 50_000, 128, 32  # of a dev part so many pieces, drawn by text
DECAY = 1e-3  # of the gate's weights of hidden states
SEED, ITERATIONS = 1, 100


@dataclasses.dataclass(frozen=True)
class Seen:
    """What both say of the N next pieces of texts, before they are mixed.

    Args:
        features: Of the gate, (N, F).
        own: Of the softmax, (N,) nats.
        told: Of the table, (N,), logarithm of the probability.
    """

    features: Tensor
    own: Tensor
    told: Tensor


def sequences(assistant: Assistant, records: Sequence[Record]) -> list[list[int]]:
    """Ids of each conversation."""
    return [record_ids(assistant.tokenizer, record, "text", CONVERSATION, 0) for record in records]


def count(assistant: Assistant, recipe: Recipe, ngrams: NGrams) -> None:
    """Fill the table."""
    config = recipe.heads["generation"]
    once = tuple(dataclasses.replace(source, repeat=1) for source in config.sources)
    records = training_records(Generation, dataclasses.replace(config, data=once), recipe, print)
    rows = sequences(assistant, records)
    model = KneserNey.train(rows, REACH + 1, len(assistant.tokenizer))
    stay = kept(model, gains(model, rows), ROOM)
    ngrams.fill(unigrams(model), tables(model, stay))
    of = ", ".join(f"{own.sum():,} of {len(own):,}" for own in stay[1:])
    print(f"{sum(map(len, rows)):,} pieces; n-grams of 2 to {REACH + 1}: {of}", flush=True)


def look(assistant: Assistant, head: Generation, rows: Sequence[Sequence[int]]) -> Seen:
    """Encode texts, and look their pieces up."""
    ngrams, parts = head.ngrams, []
    assert ngrams is not None
    state: State | None = None
    with torch.inference_mode():
        windows = sequence_windows(rows, field="text", batch_size=BATCH, window=WINDOW, pad_id=assistant.tokenizer.pad)
        for batch in windows:
            text = encode_padded(assistant.backbone.encoder, batch.fields["text"], carried=state)
            state, asked = text.state, text.next_ids >= 0
            told, known, rest = ngrams.told(text.ids, text.next_ids)
            states = text.states[asked].float()
            own = assistant.vocabulary.nats(states, text.next_ids[asked]).float()
            parts.append((ngrams.features(states, known[asked], rest[asked]), own, told[asked]))
    return Seen(*map(torch.cat, zip(*parts, strict=True)))


def read_dev(assistant: Assistant, head: Generation, recipe: Recipe, half: int | None) -> dict[str, Seen]:
    """What is seen of the dev part of each set; of every other text if ``half`` is 0 or 1."""
    out = {}
    rng = np.random.default_rng(SEED)
    for source in recipe.heads["generation"].sources:
        path = Path(source.path)
        rows = sequences(assistant, read_records(Generation, path, "dev", Problems()))
        drawn = [rows[i] for i in rng.permutation(len(rows))]
        ends = np.cumsum([len(row) for row in drawn])
        drawn = drawn[: max(2, int(np.searchsorted(ends, MOST)))]
        out[str(Path(*path.parts[-2:]))] = look(assistant, head, drawn if half is None else drawn[half::2] or drawn)
    return out


def nats(seen: Seen, weights: Tensor) -> Tensor:
    """Mean nats of the pieces under the mixture."""
    logit = seen.features @ weights
    softmax, table = nn.functional.logsigmoid(-logit), nn.functional.logsigmoid(logit)
    return -torch.logaddexp(softmax - seen.own, table + seen.told).mean()


def fit(parts: Sequence[Seen], width: int) -> Tensor:
    """Weights of the gate, (F,).

    Args:
        parts: Of each set what was seen.
        width: How many of the weights are of hidden states.
    """
    shares = torch.tensor([len(part.own) for part in parts]).sqrt()
    shares /= shares.sum()
    weights = torch.zeros(parts[0].features.shape[1])
    weights[width : width + REACH + 1] = -1.5
    weights.requires_grad_()
    optimiser = torch.optim.LBFGS([weights], max_iter=ITERATIONS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        each = [share * nats(part, weights) for share, part in zip(shares, parts, strict=True)]
        loss = torch.stack(each).sum() + DECAY * weights[:width].square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return weights.detach()


def fill(model: Path, recipe: Recipe) -> None:
    """Count, fit the gate, and write the head; an assistant that is not finished stays as it was.

    Raises:
        ChatkitError: If the assistant or its data cannot be read, or it cannot be written.
        SystemExit: If there is no such head.
    """
    model, assistant = opened(model, recipe, Generation)
    assistant.eval()
    head = with_room(assistant, Generation, {"ngrams": ROOM}, ["ngrams"]).eval()
    assert head.ngrams is not None
    width = assistant.backbone.encoder.width
    count(assistant, recipe, head.ngrams)
    halves = [read_dev(assistant, head, recipe, half) for half in (0, 1)]
    weights = fit(list(halves[0].values()), width)
    print(f"{'nats a piece, on the other half of dev':40} {'softmax':>8} {'table':>8} {'mixture':>8}")
    for name, seen in halves[1].items():
        mixed = float(nats(seen, weights))
        print(f"{name[:40]:40} {float(seen.own.mean()):8.3f} {-float(seen.told.mean()):8.3f} {mixed:8.3f}", flush=True)
    del halves
    head.ngrams.set_gate(fit(list(read_dev(assistant, head, recipe, None).values()), width))
    written(model, assistant, "generation", {"ngrams": ROOM})


def main() -> None:
    """Write the head."""
    run(parser_of(__doc__).parse_args(), fill)


if __name__ == "__main__":
    main()
