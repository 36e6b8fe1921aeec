"""What words say beside the trained sentiment head: nothing until they are filled, and no more than they should."""

from __future__ import annotations

import math
from types import MappingProxyType

import pytest
import torch
from chatkit_sentiment import Sentiment
from chatkit_sentiment.words import Lexicon, WordModel, words_of
from hypothesis import given
from hypothesis import strategies as st

from chatkit.assistant import Assistant
from chatkit.head.encoded import Info
from chatkit.nn.quantise import compress, expand
from chatkit.testing import run_checks

WORDS = {"splendid": 3.0, "dreadful": -2.5, ":-)": 1.3, "can't stand": -2.0}
TEXTS = ["a splendid day", "a splendid film", "a dreadful day", "a dreadful film", "it is a day", "it is a film"]
TARGETS = torch.tensor([0, 0, 2, 2, 1, 1])


class WithWords(Sentiment):
    kit_options = MappingProxyType({"words": 10, "lexicon": 10})

    def build(self, *args, **options):
        super().build(*args, **options)
        if self.lexicon is not None and self.words is not None:  # the kit builds some heads without options
            self.lexicon.learn(WORDS)
            self.words.fit(TEXTS, TARGETS)


def built(assistant: Assistant, **options: object) -> Sentiment:
    torch.manual_seed(1)
    head = Sentiment()
    head.build(Info(assistant.backbone.encoder.width), assistant.vocabulary, **options)
    return head.eval()


def taught(bits: int = 16) -> Lexicon:
    lexicon = Lexicon(bits)
    lexicon.learn(WORDS)
    return lexicon


def squashed(total: float) -> float:
    return total / math.sqrt(total * total + 15)


def test_the_kit_finds_nothing() -> None:
    report = run_checks(WithWords)
    assert report.ok, str(report)


def test_without_it_a_head_has_the_weights_it_always_had(assistant: Assistant) -> None:
    assert not [name for name in built(assistant).state_dict() if name.startswith(("lexicon", "words"))]


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("A splendid, SPLENDID day", 6.0),
        ("what a dreadful film", -2.5),
        ("fine :-)", 1.3),
        ("it is not so splendid", 3.0 * -0.74),
        ("I don’t find it dreadful", -2.5 * -0.74),
        ("not that I mind, splendid", 3.0),  # "not" is too far away
        ("the train leaves at nine", 0.0),
        ("", 0.0),
    ],
)
def test_the_valence_of_a_text(text: str, total: float) -> None:
    assert float(taught()([text])[0]) == pytest.approx(squashed(total), abs=1e-3)


def test_a_text_has_the_same_valence_among_others() -> None:
    lexicon, texts = taught(), ["splendid", "", "not dreadful", "splendid dreadful"]
    alone = torch.cat([lexicon([text]) for text in texts])
    torch.testing.assert_close(lexicon(texts), alone)


@given(st.text(max_size=80))
def test_any_text_has_a_valence_between_the_ends(text: str) -> None:
    value = float(taught(10)([text])[0])
    assert -1 <= value <= 1
    assert all(word == word.lower() for word in words_of(text) if word.isascii())


def test_it_holds_one_word_an_entry_and_the_last_lexicon_only() -> None:
    lexicon = Lexicon(16)
    assert lexicon.is_empty
    assert lexicon.learn(WORDS) == 3  # not what is more than a word
    assert lexicon.learn({"mild": 0.5}) == 1
    assert float(lexicon(["splendid"])[0]) == 0


def test_bad_sizes_and_valences_are_named() -> None:
    with pytest.raises(ValueError, match=r"lexicon must lie in 10\.\.24"):
        Lexicon(30)
    with pytest.raises(ValueError, match="'odd'"):
        taught().learn({"odd": math.nan})


