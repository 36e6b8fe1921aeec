"""``LanguageModel.replies_only``: the turns of the assistant count, and nothing else."""

from __future__ import annotations

import pytest
import torch

from chatkit.assistant import Assistant
from chatkit.data.batching import pad
from chatkit.head.encode import encode_padded
from chatkit.head.setup import HeadSetup
from chatkit.plugin_api import LanguageModel
from chatkit.text.views import conversation_ids

TURNS = [
    {"speaker": "user", "text": "what a lovely day"},
    {"speaker": "assistant", "text": "it is good fun"},
    {"speaker": "user", "text": "thank you"},
]


class Replies(LanguageModel):
    name = "replies"
    replies_only = True


@pytest.fixture
def head(assistant: Assistant) -> LanguageModel:
    made = assistant.add_head(Replies, HeadSetup())
    assert isinstance(made, LanguageModel)
    return made


def counted(assistant: Assistant, head: LanguageModel, ids: list[int]) -> list[int]:
    """The next pieces that count."""
    encoded = encode_padded(assistant.backbone.encoder, pad([ids], assistant.tokenizer.pad), tokenizer=None)
    text = encoded
    return text.next_ids[head._counted(text)].tolist()


def test_the_reply_counts_and_its_end_but_not_what_it_answers(assistant: Assistant, head: LanguageModel) -> None:
    tokenizer = assistant.tokenizer
    ids = conversation_ids(tokenizer, {"turns": TURNS})
    assert counted(assistant, head, ids) == [*tokenizer.encode(TURNS[1]["text"]), tokenizer.end]


def test_a_window_that_begins_within_a_turn_counts_from_the_next_one(assistant: Assistant, head: LanguageModel) -> None:
    tokenizer = assistant.tokenizer
    ids = conversation_ids(tokenizer, {"turns": TURNS})
    reply = len(conversation_ids(tokenizer, {"turns": TURNS[:1]}))
    assert counted(assistant, head, ids[2:]) == counted(assistant, head, ids)
    assert counted(assistant, head, ids[reply + 1 :]) == []


def test_loss_and_figures_are_of_what_counts(assistant: Assistant, head: LanguageModel) -> None:
    records = [{"turns": TURNS}, {"turns": TURNS[:2]}]
    encoded = assistant.encode_records(head, records)
    with torch.inference_mode():
        loss, sums = head.loss(encoded, records), head.measure(encoded, records)
    assert loss.count == sums["count"] == 2 * (len(assistant.tokenizer.encode(TURNS[1]["text"])) + 1)
    assert sums["words"] == 2 * 5  # four words and the end of the turn
    plain = assistant.heads["generation"]
    assert plain.loss(encoded, records).count > loss.count
