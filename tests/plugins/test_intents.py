"""What a message tells, asks or wants: it is learned from examples, kept with the head, and decides what is said."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from chatkit_generation import Generation
from chatkit_generation.acts import ACTS
from chatkit_generation.answerable import Answerable, Probabilities
from chatkit_generation.honest import NOTED
from chatkit_generation.intents import (
    ASKED,
    GRAMS,
    GROUPS,
    MOST_WORDS,
    NOTE,
    READ,
    TELLS,
    TOLD,
    Intended,
    Intents,
    grams_of,
    intents_of,
    loss_of,
    pooled,
)
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from chatkit.assistant import Assistant
from chatkit.errors import HeadError
from chatkit.head.encoded import Encoded
from chatkit.registry import Registry
from chatkit.runtime.api import Chat

REPLIES: dict[str, dict[str, list[str]]] = {
    "bad": {"mishap": ["What a mess.", "That was bad luck."]},
    "good": {"achieved": ["Well earned."]},
    "life": {"detail": []},
    "talk": {"about_you": []},
    "wants": {TOLD: [], NOTE: [], **{name: [] for name in ASKED}, "wants_joke": [], "leaving": []},
}
GROUP_OF = {name: group for group, intents in REPLIES.items() for name in intents}
WIDTH = 4


def intended(words: int = 9, /, **shares: float) -> Intended:
    """What a message tells or wants with some probabilities; what is left of 1 is "detail"."""
    each = {**dict.fromkeys(GROUP_OF, 0.0), **shares}
    each["detail"] += max(0.0, 1 - sum(each.values()))
    groups = {group: sum(each[name] for name in intents) for group, intents in REPLIES.items()}
    return Intended(each, groups, frozenset(REPLIES["wants"]), words)


def encoded(rows: Sequence[torch.Tensor]) -> Encoded:
    """States of messages, padded with what must not matter."""
    lengths = torch.tensor([len(row) for row in rows])
    states = torch.full((len(rows), int(lengths.max()), WIDTH), 99.0)
    for place, row in enumerate(rows):
        states[place, : len(row)] = row
    ids = torch.zeros(states.shape[:2], dtype=torch.int64)
    return Encoded(ids, lengths, states, ids)


# What is learned.


def test_it_learns_intents_of_words_and_of_states_and_knows_what_it_never_saw() -> None:
    torch.manual_seed(1)
    intents = Intents(2, REPLIES)
    examples = [("I dropped the jug", "mishap"), ("I won the cup", "achieved"), ("note down the jug", NOTE)]
    wanted = functional.one_hot(torch.tensor([intents.names.index(name) for _, name in examples]), len(intents.names))
    states = torch.tensor([[1.0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]])
    optimiser = torch.optim.Adam(intents.parameters(), lr=0.1)
    grams, either = [grams_of(text) for text, _ in examples], torch.zeros(3, dtype=torch.bool)
    for _ in range(50):
        optimiser.zero_grad()
        loss_of(intents(states, grams), wanted.float(), either=either).mean().backward()
        optimiser.step()
    none = torch.zeros(1, 4)
    by_words = intents(none, [grams_of("dropped a plate")]), intents(none, [grams_of("NOTE DOWN: milk!")])
    assert [intents.names[int(odds.argmax())] for odds in by_words] == ["mishap", NOTE]
    by_states = intents(torch.tensor([[0.0, 2, 0, 0]]), [[]])
    assert intents.names[int(by_states.argmax())] == "achieved"


@torch.no_grad()
def test_untaught_it_is_sure_of_nothing() -> None:
    [found] = Intents(WIDTH, REPLIES).judge(["I dropped the jug"], encoded([torch.randn(3, WIDTH)]))
    assert [*found.each.values()] == pytest.approx([1 / len(GROUP_OF)] * len(GROUP_OF))
    assert not found.is_sure("mishap")
    assert Intents(WIDTH, REPLIES).said_to(found) == ()


@torch.no_grad()
def test_a_message_is_judged_as_among_others_and_shares_add_up() -> None:
    torch.manual_seed(2)
    intents, rows = Intents(WIDTH, REPLIES), [torch.randn(5, WIDTH), -torch.rand(1, WIDTH), torch.randn(9, WIDTH)]
    for weights in intents.parameters():
        weights.normal_()
    texts = ["I dropped the jug", "", "what did I say? " * 9]
    together = intents.judge(texts, encoded(rows))
    for text, row, found in zip(texts, rows, together, strict=True):
        [alone] = intents.judge([text], encoded([row]))
        assert [*found.each.values()] == pytest.approx([*alone.each.values()], abs=1e-5)
        assert sum(found.each.values()) == pytest.approx(1)
        assert {*found.groups} == {*GROUPS}
        for group, of in REPLIES.items():
            assert found.groups[group] == pytest.approx(sum(found.each[name] for name in of))
        assert found.wants == {*REPLIES["wants"]}
        assert found.words == len(text.rstrip("? ").split())


@torch.no_grad()
def test_with_the_fewest_intents_the_groups_that_have_none_are_never_told() -> None:
    intents = Intents(WIDTH, intents_of({"wants": {TOLD: [], NOTE: []}}))
    [found] = intents.judge(["hm"], encoded([torch.randn(2, WIDTH)]))
    assert found.groups == pytest.approx({"bad": 0, "good": 0, "life": 0, "talk": 0, "wants": 1})
    assert intents.said_to(found) == ()
    assert not found.only_tells
    assert found.mood({"negative": 0.9}) == {"negative": 0.0, "positive": 0.0}


def test_what_is_pooled_is_the_mean_and_the_maximum_of_what_is_known() -> None:
    rows = encoded([torch.tensor([[1.0, -2, 0, 4], [3, -4, 0, 0]]), torch.full((1, WIDTH), -5.0)])
    assert pooled(rows.states, rows.mask).tolist() == [[2, -3, 0, 2, 3, -2, 0, 4], [-5] * 8]


def test_a_loss_is_of_shares_or_of_any_of_some() -> None:
    odds = torch.tensor([[2.0, 0, -1], [2, 0, -1], [0, 0, 0]], requires_grad=True)
    wanted = torch.tensor([[1.0, 0, 0], [0.65, 0.35, 0], [1, 1, 0]])
    losses = loss_of(odds, wanted, either=torch.tensor([False, False, True]))
    logs = odds.detach().log_softmax(1)
    expected = [-logs[0, 0], -(0.65 * logs[1, 0] + 0.35 * logs[1, 1]), -torch.tensor(2 / 3).log()]
    assert losses.tolist() == pytest.approx([each.item() for each in expected], abs=1e-6)
    losses.sum().backward()
    assert odds.grad is not None
    assert odds.grad.isfinite().all()
    assert odds.grad[2, 2] > 0 > odds.grad[2, 0]


# Words as numbers.


def test_words_are_the_same_however_they_are_typed_and_their_order_counts() -> None:
    assert grams_of("Im DONE, thx!") == grams_of("i'm done thanks")
    assert grams_of("dog bites man") != grams_of("man bites dog")
    assert {*grams_of("reminding")} & {*grams_of("reminded")} - {*grams_of("")}  # begin alike


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", ["", " ", "?!", "word " * 200_000, "x" * 1_000_000, "a b " * 250_000])
def test_no_text_and_a_megabyte_of_it_have_few_grams(text: str) -> None:
    assert 1 <= len(grams_of(text)) <= 3 * MOST_WORDS + 1
    assert grams_of(text) == grams_of(text[:READ])


@given(st.text(max_size=2 * READ))
def test_any_text_has_grams(text: str) -> None:
    grams = grams_of(text)
    assert grams == sorted({*grams})
    assert 1 <= len(grams) <= 3 * MOST_WORDS + 1
    assert all(0 <= bucket < GRAMS for bucket in grams)
    assert grams == grams_of(text)


# The option.


def test_the_option_says_groups_intents_and_replies() -> None:
    read = intents_of(REPLIES)
    assert {group: {name: [*lines] for name, lines in of.items()} for group, of in read.items()} == REPLIES
    assert intents_of({}) == {}


WANTS: dict[str, list[str]] = {TOLD: [], NOTE: []}


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (5, "intents must be a table of groups, got 5"),
        (None, "intents must be a table of groups, got None"),
        (["mishap"], "intents must be a table of groups, got ['mishap']"),
        ({"bda": {}}, "intents: no group 'bda'; did you mean bad?"),
        ({"zzz": {}}, "intents: no group 'zzz'; there are: bad, good, life, talk, wants"),
        ({5: {}}, "intents: no group 5; there are: bad, good, life, talk, wants"),
        ({"bad": ["Oh."]}, "intents.bad must be a table of replies by intent, got ['Oh.']"),
        ({"bad": {"mishap": "Oh."}}, "intents.bad.mishap must be a list of replies, got 'Oh.'"),
        ({"bad": {"mishap": None}}, "intents.bad.mishap must be a list of replies, got None"),
        ({"bad": {"mishap": [5]}}, "intents.bad.mishap must be a list of replies, got [5]"),
        ({"bad": {"mishap": ["Oh.", " "]}}, "intents.bad.mishap must be a list of replies, got ['Oh.', ' ']"),
        ({"wants": WANTS, "bad": {TOLD: []}}, "intents: asks_told is in two groups"),
        ({"wants": {NOTE: []}}, "intents.wants must have asks_told"),
        ({"wants": {TOLD: []}}, "intents.wants must have wants_note"),
        ({"talk": WANTS}, "intents.wants must have asks_told"),
        ({"bad": {"mishap": ["Oh."]}}, "intents.wants must have asks_told"),
        ({"bad": {}}, "intents.wants must have asks_told"),
    ],
)
def test_a_bad_option_is_told_in_one_line(option: Any, message: str) -> None:
    with pytest.raises(ValueError) as raised:
        intents_of(option)
    assert str(raised.value) == message


# What is made of it.


@given(
    st.sampled_from(ACTS),
    st.dictionaries(st.sampled_from(["negative", "positive"]), st.floats(0, 1)),
    st.booleans(),
)
def test_where_intents_are_not_judged_all_is_as_it_was_heard(act: str, mood: Mapping[str, float], sad: bool) -> None:
    nothing = Intended()
    assert nothing.act(act) == act
    assert nothing.mood(mood) == mood
    assert nothing.is_sad(sad) == sad
    assert not any([nothing.asks_nothing, nothing.only_tells, nothing.puts_nothing_right, nothing.is_sure(TOLD, NOTE)])
    assert nothing.with_wants(nothing) == nothing


@pytest.mark.parametrize(
    ("shares", "act", "meant"),
    [
        ({"asks_advice": 0.9}, "question", "advice"),
        ({"asks_fact": 0.9}, "advice", "question"),
        ({"asks_opinion": 0.9}, "personal", "opinion"),
        ({"asks_you": 0.9}, "opinion", "personal"),
        ({"asks_advice": 0.45}, "question", "question"),  # it is not sure that it asks
        ({"asks_advice": 0.2, "asks_told": 0.7}, "question", "question"),  # something else is rather meant
        ({"asks_advice": 0.9}, "statement", "statement"),  # by its form it asks nothing
        ({"mishap": 0.4}, "plan", "statement"),
        ({"mishap": 0.3}, "plan", "plan"),
        ({}, "directive", "statement"),
        ({}, "leaving", "statement"),
        ({}, "question", "statement"),
        ({"leaving": 0.6}, "statement", "leaving"),
        ({"leaving": 0.4}, "statement", "statement"),
        ({"wants_note": 0.2}, "directive", "directive"),
        ({"wants_joke": 0.2}, "leaving", "leaving"),
        ({}, "hope", "hope"),
    ],
)
def test_the_act_is_what_is_meant_where_the_form_says_another(shares: dict[str, float], act: str, meant: str) -> None:
    assert intended(**shares).act(act) == meant


@given(st.sampled_from(ACTS), st.dictionaries(st.sampled_from([*GROUP_OF]), st.floats(0, 1)))
def test_whatever_is_meant_is_an_act(act: str, shares: dict[str, float]) -> None:
    assert intended(**shares).act(act) in ACTS


def test_a_mood_is_that_of_what_is_told() -> None:
    heard = {"negative": 0.9, "positive": 0.1}
    assert intended(achieved=0.6).mood(heard) == {"negative": 0.0, "positive": 1.0}
    assert intended(mishap=0.8).mood({}) == {"negative": 1.0, "positive": 0.0}
    assert intended().mood(heard) == {"negative": 0.0, "positive": 0.0}
    assert intended(mishap=0.5).is_sad(True)
    assert not intended(mishap=0.5).is_sad(False)
    assert not intended(mishap=0.1).is_sad(True)  # "we buried the treasure"


def test_what_only_tells_wants_nothing_and_least_of_all_a_note() -> None:
    assert intended(wants_joke=0.1).only_tells
    assert intended(wants_joke=0.1).asks_nothing
    assert not intended(wants_joke=0.2).asks_nothing
    assert not intended(wants_joke=0.2).only_tells
    assert intended(wants_note=0.1).asks_nothing
    assert not intended(wants_note=0.1).only_tells
    assert intended(2).asks_nothing
    assert not intended(2).only_tells  # "and rice" may go on with a list
    assert intended(mishap=0.9).puts_nothing_right
    assert not intended(about_you=0.3).puts_nothing_right
    assert not intended(asks_told=0.3).puts_nothing_right


def test_some_intents_are_sure_together() -> None:
    assert intended(asks_told=0.3, wants_note=0.3).is_sure(TOLD, NOTE)
    assert not intended(asks_told=0.3, wants_note=0.3).is_sure(TOLD)
    assert not intended(mishap=0.9).is_sure("no_such")


def test_what_a_part_wants_counts_where_it_is_surer_and_what_it_tells_does_not() -> None:
    whole, part = intended(mishap=0.9, wants_note=0.1), intended(achieved=0.2, wants_note=0.8)
    both = whole.with_wants(part)
    assert (both.each["mishap"], both.each["achieved"], both.each[NOTE]) == (0.9, 0.0, 0.8)
    assert (both.groups["wants"], both.groups["bad"], both.groups["good"]) == (0.8, 0.9, 0.0)
    assert part.with_wants(whole).each == part.each


def test_replies_are_those_of_an_intent_that_is_sure_and_has_some() -> None:
    intents = Intents(WIDTH, REPLIES)
    assert intents.said_to(intended(mishap=TELLS)) == tuple(REPLIES["bad"]["mishap"])
    assert intents.said_to(intended(mishap=TELLS - 0.01)) == ()
    assert intents.said_to(intended(mishap=0.4), 0.3) == tuple(REPLIES["bad"]["mishap"])
    assert intents.said_to(intended(detail=0.99)) == ()
    assert intents.said_to(Intended()) == ()


# What the head makes of it.

UNANSWERED = ["You have not told me that yet."]
DRAWN = ["It rains.", "It snows."]
PIGEON = "a pigeon stole half of my lunch"


def with_head(model: Path, intents: Any) -> Generation:
    """A small assistant whose head owns up to what was not said, with intents."""
    held = Assistant.load(model, Registry(safe=True).load)
    setup = held.setups["generation"]
    options = {**setup.options, "answerable": 4, "unanswered": UNANSWERED, "choose": {"fluency": 1.0}}
    options["intents"] = intents
    head = held.add_head(Generation, dataclasses.replace(setup, options=options))
    held.save_head("generation", model / "heads" / "generation")
    assert isinstance(head, Generation)
    return head


Says = Callable[..., list[str]]
JUDGES = Answerable.forward


def noting_nothing(judge: Answerable, *args: torch.Tensor) -> Any:
    """What is judged of earlier messages, untaught: that none was to be noted."""
    odds = JUDGES(judge, *args)
    return odds._replace(notes=torch.full_like(odds.notes, -20.0))


@pytest.fixture
def says(model: Path, monkeypatch: pytest.MonkeyPatch) -> Says:
    """Replies to a message whose intents are given, after some others of the user's."""
    with_head(model, REPLIES)
    chat = Chat(model, safe=True)
    monkeypatch.setattr(Answerable, "judge", lambda *args: Probabilities(0.0, 0.0, 0.0, 0.0))
    monkeypatch.setattr(Answerable, "forward", noting_nothing)
    monkeypatch.setattr(Generation, "_draw", lambda *args: list(DRAWN))

    def said(text: str, latest: Intended, *told: str, replies: Sequence[str] = (), unlike: Sequence[str] = ()) -> Any:
        def judge(intents: Intents, texts: Sequence[str], states: Encoded) -> list[Intended]:
            assert len(states.ids) == len(texts)
            return [latest if each == text else intended() for each in texts]

        monkeypatch.setattr(Intents, "judge", judge)
        history = [{"speaker": "user", "text": each} for each in told]
        history += [{"speaker": "assistant", "text": each} for each in replies]
        given = chat.ask(text, history=history, heads=["generation"], seed=3, unlike=tuple(unlike))
        choices = given.as_json().get("choices", {})
        if "generation" not in choices:  # there was but one
            return [each.answer.plain for each in given.answers]
        return [each["text"] for each in choices["generation"]["candidates"]]

    return said


