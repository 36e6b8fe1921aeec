"""Whether what a message asks for was said: what is judged, and what it makes of the replies that were drawn."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from chatkit_generation import Generation
from chatkit_generation.answerable import Answerable, owns_up
from torch.nn import functional

from chatkit.assistant import Assistant
from chatkit.registry import Registry
from chatkit.runtime.api import Chat

OPENS = torch.tensor([0])
TOLD, ASKED, KINDS, WIDTH = 1, 2, 8, 6  # ids that open what is told and what is asked; kinds of things; of the states
CHOOSE = {"fluency": 1.0}
UNKNOWN = ["I know few facts.", "That I do not know, I am small."]
UNANSWERED = ["You have not told me that yet.", "I do not know that, you have not told me."]


def conversations(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Two things told, one asked for: ids (N, T) with the opening of a reply last, and whether that was told (N,)."""
    drawn = torch.Generator().manual_seed(seed)
    order = torch.rand(count, KINDS, generator=drawn).argsort(1) + 3
    told = torch.rand(count, generator=drawn) < 0.5
    rows = []
    for (first, second, third, *_), known in zip(order.tolist(), told.tolist(), strict=True):
        rows.append([0, TOLD, first, 0, TOLD, second, 0, ASKED, second if known else third, 0])
    return torch.tensor(rows), told


def test_it_learns_what_was_not_said_and_knows_it_of_what_it_never_saw() -> None:
    torch.manual_seed(1)
    table = functional.normalize(torch.randn(KINDS + 3, 12), dim=-1)
    judge = Answerable(WIDTH, 12, 8)
    optimiser = torch.optim.Adam(judge.parameters(), lr=0.05)
    states = torch.zeros(64, 10, WIDTH)
    for step in range(200):
        ids, told = conversations(64, step)
        odds = judge(states, ids, table[ids], OPENS).unsaid.view(64, -1)[:, -1]
        loss = functional.binary_cross_entropy_with_logits(odds, (~told).float())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    ids, told = conversations(64, 1000)
    found = judge(states, ids, table[ids], OPENS).unsaid.view(64, -1)[:, -1] > 0
    assert (found == ~told).float().mean() > 0.95


@torch.no_grad()
def test_one_conversation_is_judged_as_among_others_and_its_future_does_not_matter() -> None:
    torch.manual_seed(2)
    judge = Answerable(WIDTH, 5, 4)
    ids = torch.tensor([[0, 3, 4, 0, 5, 0, 3, 6, 0, 7, 7], [0, 9, 9, 0, 3, 0, 1, 2, 0, 4, 4]])
    states, embedded = torch.randn(2, 11, WIDTH), torch.randn(2, 11, 5)
    odds = torch.stack(judge(states, ids, embedded, OPENS)).sigmoid()
    assert odds.shape == (4, 8)  # four openings each
    assert odds.isfinite().all()
    found = judge.judge(states[1, :9], ids[1, :9], embedded[1, :9], OPENS)
    assert found == pytest.approx(odds[:, 7].tolist(), abs=1e-5)
    assert 0 < found[1] < found[0] < 1
    first = judge.judge(states[1, :4], ids[1, :4], embedded[1, :4], OPENS)  # nothing was said before the message
    assert first == pytest.approx(odds[:, 5].tolist(), abs=1e-5)
    assert judge.judge(torch.zeros(0, WIDTH), torch.zeros(0, dtype=torch.int64), torch.zeros(0, 5), OPENS) == (0,) * 4
    assert judge.judge(states[0, 2:3], ids[0, 2:3], embedded[0, 2:3], OPENS) == (0,) * 4  # no message before it


@pytest.mark.parametrize(
    "text", ["You have not told me your name.", "you have not told me what you drive", "I do not know that, sorry."]
)
def test_what_owns_up_is_known(text: str) -> None:
    assert owns_up(text, [*UNANSWERED, "I do not know that."])


@pytest.mark.parametrize("text", ["You told me that your name is Sean.", "Your dog is called Olive.", "", "I see."])
def test_what_does_not_own_up_is_known(text: str) -> None:
    assert not owns_up(text, UNANSWERED)


