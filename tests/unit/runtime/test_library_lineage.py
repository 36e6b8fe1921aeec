"""Vectors of documents belong to the encoder and to the head that made them."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from chatkit_retrieval import Retrieval

from chatkit.runtime.index import DocumentIndex
from chatkit.runtime.library import Library


@pytest.fixture
def documents(tmp_path):
    (tmp_path / "trains.md").write_text("# Trains\n\nThe train to the coast leaves at nine.\n", encoding="utf-8")
    return tmp_path / "trains.md"


def test_it_is_the_same_each_time_and_another_for_other_weights(assistant, load_assistant, trained):
    before = Library(assistant).lineage
    assert before == Library(load_assistant(trained)).lineage
    assert before.startswith(f"{assistant.lineage}-")
    with torch.no_grad():
        assistant.heads["retrieval"].project.weight.mul_(-1)
    assert Library(assistant).lineage != before


def test_documents_of_a_head_of_another_width_are_ranked_by_words_until_they_are_indexed_again(
    assistant, documents, tmp_path
):
    library = Library(assistant, str(tmp_path / "index.db"))
    DocumentIndex(tmp_path / "index.db").add([documents], library.encode, lineage=library.lineage)
    assert library.note() == ""
    old, setup = assistant.heads["retrieval"].state_dict(), assistant.setups["retrieval"]
    options = {**setup.options, "bag": 16}
    head = assistant.add_head(Retrieval, dataclasses.replace(setup, options=options))
    head.load_state_dict({**head.state_dict(), **old})
    head.bag.fill(torch.randn(len(assistant.vocabulary), 16), torch.zeros(len(assistant.vocabulary)), steps=1)
    library = Library(assistant, str(tmp_path / "index.db"))
    text = "when does the train leave?"
    found = library.search(library.query_vector(text), text, 3)
    assert [hit.text for hit in found] == ["The train to the coast leaves at nine."]
    assert "1 passages have no vectors of this model" in library.note()
    added = DocumentIndex(tmp_path / "index.db").add([documents], library.encode, lineage=library.lineage)
    assert added.updated == 1
    assert Library(assistant, str(tmp_path / "index.db")).note() == ""