def test_to_what_is_told_for_sure_its_replies_are_said_and_none_twice(says: Says) -> None:
    first, second = lines = REPLIES["bad"]["mishap"]
    assert sorted(says("I dropped the jug", intended(mishap=0.9))) == sorted(lines)
    assert says("I dropped the jug", intended(mishap=0.9), "hm", replies=[first]) == [second]
    assert says("I dropped the jug", intended(mishap=0.9), unlike=[second]) == [first]
    assert says("I dropped the jug", intended(mishap=0.9), "hm", replies=lines) == DRAWN
    assert says("I dropped the jug", intended(mishap=0.6)) == DRAWN
    assert says("I dropped the jug", intended(mishap=0.6), "hm", replies=["Where was that?"]) == DRAWN
    listened = says("I dropped the jug", intended(mishap=0.6), "hm", replies=["Go on, I'm listening."])
    assert sorted(listened) == sorted(lines)  # to listen twice in a row tires
    assert says("I dropped the jug", intended(detail=1.0)) == DRAWN


def test_what_asks_for_what_was_told_is_answered_with_what_comes_closest(says: Says) -> None:
    told, question = ("I like tea a lot", PIGEON), "the thief of my lunch was of which kind"
    asked = says(question, intended(asks_told=0.9), *told)
    assert asked
    assert all(PIGEON in reply for reply in asked)
    assert says(question, intended(), *told) == DRAWN


