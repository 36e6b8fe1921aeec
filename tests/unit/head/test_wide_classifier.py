"""A classifier with a wide part: sound by the kit, off by default, and weighed in the logits."""

from __future__ import annotations

from types import MappingProxyType

import pytest
import torch
from chatkit_sentiment import Sentiment

from chatkit.assistant import Assistant
from chatkit.head.encoded import Info
from chatkit.testing import run_checks


class WideSentiment(Sentiment):
    kit_options = MappingProxyType({"wide": 8})


def built(assistant: Assistant, **options: object) -> Sentiment:
    head = Sentiment()
    head.build(Info(assistant.backbone.encoder.width), assistant.vocabulary, **options)
    return head.eval()


def test_the_kit_finds_nothing() -> None:
    report = run_checks(WideSentiment)
    assert report.ok, str(report)


def test_without_it_a_head_has_the_weights_it_always_had(assistant: Assistant) -> None:
    assert not [name for name in built(assistant).state_dict() if "wide" in name]
    assert [name for name in built(assistant, wide=8).state_dict() if "wide" in name] == ["wide.table", "wide.bias"]


def test_its_weight_is_that_in_the_logits(assistant: Assistant) -> None:
    torch.manual_seed(1)
    head = built(assistant, wide=8, wide_weight=2.0)
    assert head.wide is not None
    torch.nn.init.normal_(head.wide.table)
    encoded = {"text": assistant.encode(["I love this", "how dull"], "message")}
    with torch.no_grad():
        both = head.logits(encoded)
        head.wide_weight = 0.0
        deep = head.logits(encoded)
        wide = head.wide(encoded["text"].ids, encoded["text"].mask).log_softmax(-1)
    torch.testing.assert_close(both, deep + 2.0 * wide)


def test_each_part_learns_by_its_own_loss_and_is_measured_as_one(assistant: Assistant) -> None:
    torch.manual_seed(1)
    head = built(assistant, wide=8, dropout=0.0)
    records = list(head.examples)
    encoded = {"text": assistant.encode([r["text"] for r in records], "message")}
    whole = float(head.loss(encoded, records).total.detach())
    assert whole == pytest.approx(head.measure(encoded, records)["nats"], rel=1e-5)
    head.train()
    parts = float(head.loss(encoded, records).total.detach())
    assert parts == pytest.approx(whole + len(records) * torch.log(torch.tensor(3.0)).item(), rel=1e-4)
