"""The translation head on a toy language pair, and its metric against sacreBLEU."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch
from chatkit_translation import Translation
from chatkit_translation.chrf import chrf, chrf_sums

from chatkit.assistant import Assistant
from chatkit.errors import HeadError
from chatkit.head.setup import HeadSetup
from chatkit.nn.encoder import EncoderConfig
from chatkit.runtime.conversation import Conversation
from chatkit.testing import contract
from chatkit.text.tokenizer import Tokenizer
from chatkit.training.evaluator import evaluate

SOURCE = ("red", "blue", "big", "old", "dog", "cat", "house", "tree")
WORDS = {
    "fr": dict(zip(SOURCE, ("lo", "mu", "ki", "za", "bo", "ni", "fe", "gu"), strict=True)),
    "de": dict(zip(SOURCE, ("wak", "wes", "wit", "won", "wur", "wyp", "wax", "wem"), strict=True)),
}
OPTIONS = {"hidden": 64, "reread": 32, "dropout": 0.0}

test_contract = contract(Translation)


def pair(words: list[str], language: str) -> dict[str, str]:
    """The toy language turns the words round, so that each target word looks at another place."""
    return {"src": " ".join(words), "tgt": " ".join(WORDS[language][w] for w in reversed(words)), "lang": language}


@pytest.fixture(scope="module")
def new() -> list[dict[str, str]]:
    """Sentences that training does not see."""
    rng = random.Random(2)
    return [pair(rng.choices(SOURCE, k=3), language) for _ in range(40) for language in WORDS]


@pytest.fixture(scope="module")
def records(new: list[dict[str, str]]) -> list[dict[str, str]]:
    rng = random.Random(0)
    held_out = {record["src"] for record in new}
    drawn = [rng.choices(SOURCE, k=rng.randint(1, 3)) for _ in range(3000)]
    return [pair(words, language) for words in drawn if " ".join(words) not in held_out for language in WORDS]


@pytest.fixture(scope="module")
def assistant(records: list[dict[str, str]]) -> Assistant:
    """A small assistant whose translation head has learned the toy languages, encoder frozen."""
    torch.manual_seed(0)
    texts = [r[side] for r in records[:400] for side in ("src", "tgt")]
    tokenizer = Tokenizer.train(texts, vocab_size=330, seed=0)
    found = Assistant(tokenizer, EncoderConfig(embedding=32, hidden=64, dropout=0.0))
    torch.nn.init.normal_(found.backbone.encoder.embedding.weight)  # the scale of a trained one
    head = found.add_head(Translation, HeadSetup(OPTIONS, ("de", "fr"), trained=True))
    found.backbone.requires_grad_(False)
    optimiser = torch.optim.AdamW(head.parameters(), lr=5e-3)
    rng = random.Random(1)
    for step in range(280):
        optimiser.param_groups[0]["lr"] = 5e-3 * (1 - step / 280)
        batch = rng.sample(records, 32)
        loss = head.loss(found.encode_records(head, batch), batch)
        optimiser.zero_grad()
        (loss.total / loss.count).backward()
        optimiser.step()
    return found.eval()


@torch.inference_mode()
def test_it_learns_the_toy_languages(assistant: Assistant, new: list[dict[str, str]]) -> None:
    head = assistant.heads["translation"]
    answers = head.answer(assistant.encode_records(head, new), new)
    right = sum(answer.plain == record["tgt"] for answer, record in zip(answers, new, strict=True))
    assert right / len(new) > 0.9
    metrics = evaluate(assistant, head, new)
    assert metrics["chrf"].value > 0.9
    assert metrics["loss"].value < 0.3


@torch.inference_mode()
def test_beam_search_scores_no_worse_than_greedy(assistant: Assistant, new: list[dict[str, str]]) -> None:
    """On gibberish as well, where the model is unsure and the two differ."""
    head = assistant.heads["translation"]
    assert isinstance(head, Translation)
    rng = random.Random(3)
    odd = [{"src": " ".join(rng.choices(["old", "qux", "house", "zorp", "dog"], k=6)), "lang": "fr"} for _ in range(40)]
    for part in (new, odd):
        encoded = assistant.encode_records(head, part)["src"]
        languages = [record["lang"] for record in part]
        beam, greedy = head.translate(encoded, languages), head.translate(encoded, languages, beams=1)
        gains = [b.score - g.score for b, g in zip(beam, greedy, strict=True)]
        assert sum(gain > -1e-4 for gain in gains) >= 0.95 * len(gains)
        assert sum(gains) > -1e-3
    assert any(gain > 1e-3 for gain in gains)


@torch.inference_mode()
def test_a_score_is_the_models_own(assistant: Assistant, new: list[dict[str, str]]) -> None:
    """The log probability that the search adds up step by step is the one that the loss gives the whole target."""
    head = assistant.heads["translation"]
    assert isinstance(head, Translation)
    for record in new[:6]:
        encoded = assistant.encode_records(head, [record])
        found = head.translate(encoded["src"], [record["lang"]])[0]
        said = {**record, "tgt": assistant.vocabulary.decode(found.ids)}
        penalty = ((5 + len(found.ids) + 1) / 6) ** head.alpha
        assert found.score * penalty == pytest.approx(-float(head.loss(encoded, [said]).total), abs=1e-3)


@torch.inference_mode()
@pytest.mark.parametrize("feeding", [False, True])
def test_batch_equals_single(assistant: Assistant, new: list[dict[str, str]], feeding: bool) -> None:
    head: Any = assistant.heads["translation"]
    if feeding:
        other = Assistant(assistant.tokenizer, assistant.config)
        head = other.add_head(Translation, HeadSetup({**OPTIONS, "input_feeding": True}, ("de", "fr")))
        assistant = other.eval()
    mixed = [new[0], {"src": "red", "lang": "de", "tgt": "wak"}, new[3], {"src": "old dog", "lang": "fr", "tgt": "bo"}]
    together = head.answer(assistant.encode_records(head, mixed), mixed)
    alone = [head.answer(assistant.encode_records(head, [record]), [record])[0] for record in mixed]
    assert together == alone
    loss = float(head.loss(assistant.encode_records(head, mixed), mixed).total)
    parts = [float(head.loss(assistant.encode_records(head, [r]), [r]).total) for r in mixed]
    assert loss == pytest.approx(sum(parts), rel=1e-4)


def test_input_feeding_learns_too(assistant: Assistant, records: list[dict[str, str]]) -> None:
    torch.manual_seed(0)
    other = Assistant(assistant.tokenizer, assistant.config)
    torch.nn.init.normal_(other.backbone.encoder.embedding.weight)
    head = other.add_head(Translation, HeadSetup({**OPTIONS, "input_feeding": True}, ("de", "fr")))
    other.backbone.requires_grad_(False)
    optimiser = torch.optim.AdamW(head.parameters(), lr=5e-3)
    encoded, losses = other.encode_records(head, records[:32]), []
    for _ in range(40):
        loss = head.loss(encoded, records[:32])
        optimiser.zero_grad()
        (loss.total / loss.count).backward()
        optimiser.step()
        losses.append(float(loss.total.detach()) / loss.count)
    assert losses[-1] < 0.3 * losses[0]


def said(assistant: Assistant, text: str, **more: Any) -> list[Any]:
    chat = Conversation(assistant)
    return list(chat.turn(text, heads=["translation"], seed=0, **more))


def test_it_streams_sentence_by_sentence(assistant: Assistant) -> None:
    events = said(assistant, "red big dog. old cat", options={"language": "de"})
    answer = next(event["answer"]["text"] for event in events if event["event"] == "answer")
    assert answer.split()[-2:] == ["wyp", "won"]
    pieces = [event["text"] for event in events if event["event"] == "piece"]
    assert len(pieces) > 2
    assert "".join(pieces) == answer


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [("red dog", {}, "bo lo"), ("de: red dog", {}, "wur wak"), ("red dog", {"language": "de"}, "wur wak")],
)
def test_the_user_names_the_language(assistant: Assistant, text: str, options: dict[str, str], expected: str) -> None:
    answer = next(e["answer"]["text"] for e in said(assistant, text, options=options) if e["event"] == "answer")
    assert answer == expected


def test_a_language_that_was_not_learned_is_said(assistant: Assistant) -> None:
    events = said(assistant, "red dog", options={"language": "ja"})
    assert "de, fr, not into ja" in next(e["answer"]["text"] for e in events if e["event"] == "answer")


def test_it_stops_when_cancelled(assistant: Assistant) -> None:
    shown: list[str] = []
    sentence = "red big dog. " * 20
    turn = Conversation(assistant).turn(sentence, heads=["translation"], cancelled=lambda: len(shown) > 2)
    for event in turn:
        if event["event"] == "piece":
            shown.append(event["text"])
        if event["event"] == "answer":
            assert event["stopped"]
            assert len(event["answer"]["text"]) < len(sentence) / 4
    assert 2 < len(shown) < 6


def test_it_answers_only_when_asked_by_name(assistant: Assistant) -> None:
    events = list(Conversation(assistant).turn("red dog"))
    assert [event["event"] for event in events] == ["done"]


def test_unknown_options_are_named(assistant: Assistant) -> None:
    with pytest.raises(HeadError, match="no option beam; known: alpha, beams"):
        Assistant(assistant.tokenizer, assistant.config).add_head(Translation, HeadSetup({"beam": 3}))


def test_chrf_is_that_of_sacrebleu() -> None:
    from sacrebleu.metrics import CHRF

    rng = random.Random(4)
    refs = ["".join(rng.choices("abcde fg", k=rng.randint(1, 40))) or "a" for _ in range(50)]
    hyps = ["".join(c if rng.random() < 0.8 else "x" for c in ref)[: rng.randint(0, 50)] for ref in refs]
    refs += ["Où est la gare ?", "é", "¿Dónde está?", "same text"]
    hyps += ["Où est la garde ?", "ecole", "", "same text"]
    total: dict[str, float] = {}
    for hyp, ref in zip(hyps, refs, strict=True):
        sums = chrf_sums(hyp, ref)
        assert 100 * chrf(sums) == pytest.approx(CHRF().sentence_score(hyp, [ref]).score, abs=1e-6)
        total = {key: total.get(key, 0.0) + value for key, value in sums.items()}
    assert 100 * chrf(total) == pytest.approx(CHRF().corpus_score(hyps, [refs]).score, abs=1e-6)
