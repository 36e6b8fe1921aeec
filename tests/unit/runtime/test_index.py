import os
import shutil
import sqlite3
import stat
import time

import numpy as np
import pytest

from chatkit import paths
from chatkit.errors import DataError, StorageError
from chatkit.head.answer import Hit
from chatkit.runtime import indexing
from chatkit.runtime.index import DocumentIndex
from chatkit.runtime.searcher import Searcher
from chatkit.runtime.sources import sources
from chatkit.search.fusion import Fusion

TOPICS = ("cat", "dog", "fish")


def found(
    index: DocumentIndex, text: str, vector: np.ndarray | None = None, *, lineage: str = "", weight: float = 0.0
) -> list[Hit]:
    """The best passages of one index."""
    return Searcher([index], lineage=lineage, fusion=Fusion(weight)).search(text, vector)


def encode(texts):
    """A vector per text: which of three topics it names, in any of two languages."""
    words = {"cat": 0, "chat": 0, "dog": 1, "chien": 1, "fish": 2, "poisson": 2}
    out = np.full((len(texts), 3), 0.01)
    for i, text in enumerate(texts):
        for word, topic in words.items():
            out[i, topic] += word in text.lower()
    return out


@pytest.fixture
def notes(tmp_path):
    folder = tmp_path / "notes"
    (folder / "sub").mkdir(parents=True)
    (folder / "cats.md").write_text("# About cats\n\nA cat purrs.\n\n# Food\n\nIt eats mice.\n")
    (folder / "sub/dogs.txt").write_text("A dog barks.\n")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    return folder


@pytest.fixture
def index(tmp_path):
    index = DocumentIndex(tmp_path / "index.db")
    yield index
    index.close()


def test_added_passages_are_found_with_source_and_heading(index, notes):
    seen = []
    done = index.add([notes], progress=lambda step: seen.append(step))
    assert (done.added, done.updated, done.unchanged, done.removed) == (2, 0, 0, 0)
    assert [(path.name, "no known kind" in why) for path, why in done.skipped] == [("picture.png", True)]
    assert [step[:3] for step in seen[:3]] == [(0, 3, "cats.md"), (0, 3, "picture.png"), (1, 3, "sub/dogs.txt")]
    assert seen[-1] == (3, 3, "", 3)
    (hit,) = found(index, "what purrs?")
    assert (hit.source, hit.heading, hit.text) == ("cats.md:3", "About cats", "A cat purrs.")
    assert found(index, "barking")[0].source == "sub/dogs.txt:1"
    assert [h.source for h in found(index, "food")] == ["cats.md:7"]
    assert found(index, "zebra") == found(index, "") == []


def test_only_what_changed_is_read_again(index, notes):
    index.add([notes])
    assert index.add([notes]).unchanged == 2
    os.utime(notes / "cats.md", (1, 1))
    assert index.add([notes]).unchanged == 2
    (notes / "cats.md").write_text("A cat meows.\n")
    (notes / "sub/dogs.txt").unlink()
    done = index.add([notes])
    assert (done.updated, done.removed) == (1, 1)
    assert found(index, "meow")
    assert not found(index, "purrs")
    assert not found(index, "barks")


def test_a_file_that_lost_its_text_leaves_the_index(index, notes):
    index.add([notes])
    (notes / "sub/dogs.txt").write_text(" \n")
    done = index.add([notes])
    assert done.removed == 1
    assert any("holds no text" in why for _, why in done.skipped)
    assert not found(index, "barks")


def test_entries_and_removal(index, notes):
    index.add([notes])
    assert [(e.name, e.passages) for e in index.entries()] == [("cats.md", 2), ("sub/dogs.txt", 1)]
    assert index.remove(notes / "sub") == 1
    assert [e.name for e in index.entries()] == ["cats.md"]
    with pytest.raises(DataError, match="nothing of"):
        index.remove(notes / "sub")
    assert index.remove(notes / "cats.md") == 1
    assert found(index, "cat") == []
    assert index.rows("SELECT count(*) AS n FROM passage")[0]["n"] == 0


