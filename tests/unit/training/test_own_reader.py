"""A head with a ``read`` of its own: its parts, what is held out where there is no dev part, and its mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatkit.data.records import Problems
from chatkit.errors import DataError, HeadError
from chatkit.plugin_api import Classifier
from chatkit.training.reading import Split, read_records


class Topic(Classifier):
    name = "topic"
    examples = ({"text": "the match", "label": "sport"}, {"text": "the bank", "label": "money"})

    @staticmethod
    def read(path: Path, split: str) -> Iterator[object]:
        for line in (path / f"{split}.txt").read_text(encoding="utf-8").splitlines():
            label, _, text = line.partition("|")
            if label == "bad":
                raise ValueError("no label")
            yield text if label == "bare" else {"text": text, "label": label}


@pytest.fixture
def topics(tmp_path: Path) -> Path:
    folder = tmp_path / "topics"
    folder.mkdir()
    (folder / "train.txt").write_text("\n".join(f"sport|match {i}" for i in range(200)))
    return folder


def read(folder: Path, split: Split) -> list[object]:
    return list(read_records(Topic, folder, split, Problems()))


def test_parts_that_are_there_are_taken_as_they_are(topics: Path) -> None:
    (topics / "dev.txt").write_text("money|bank")
    assert read(topics, "dev") == [{"text": "bank", "label": "money"}]
    assert len(read(topics, "train")) == 200


@pytest.mark.parametrize("dev", [None, ""])
def test_without_a_dev_part_some_of_train_is_held_out(topics: Path, dev: str | None) -> None:
    if dev is not None:
        (topics / "dev.txt").write_text(dev)
    held_out, rest = read(topics, "dev"), read(topics, "train")
    assert 0 < len(held_out) < 40
    assert len(held_out) + len(rest) == 200
    assert not any(record in rest for record in held_out)


def test_its_mistakes_name_its_line(topics: Path) -> None:
    (topics / "train.txt").write_text("bad|row")
    with pytest.raises(HeadError, match="topic failed in read: ValueError: no label") as caught:
        read(topics, "train")
    assert caught.value.place.startswith("test_own_reader.py:")
    (topics / "train.txt").write_text("bare|row")
    with pytest.raises(HeadError, match="read must yield records") as caught:
        read(topics, "train")
    assert caught.value.place.startswith("test_own_reader.py:")


def test_what_is_not_there_is_named(topics: Path) -> None:
    with pytest.raises(DataError, match=r"head topic: no such file or folder: .*test\.txt"):
        read(topics, "test")
    with pytest.raises(DataError, match="no such file or folder"):
        read(topics / "nowhere", "train")