def test_what_wants_a_note_is_noted(says: Says) -> None:
    wish = "the dentist must not slip away from us, friday at nine"
    noted = says(wish, intended(wants_note=0.9))
    begins = tuple(form.partition("{")[0] for form in NOTED)
    assert noted
    assert all(reply.startswith(begins) and "friday at nine" in reply for reply in noted)
    assert says(wish, intended()) == DRAWN


def test_intents_are_kept_with_the_head_and_no_loss_of_it_changes_them(model: Path) -> None:
    head = with_head(model, REPLIES)
    assert head.intents is not None
    assert not any(weights.requires_grad for weights in head.intents.parameters())
    loaded = Assistant.load(model, Registry(safe=True).load).heads["generation"]
    assert isinstance(loaded, Generation)
    assert loaded.intents is not None
    assert loaded.intents.names == head.intents.names
    assert loaded.intents.replies == {name: tuple(lines) for of in REPLIES.values() for name, lines in of.items()}


def test_a_head_without_intents_judges_none_and_reads_no_message_for_them(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = with_head(model, {})
    assert head.intents is None
    assert not [key for key in head.state_dict() if key.startswith("intents")]
    monkeypatch.setattr(Intents, "judge", lambda *args: pytest.fail("it is judged"))
    monkeypatch.setattr(Generation, "_draw", lambda *args: list(DRAWN))
    chat = Chat(model, safe=True)
    for text in ("I dropped the jug", "", "what did I say? and why?"):
        assert chat.ask(text or " ", heads=["generation"], seed=1).reply


@pytest.mark.parametrize("option", ["mishap", {"bad": {"mishap": ["Oh."]}}])
def test_an_option_of_a_head_that_makes_no_sense_is_the_users_mistake(trained: Path, option: Any) -> None:
    held = Assistant.load(trained, Registry(safe=True).load)
    setup = held.setups["generation"]
    with pytest.raises((HeadError, ValueError), match="intents"):
        held.add_head(Generation, dataclasses.replace(setup, options={**setup.options, "intents": option}))
