"""The Python API: ``chatkit.load(path).ask(text)``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import chatkit
from chatkit import paths
from chatkit.errors import HeadError, ModelError
from chatkit.runtime.api import Chat
from chatkit.runtime.library import Library


@pytest.fixture(scope="module")
def chat(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Chat:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHATKIT_HOME", str(tmp_path_factory.mktemp("api-home")))
        made = chatkit.load(trained)
        made.ask("open the index here")
    return made


def test_every_head_answers(chat: Chat) -> None:
    reply = chat.ask("I love this", seed=3)
    by_head = {item.head: item.answer for item in reply.answers}
    assert {"sentiment", "retrieval", "generation"} <= set(by_head)
    assert reply.text == "I love this"
    assert reply.seed == 3
    assert not reply.failures
    assert reply.reply == by_head["generation"].plain
    assert by_head["sentiment"].as_json()["label"] in ("positive", "neutral", "negative")


def test_as_json_is_the_contract_of_ask(chat: Chat) -> None:
    data = json.loads(json.dumps(chat.ask("I love this", seed=3).as_json()))
    assert set(data) == {"text", "answers", "familiarity", "model", "seed", "timing"}
    assert data["model"] == {"name": "small", "lineage": chat.assistant.lineage}
    for answer in data["answers"]:
        assert {"head", "type"} <= set(answer)
        kind = {"sentiment": {"label", "probabilities"}, "retrieval": {"items"}, "generation": {"text"}}
        assert kind.get(answer["head"], set()) <= set(answer)
    (ranking,) = [a for a in data["answers"] if a["head"] == "retrieval"]
    assert all({"text", "score", "source"} <= set(item) for item in ranking["items"])


def test_the_shipped_pages_are_ranked(chat: Chat) -> None:
    (ranking,) = chat.ask("how do I add a head?", heads=["retrieval"]).answers
    assert any("add-a-head" in item["source"] for item in ranking.answer.as_json()["items"])


def test_pages_of_another_installation_are_not_ranked_beside_its_own(
    chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATKIT_HOME", str(tmp_path / "home"))
    other = shutil.copytree(paths.shipped_docs(), tmp_path / "other")
    found = []
    for pages in (paths.shipped_docs(), other):
        monkeypatch.setattr(paths, "shipped_docs", lambda pages=pages: pages)
        found.append([hit.source for hit in Library(chat.assistant).search(None, "how do I add a head?", 50)])
    assert sorted(found[0]) == sorted(found[1])


def test_options_and_seed(chat: Chat) -> None:
    options = {"temperature": 1.0, "top_p": 1.0, "max_tokens": 12}
    one, two = (chat.ask("hello", heads=["generation"], seed=7, **options) for _ in range(2))
    assert one.reply == two.reply
    assert one.timing["tokens"] <= 12
    history = [{"speaker": "user", "text": "hi"}, {"speaker": "assistant", "text": "hello"}]
    assert chat.ask("and you?", history=history, heads=["generation"]).answers


def test_a_head_that_is_not_there_is_named(chat: Chat) -> None:
    with pytest.raises(HeadError, match=r"no head nobody.*loaded: generation"):
        chat.ask("x", heads=["nobody"])


def test_a_failing_head_is_told_beside_the_answers(chat: Chat) -> None:
    reply = chat.ask("x", temperature=-1)
    (failure,) = reply.as_json()["failures"]
    assert failure["head"] == "generation"
    assert "temperature must be at least 0" in failure["message"]
    assert {a.head for a in reply.answers} >= {"sentiment", "retrieval"}


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such model folder"):
        chatkit.load(tmp_path / "none")