def test_vectors_find_what_words_do_not(index, notes):
    index.add([notes], encode, lineage="one")
    query = encode(["chien"])[0]
    assert found(index, "le chien", query, lineage="one", weight=0.0) == []
    assert found(index, "le chien", query, lineage="one", weight=1.0)[0].source == "sub/dogs.txt:1"


def test_vectors_of_another_encoder_are_ignored_until_indexed_again(index, notes):
    index.add([notes], encode, lineage="one")
    searcher = Searcher([index], lineage="two", fusion=Fusion(1.0))
    query = encode(["chien"])[0]
    assert searcher.search("le chien", query) == []
    assert "3 passages have no vectors of this model" in searcher.note()
    assert index.stale("two") == 3
    assert index.add([notes], encode, lineage="two").updated == 2
    assert searcher.search("le chien", query)
    assert searcher.note() == ""


def test_new_text_without_vectors_switches_them_off(index, notes):
    index.add([notes], encode, lineage="one")
    (notes / "new.txt").write_text("A fish swims.")
    index.add([notes])
    assert index.stale("one") == 1
    assert found(index, "le chien", encode(["chien"])[0], lineage="one", weight=1.0) == []


def test_small_files_are_encoded_together_and_each_enters_whole(index, tmp_path, monkeypatch):
    monkeypatch.setattr(indexing, "BATCH", 4)
    for i in range(7):
        (tmp_path / f"{i}.txt").write_text(f"Le chien {i}.")
    sizes = []

    def counting(texts):
        sizes.append(len(texts))
        return encode(texts)

    assert index.add([tmp_path], counting, lineage="one").added == 7
    assert sizes == [4, 3]
    assert [(e.name, e.passages) for e in index.entries()] == [(f"{i}.txt", 1) for i in range(7)]
    texts = list(index.texts())
    vectors = index.snapshot("one").vectors
    expected = np.asarray(encode(texts), dtype=np.float32)
    expected /= np.maximum(np.linalg.norm(expected, axis=1, keepdims=True), 1e-12)
    np.testing.assert_allclose(vectors, expected, atol=1e-3)


def test_batches_are_bounded_and_bad_encoders_leave_nothing(index, tmp_path, monkeypatch):
    monkeypatch.setattr(indexing, "BATCH", 64)
    long = tmp_path / "long.txt"
    long.write_text("\n\n".join(f"Paragraph {i}. " + "word " * 100 for i in range(200)))
    sizes = []

    def counting(texts):
        sizes.append(len(texts))
        return encode(texts)

    index.add([long], counting, lineage="one")
    assert max(sizes) == 64
    assert sum(sizes) == index.entries()[0].passages == 200
    index.remove(long)
    for bad in (
        lambda texts: np.full((len(texts), 2), np.nan),
        lambda texts: np.ones((1, 2)),
        lambda texts: 1 / 0,
    ):
        with pytest.raises((ValueError, ZeroDivisionError)):
            index.add([long], bad, lineage="one")
        assert index.entries() == []
    with pytest.raises(ValueError, match="lineage"):
        index.add([long], encode)


def test_several_indexes_rank_as_one(index, notes):
    shipped = DocumentIndex(":memory:")
    shipped.add([paths.shipped_docs()])
    index.add([notes])
    both = Searcher([index, shipped])
    assert len(both) == len(Searcher([index])) + len(Searcher([shipped]))
    assert both.search("how do I add a head?")[0].source.startswith("add-a-head.md:")
    assert both.search("a cat that purrs")[0].source == "cats.md:3"
    shipped.close()


def test_postings_are_kept_between_openings_and_follow_the_content(index, notes, tmp_path, monkeypatch):
    index.add([notes])
    first = found(index, "cat purrs")
    again = DocumentIndex(tmp_path / "index.db")
    monkeypatch.setattr(DocumentIndex, "texts", lambda self: pytest.fail("the postings were built again"))
    assert found(again, "cat purrs") == first
    monkeypatch.undo()
    (notes / "more.txt").write_text("The engine purrs.")
    index.add([notes])
    assert len(found(again, "purrs")) == 2
    again.close()


def test_a_damaged_cache_is_built_again(index, notes, tmp_path):
    index.add([notes])
    first = found(index, "cat")
    with index.writing():
        index._db.execute("UPDATE cache SET value = x'00'")
    again = DocumentIndex(tmp_path / "index.db")
    assert found(again, "cat") == first
    again.close()