def test_an_empty_one_says_nothing_and_a_full_one_is_weighed(assistant: Assistant) -> None:
    head = built(assistant, lexicon=12, lexicon_weight=2.0, lexicon_margin=0.25)
    encoded = {"text": assistant.encode(["splendid", "the train leaves"], "message")}
    with torch.no_grad():
        plain = head.logits(encoded)
        torch.testing.assert_close(plain, built(assistant).logits(encoded))
        assert head.lexicon is not None
        head.lexicon.learn(WORDS)
        more = head.logits(encoded) - plain
    valence = squashed(3.0)
    doubt = 1.5 * (1 - (plain / 2.0).softmax(-1).amax(-1, keepdim=True))
    wanted = doubt * torch.tensor([[2 * valence, 2 * (0.25 - valence), -2 * valence], [0.0, 0.5, 0.0]])
    torch.testing.assert_close(more, wanted, atol=1e-5, rtol=0)


def test_what_the_classifier_is_sure_of_a_lexicon_leaves_alone(assistant: Assistant) -> None:
    head = built(assistant, lexicon=12, lexicon_weight=4.0)
    sure, unsure = torch.tensor([[-20.0, 0.0, 20.0]]), torch.zeros(1, 3)
    for valence in (1.0, -1.0):
        torch.testing.assert_close(head.joined(sure, None, torch.tensor([valence])), sure, atol=1e-3, rtol=0)
        said = head.joined(unsure, None, torch.tensor([valence]))[0]
        assert head.classes[int(said.argmax())] == ("positive" if valence > 0 else "negative")


def test_nothing_is_trained_around_them(assistant: Assistant) -> None:
    head = built(assistant, words=12, lexicon=12, dropout=0.0)
    records = list(head.examples)
    encoded = {"text": assistant.encode([r["text"] for r in records], "message")}
    assert head.lexicon is not None
    head.train()
    before = float(head.loss(encoded, records).total.detach())
    assert head.words is not None
    head.lexicon.learn({"love": 3.0, "awful": -3.0})
    head.words.fit([r["text"] for r in records], head.targets(records))
    assert float(head.loss(encoded, records).total.detach()) == pytest.approx(before)
    head.eval()
    with torch.no_grad():
        assert head.measure(encoded, records)["nats"] < before


def test_stored_as_int8_it_is_small_and_hardly_other() -> None:
    lexicon = taught(20)
    packed = compress(dict(lexicon.state_dict()))
    assert sum(tensor.nbytes for tensor in packed.values()) < 140_000
    again = Lexicon(20)
    again.load_state_dict(expand(packed))
    texts = ["splendid", "dreadful", "fine"]
    torch.testing.assert_close(again(texts), lexicon(texts), atol=0.01, rtol=0)


def test_words_that_tell_classes_apart_are_learned_and_those_of_one_text_are_not() -> None:
    model = WordModel(3, 14)
    assert model.is_empty
    assert model.fit([*TEXTS, "odd"], torch.tensor([*TARGETS, 2]), penalty=0.01) < 0.5
    assert model(["splendid", "dreadful", "it is"]).argmax(-1).tolist() == [0, 2, 1]
    torch.testing.assert_close(model(["odd"])[0], model([""])[0])


def test_words_fitted_anew_forget_what_they_knew() -> None:
    model, again = WordModel(3, 14), WordModel(3, 14)
    model.fit(["what a day", "what a day"], torch.tensor([0, 2]))
    for each in (model, again):
        each.fit(TEXTS, TARGETS)
    torch.testing.assert_close(model.table, again.table)


def test_words_are_weighed_in_the_logits(assistant: Assistant) -> None:
    head = built(assistant, words=12, words_weight=2.0)
    assert head.words is not None
    encoded = {"text": assistant.encode(TEXTS, "message")}
    with torch.no_grad():
        plain = head.logits(encoded)
        head.words.fit(TEXTS, TARGETS)
        torch.testing.assert_close(head.logits(encoded), plain + 2.0 * head.words(TEXTS).log_softmax(-1))
