"""Fills the bag of pieces of an assistant's ranking head, beside what the head has learned.

    python docs/recipes/default/bag.py MODEL --config CONFIG --set data.root=FOLDER_OF_THE_SETS

Then fit how much its vectors count beside BM25: chatkit calibrate --model MODEL --only fusion. It is trained on the
collections of the head in CONFIG, to put the passage of a query before those of the other queries of a batch and before
some that BM25 finds for it, in the sum of BM25 and cosine: so that it learns what words do not say already. Its pieces
begin as the embeddings of the assistant. Its share of the cosine is chosen on dev with the fusion, on the sets that
CONFIG trains on and those that it names as fit. The other heads and all trained weights stay as they are. A few minutes
on one core.

Source: the sum with BM25 as in Gao et al. 2021, "Complementing Lexical Retrieval with Semantic Residual Embedding".

Q = queries of a batch, D = passages of a batch, T = tokens, V = pieces, K = width
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from chatkit_retrieval import Retrieval
from chatkit_retrieval.bag import weighted_mean
from filling import opened, parser_of, run, with_room, written
from torch import Tensor, nn

from chatkit.assistant import Assistant
from chatkit.data.batching import pad, record_ids
from chatkit.data.discover import splits
from chatkit.data.readers import read_collection
from chatkit.errors import DataError
from chatkit.head.vectors import PASSAGE_PIECES
from chatkit.metrics.ranking import ndcg
from chatkit.search.bm25 import BM25, top_positive
from chatkit.search.choose_fusion import choose_fusion
from chatkit.search.words import document_words, query_words
from chatkit.training.ranking import judged_queries, pool_of
from chatkit.training.reading import training_records
from chatkit.training.recipe import Recipe

WIDTH, OWN_WIDTH = 256, 128  # of the vectors; of what each piece has beside its embedding
STEPS, BATCH, RATE, WORD_DROPOUT = 3000, 64, 3e-3, 0.2
FOUND, NEAR, NEGATIVES = 100, 40, 2  # by BM25 for each query; of its best NEAR so many are drawn as negatives
BM25_WEIGHT, SCALE = 5.0, 2.5  # where they begin: of BM25 / its best score; log of the cosine's
MOST_SCALE = 4.6
SHARES = (0.0, 0.15, 0.25, 0.35, 0.5, 0.65, 0.8)
MOST_QUERIES, SEED = 1000, 1

Rows = Sequence[Sequence[int]]


@dataclasses.dataclass(frozen=True)
class Pairs:
    """What is trained on of one collection.

    Args:
        queries: Ids of each query.
        documents: Ids of each passage.
        right: For each query the numbers of its passages.
        near: For each query, passage -> BM25 score divided by the best, of the best ``FOUND``, best first.
    """

    queries: Rows
    documents: Rows
    right: Sequence[frozenset[int]]
    near: Sequence[Mapping[int, float]]


class Trained(nn.Module):
    """The bag while it is trained: each piece has a vector of its own beside its embedding, both projected."""

    def __init__(self, embeddings: Tensor) -> None:
        super().__init__()
        self.embeddings = embeddings
        self.own = nn.Parameter(torch.randn(len(embeddings), OWN_WIDTH) * 0.05)
        self.importance = nn.Parameter(torch.zeros(len(embeddings)))
        self.project = nn.Linear(OWN_WIDTH + embeddings.shape[1], WIDTH, bias=False)
        self.log_scale = nn.Parameter(torch.tensor(SCALE))
        self.bm25_weight = nn.Parameter(torch.tensor(BM25_WEIGHT))

    def pieces(self) -> Tensor:
        """What is projected, of all pieces, (V, OWN_WIDTH + width of the embeddings)."""
        return torch.cat((self.own, self.embeddings), -1)

    def table(self) -> Tensor:
        """Vectors of all pieces, (V, K): the projection of a mean is the mean of projections."""
        out: Tensor = self.project(self.pieces())
        return out

    def forward(self, rows: Rows, rng: np.random.Generator) -> Tensor:
        """Unit vectors (B, K) of texts, of whose pieces some are left out, never the first."""
        padded = pad(rows, 0)
        mask = np.arange(padded.ids.shape[1]) < padded.lengths[:, None]
        mask[:, 1:] &= rng.random((len(mask), mask.shape[1] - 1)) >= WORD_DROPOUT
        ids, kept = torch.from_numpy(padded.ids), torch.from_numpy(mask)
        mean = weighted_mean(self.pieces()[ids], self.importance[ids], kept)
        return nn.functional.normalize(self.project(mean), dim=-1)


def read_pairs(assistant: Assistant, head: Retrieval, recipe: Recipe) -> dict[str, Pairs]:
    """The collections of the head, without queries that are in a dev or test part.

    Raises:
        DataError: If one cannot be read or has no train part.
    """
    config = recipe.heads["retrieval"]
    allowed = {record["query"] for record in training_records(Retrieval, config, recipe, print)}
    out = {}
    for path in map(Path, (source.path for source in config.sources)):
        collection = read_collection(path, "train", "skip")
        number = {name: i for i, name in enumerate(collection.corpus)}
        bm25 = BM25.build(document_words(text) for text in collection.corpus.values())
        names, right, near = [], [], []
        for name in judged_queries(collection):
            relevant = frozenset(number[d] for d, grade in collection.qrels[name].items() if grade > 0 and d in number)
            if relevant and collection.queries[name] in allowed:
                scores = bm25.scores(query_words(collection.queries[name]))
                best = top_positive(scores, FOUND)
                names.append(name)
                right.append(relevant)
                near.append({int(i): float(scores[i] / scores[best[0]]) for i in best})
        rows = [_ids(assistant, head, "query", [collection.queries[name] for name in names])]
        rows.append(_ids(assistant, head, "doc", list(collection.corpus.values())))
        out[path.name] = Pairs(rows[0], rows[1], right, near)
        print(f"{path.name}: {len(names):,} queries, {len(number):,} passages")
    return out


def _ids(assistant: Assistant, head: Retrieval, field: str, texts: Sequence[str]) -> list[list[int]]:
    records = [{field: text} for text in texts]
    return [record_ids(assistant.tokenizer, r, field, head.view_of(field, r), PASSAGE_PIECES) for r in records]


def draw(pairs: Pairs, rng: np.random.Generator) -> tuple[list[int], list[int], Tensor, Tensor, Tensor]:
    """A batch: numbers of Q queries and D passages, BM25 (Q, D), where none is a negative (Q, D), the right ones (Q,).

    Which passages are near a query is drawn anew each time.
    """
    queries = rng.choice(len(pairs.queries), min(BATCH, len(pairs.queries)), replace=False).tolist()
    right = [int(rng.choice(sorted(pairs.right[i]))) for i in queries]
    found = list(right)
    for i in queries:
        wrong = [d for d in list(pairs.near[i])[:NEAR] if d not in pairs.right[i]]
        found += rng.choice(wrong, min(NEGATIVES, len(wrong)), replace=False).tolist() if wrong else []
    documents = list(dict.fromkeys(found))
    place = {d: i for i, d in enumerate(documents)}
    bm25 = torch.zeros(len(queries), len(documents))
    none = torch.zeros(len(queries), len(documents), dtype=torch.bool)
    for row, (i, own) in enumerate(zip(queries, right, strict=True)):
        for d, score in pairs.near[i].items():
            if d in place:
                bm25[row, place[d]] = score
        for d in pairs.right[i] - {own}:
            if d in place:
                none[row, place[d]] = True
    return queries, documents, bm25, none, torch.tensor([place[d] for d in right])


def train(embeddings: Tensor, pairs: Mapping[str, Pairs]) -> Trained:
    """The bag, trained; a batch is of one collection, drawn by the square root of its queries."""
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    model = Trained(embeddings)
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.01)
    names = list(pairs)
    shares = np.sqrt([len(pairs[name].queries) for name in names])
    shown = 0.0
    for step in range(STEPS):
        optimiser.param_groups[0]["lr"] = RATE * _rate(step / STEPS)
        part = pairs[names[rng.choice(len(names), p=shares / shares.sum())]]
        queries, documents, bm25, none, right = draw(part, rng)
        wanted = model([part.queries[i] for i in queries], rng)
        cosines = wanted @ model([part.documents[i] for i in documents], rng).T
        scores = cosines * model.log_scale.clamp(max=MOST_SCALE).exp() + bm25 * model.bm25_weight
        loss = nn.functional.cross_entropy(scores.masked_fill(none, torch.finfo(torch.float32).min), right)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        shown = float(loss.detach()) if step == 0 else 0.99 * shown + 0.01 * float(loss.detach())
        if step % 500 == 499:
            print(f"step {step + 1:,} of {STEPS:,}: {shown:.3f} nats", flush=True)
    return model


def _rate(done: float) -> float:
    """Share of the learning rate: up in the first 2 %, down over the last 70 %."""
    return min(1.0, done / 0.02 + 1e-3, max(0.02, (1 - done) / 0.7))


def choose_share(assistant: Assistant, head: Retrieval, recipe: Recipe) -> float:
    """The share of the cosine with the largest sum of dev figures, each with the fusion that suits it."""
    config = recipe.heads["retrieval"]
    folders = [Path(path) for path in (*(source.path for source in config.sources), *config.fit)]
    head.bag_share = 0.5
    looked = []
    for folder in folders:
        if not folder.is_dir() or "dev" not in splits(folder):
            continue
        try:
            collection = read_collection(folder, "dev", "skip")
        except DataError:
            continue
        names = judged_queries(collection, most=MOST_QUERIES, seed=SEED)
        passages = assistant.vectors(head, list(collection.corpus.values()), "doc")
        queries = assistant.vectors(head, [collection.queries[name] for name in names], "query")
        looked.append((folder.name, collection, names, passages, queries))
    print(" ".join([f"{'share':>5} {'weight':>6} {'sharp':>5}", *(f"{name[:15]:>16}" for name, *_ in looked)]))
    best, chosen = -1.0, 0.0
    for share in SHARES:
        pools = [pool_of(c, names, _shared(d, share), _shared(q, share)) for _, c, names, d, q in looked]
        choice = choose_fusion(pools, ndcg, seed=SEED)
        figures = next(trial.figures for trial in choice.trials if trial.fusion == choice.fusion)
        columns = " ".join(f"{figure:16.4f}" for figure in figures)
        print(f"{share:5g} {choice.fusion.weight:6g} {choice.fusion.sharpness:5g} {columns}", flush=True)
        if sum(figures) > best:
            best, chosen = sum(figures), share
    return chosen


def _shared(vectors: np.ndarray, share: float) -> np.ndarray:
    """Vectors that were made with a share of 0.5, with another."""
    weights = np.full(vectors.shape[1], np.sqrt(2 * (1 - share)), dtype=np.float32)
    weights[-WIDTH:] = np.sqrt(2 * share)
    return vectors * weights


def fill(model: Path, recipe: Recipe) -> None:
    """Train, choose, and write the head; an assistant that is not finished stays as it was.

    Raises:
        ChatkitError: If the assistant or its data cannot be read, or it cannot be written.
        SystemExit: If there is no such head.
    """
    model, assistant = opened(model, recipe, Retrieval)
    head = with_room(assistant, Retrieval, {"bag": WIDTH, "bag_share": 0.5}, ["bag"])
    assert head.bag is not None
    with torch.no_grad():
        embeddings = assistant.vocabulary.embed(torch.arange(len(assistant.vocabulary))).clone()
    trained = train(embeddings, read_pairs(assistant, head, recipe))
    with torch.no_grad():
        head.bag.fill(trained.table(), trained.importance, steps=STEPS)
    head.bag_share = choose_share(assistant, head, recipe)
    print(f"share {head.bag_share:g}")
    written(model, assistant, "retrieval", {"bag": WIDTH, "bag_share": head.bag_share})


def main() -> None:
    """Write the head."""
    run(parser_of(__doc__).parse_args(), fill)


if __name__ == "__main__":
    main()