@pytest.fixture
def with_judge(model: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Replies that are left of some to a message that asks for what was not said, or of the world."""
    held = Assistant.load(model, Registry(safe=True).load)
    setup = held.setups["generation"]
    options = {**setup.options, "answerable": 4, "unanswered": UNANSWERED, "unknown": UNKNOWN, "choose": CHOOSE}
    held.add_head(Generation, dataclasses.replace(setup, options=options))
    held.save_head("generation", model / "heads" / "generation")
    chat = Chat(model, safe=True)

    def left(unsaid: float, drawn: list[str], unlike: tuple[str, ...] = (), world: float = 0.0) -> list[str]:
        monkeypatch.setattr(Answerable, "judge", lambda *args: (0.9, unsaid, world, 0.0))
        monkeypatch.setattr(Generation, "_draw", lambda *args: list(drawn))
        said = chat.ask("what is my name?", heads=["generation"], seed=3, unlike=unlike).as_json()
        if "generation" not in said["choices"]:  # there was but one
            return [
                each.answer.plain for each in chat.ask("what is my name?", heads=["generation"], unlike=unlike).answers
            ]
        return [each["text"] for each in said["choices"]["generation"]["candidates"]]

    return left


INVENTED, HONEST = "It is a short one.", "You have not told me your name."


def test_of_what_was_not_said_only_replies_that_own_up_are_left(
    with_judge: Callable[..., list[str]],
) -> None:
    assert with_judge(0.9, [INVENTED, HONEST, "You are somebody."]) == [HONEST]
    assert with_judge(0.9, [INVENTED, "You are somebody."]) == UNANSWERED
    assert with_judge(0.9, [INVENTED], (UNANSWERED[0],)) == UNANSWERED[1:]
    assert with_judge(0.3, [INVENTED, HONEST]) == [INVENTED, HONEST]


def test_of_what_was_said_those_are_left_that_do_not(with_judge: Callable[..., list[str]]) -> None:
    assert with_judge(0.01, [INVENTED, HONEST, "You are somebody."]) == [INVENTED, "You are somebody."]
    assert with_judge(0.01, [HONEST, "You have not told me that."]) == [HONEST, "You have not told me that."]


def test_of_what_is_asked_of_the_world_only_replies_that_say_so_are_left(with_judge: Callable[..., list[str]]) -> None:
    assert with_judge(0.01, [INVENTED, "I know few facts, sorry."], world=0.95) == ["I know few facts, sorry."]
    assert with_judge(0.01, [INVENTED, HONEST], world=0.95) == UNKNOWN
    assert with_judge(0.01, [INVENTED], (UNKNOWN[0],), world=0.95) == UNKNOWN[1:]
    assert with_judge(0.01, [INVENTED, HONEST], world=0.5) == [INVENTED]
    assert with_judge(0.9, [INVENTED, HONEST], world=0.85) == [HONEST]  # the likelier of both


def test_what_asks_for_what_may_have_been_said_has_no_precedent_but_what_is_nearly_the_same(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, pairs = Assistant.load(model, Registry(safe=True).load), [("what is my name?", "I am chatkit.")]
    setup = held.setups["generation"]
    options = {**setup.options, "answerable": 4, "unanswered": UNANSWERED, "precedents": 60, "choose": {"fluency": 1.0}}
    head = held.add_head(Generation, dataclasses.replace(setup, options=options))
    assert isinstance(head, Generation)
    assert head.precedents is not None
    head.precedents.learn(pairs, [], held.vocabulary)
    held.save_head("generation", model / "heads" / "generation")
    chat = Chat(model, safe=True)
    for asks, text, known in (
        (0.1, "what's my name?", True),
        (0.9, "what's my name?", False),
        (0.9, "what is my name", True),
    ):
        monkeypatch.setattr(Answerable, "judge", lambda *args, asks=asks: (asks, 0.3, 0.0, 0.0))
        said = chat.ask(text, heads=["generation"], seed=3).as_json()
        texts = [each["text"] for each in said["choices"]["generation"]["candidates"]]
        assert ("I am chatkit." in texts) == known


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"answerable": -1}, "answerable must be a whole number"),
        ({"answerable": True}, "answerable must be a whole number"),
        ({"answerable": "many"}, "answerable must be a whole number"),
        ({"answerable": 4, "unanswered": "no"}, "unanswered must be a list of replies"),
        ({"answerable": 4, "unanswered": [""]}, "unanswered must be a list of replies"),
        ({"answerable": 4, "unknown": "no"}, "unknown must be a list of replies"),
    ],
)
def test_options_that_make_no_sense_are_the_users_mistake(trained: Path, options: dict[str, object], said: str) -> None:
    from chatkit.errors import HeadError

    held = Assistant.load(trained, Registry(safe=True).load)
    setup = held.setups["generation"]
    with pytest.raises((HeadError, ValueError), match=said):
        held.add_head(Generation, dataclasses.replace(setup, options={**setup.options, **options}))


@pytest.fixture(scope="module")
def shipped() -> Chat:
    from chatkit import paths

    return Chat(paths.shipped_model(), safe=True)


@pytest.mark.parametrize("text", ["what is my name?", "do you know where I live?", "what is my sister called?"])
def test_the_assistant_that_ships_owns_up_to_what_it_was_not_told(shipped: Chat, text: str) -> None:
    assert re.search("not told|not said|do not know", shipped.ask(text, heads=["generation"], seed=1).reply)


def test_the_assistant_that_ships_knows_what_it_was_told(shipped: Chat) -> None:
    history = [
        {"speaker": "user", "text": "my name is Lena and I work as a nurse"},
        {"speaker": "assistant", "text": "Nice to meet you, Lena."},
    ]
    assert "Lena" in shipped.ask("what is my name?", history=history, heads=["generation"], seed=1).reply