def test_the_file_is_private_and_strangers_are_refused(index, tmp_path):
    assert stat.S_IMODE((tmp_path / "index.db").stat().st_mode) == 0o600
    (tmp_path / "text.db").write_text("This is no database at all. " * 100)
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE a (b)")
    other.commit()
    newer = DocumentIndex(tmp_path / "newer.db")
    newer._db.execute("PRAGMA user_version = 99")
    newer.close()
    for name, why in [("text.db", "cannot be used"), ("other.db", "no index"), ("newer.db", "newer chatkit")]:
        with pytest.raises(StorageError, match=why):
            DocumentIndex(tmp_path / name)


def test_missing_places_change_nothing(index, notes, tmp_path):
    with pytest.raises(DataError, match="no such file"):
        index.add([notes, tmp_path / "nowhere"])
    assert index.entries() == []


@pytest.mark.skipif(os.name != "posix", reason="file names are text elsewhere")
def test_a_file_name_that_is_no_utf8(index, tmp_path):
    folder = tmp_path / "odd"
    folder.mkdir()
    with open(os.fsencode(folder) + b"/caf\xe9.txt", "w") as file:
        file.write("A zebra.")
    assert index.add([folder]).added == 1
    assert index.add([folder]).unchanged == 1
    assert len(found(index, "zebra")) == 1


def test_a_pipe_among_the_documents_is_skipped(tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "a.txt").write_text("a word")
    index = DocumentIndex(":memory:")
    added = index.add([tmp_path])
    index.close()
    assert added.added == 1
    assert [path.name for path, _ in added.skipped] == ["pipe.txt"]


def test_places_are_kept_with_what_has_become_of_them(index, notes, tmp_path):
    index.add([notes / "sub"])
    index.add([notes, tmp_path / "notes" / "cats.md"])
    assert list(index.places()) == [notes]  # what stands below belongs to it
    [source] = sources(index)
    assert (len(source.files), source.passages, source.there, source.changes) == (2, 3, True, "")
    assert abs(source.read - time.time()) < 600
    os.utime(notes / "cats.md", (1, 1))
    assert sources(index)[0].changes == ""  # touched, not changed
    (notes / "cats.md").write_text("A cat meows.\n")
    (notes / "sub/dogs.txt").unlink()
    assert sources(index)[0].changes == "1 changed, 1 gone"
    shutil.rmtree(notes)
    assert sources(index)[0].changes == "gone"
    assert index.remove(notes) == 2
    assert sources(index) == []


def test_a_place_whose_files_are_all_gone_can_be_removed(index, notes):
    index.add([notes])
    shutil.rmtree(notes / "sub")
    (notes / "cats.md").unlink()
    index.add([notes])
    assert index.entries() == []
    assert index.remove(notes) == 0
    assert index.places() == {}
    with pytest.raises(DataError, match="nothing of"):
        index.remove(notes)


def test_an_index_without_places_is_migrated(index, notes, tmp_path):
    index.add([notes])
    index.add([tmp_path / "notes" / "cats.md"])
    alone = tmp_path / "alone.txt"
    alone.write_text("A fish swims.")
    index.add([alone])
    with index.writing():
        index._db.execute("DROP TABLE place")
        index._db.execute("PRAGMA user_version = 1")
    index.close()
    again = DocumentIndex(tmp_path / "index.db")
    assert set(again.places()) == {notes, alone}
    assert None not in again.places().values()
    assert found(again, "purrs")
    again.close()


def test_searches_wait_while_files_are_read_and_look_anew_when_that_has_ended(index, notes, monkeypatch):
    index.add([notes])
    searcher = Searcher([index])
    assert searcher.search("purrs")
    searcher._cost = 1000.0  # as if the index were a large one
    index.begin_places([notes])
    index.forget([notes / "cats.md"])
    assert not index.settled()
    assert len(searcher) == 3
    index.end_places([notes])
    assert index.settled()
    assert searcher.search("purrs") == []
    assert len(searcher) == 1
    index.begin_places([notes])  # and then it is killed
    monkeypatch.setattr(time, "time", lambda now=time.time: now() + 31)
    assert index.settled()
