"""What is fuzzed: everything that reads what is not ours, each with a few valid inputs to begin from."""

from __future__ import annotations

import contextlib
import gzip
import importlib.util
import io
import json
import re
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from chatkit import paths
from chatkit.assistant import Assistant
from chatkit.checkpoint import load_tensors, read_json, save_tensors, tensor_shapes
from chatkit.data.readers import READERS
from chatkit.data.records import Problems
from chatkit.errors import ChatkitError
from chatkit.head.answer import Answer
from chatkit.head.setup import HeadSetup
from chatkit.nn.encoder import EncoderConfig
from chatkit.registry import Registry
from chatkit.runtime.as_you_type import AsYouType
from chatkit.runtime.conversation import Conversation
from chatkit.runtime.documents import read_passages
from chatkit.runtime.engine import Engine, _history
from chatkit.runtime.exchange import branch, export_json, export_markdown, import_session, read_session
from chatkit.runtime.index import DocumentIndex
from chatkit.runtime.process import EngineProcess
from chatkit.runtime.store import Store
from chatkit.search.bm25 import BM25
from chatkit.text.private import mask
from chatkit.text.tokenizer import Tokenizer
from chatkit.training.recipe import load_recipe

Call = Callable[[bytes], object]
MOST_PIECES = 12  # then a reply is stopped, as a person would
_DEFECT = re.compile(r"\w*(Error|Exception|Interrupt): ")
_DIALOGUE = b'{"turns": [{"speaker": "user", "text": "hi"}, {"speaker": "assistant", "text": "hello"}]}\n'
_TABLE = b'text,label\n"good, fun",positive\nbad,negative\n'
_PAIR = b'{"src": "good day", "tgt": "bonjour", "lang": "fr"}\n'
_TOML = b'seed = 1\n[encoder]\nhidden = 8\n[train]\nsteps = 3\n[heads.generation]\ndata = ["x"]\nweight = 0.5\n'
_TEXT = b"# Tea\n\nGreen tea is steeped.\n\nBlack\n=====\n\n- a\n- b\n\n```\n# code\n```\n"
_HTML = b"<html><title>Tea</title><body><h1>Green</h1><p>is &amp; was<br>steeped<script>x</script><ul><li>a</ul></body>"
_BEIR = {
    "corpus.jsonl": b'{"_id": "d1", "title": "Tea", "text": "green"}\n{"_id": "d2", "text": "black"}\n',
    "queries.jsonl": b'{"_id": "q1", "text": "which tea"}\n',
    "qrels/train.tsv": b"query-id\tcorpus-id\tscore\nq1\td1\t1\n",
}
_ASK: dict[str, Any] = {"do": "ask", "turn": 1, "text": "how are you?", "seed": 3, "heads": None, "skip": []}
_MESSAGES: tuple[dict[str, Any], ...] = (
    {**_ASK, "history": [{"speaker": "user", "text": "a"}], "options": {"max_tokens": 4}},
    {**_ASK, "options": {"temperature": 0.5, "top_k": 3, "candidates": 2, "dial": {"warmth": 1}, "max_tokens": 3}},
    {**_ASK, "heads": ["sentiment"], "skip": ["generation"], "options": {"coverage": 0.9}},
    {"do": "disable", "head": "sentiment"},
    {"do": "enable", "head": "sentiment"},
    {"do": "dial", "dial": {"generation": 0.5}, "history": [{"speaker": "user", "text": "a"}]},
    {"do": "typed", "number": 3, "text": "hel"},
    {"do": "cancel", "turn": 3},
    {"do": "ask", "text": 3, "seed": "x"},
)
_EVENTS: tuple[dict[str, Any], ...] = (
    {"event": "piece", "turn": 1, "head": "generation", "text": "a"},
    {"event": "answer", "turn": 1, "head": "x", "answer": {"type": "bars", "probabilities": {"a": 0.5, "b": 0.5}}},
    {"event": "answer", "answer": {"type": "ranking", "items": [{"text": "t", "score": 1.0, "source": "s"}]}},
    {"event": "answer", "answer": {"type": "table", "columns": ["a"], "rows": [["1"]]}},
)


class _Out(io.StringIO):
    """Where the engine's events go: stops a long reply, keeps what tells of a defect."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces, self.defect = 0, ""
        self.cancel: Callable[[int], None] = lambda turn: None

    def write(self, line: str) -> int:
        event = json.loads(line)
        if event["event"] == "piece":
            self.pieces += 1
            if self.pieces > MOST_PIECES:
                self.cancel(event["turn"])
        if event["event"] == "error" and _DEFECT.match(event["message"]):
            self.defect = event["message"]
        return len(line)


class Targets:
    """name -> (valid inputs, call, inputs in a round); what a call writes is called ``input...`` and stands in folder.

    Args:
        folder: An empty folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tokenizer = Tokenizer.load(paths.shipped_model() / "tokenizer.model")
        self.process = EngineProcess((), None)
        self.registry = Registry(safe=True)
        self.store, self.imported = Store(":memory:"), 0
        with tempfile.TemporaryDirectory() as aside:
            self.all = self._files(Path(aside)) | self._talk(Path(aside))

    def _files(self, aside: Path) -> dict[str, tuple[list[bytes], Call, int]]:
        save_tensors(aside / "seed", {"a": torch.zeros(2, 3), "b": torch.ones(4)}, {"state": "{}"})
        weights, bm25 = (aside / "seed").read_bytes(), BM25.build([["a", "b"], ["b", "c"]]).to_bytes()
        toml = [_TOML, _TOML + b'[data]\nmask = ["email"]\n[objectives]\nweighting = "famo"\n']
        read, documents = self.reader, self.document
        table = _TABLE.replace(b",", b"\t")
        out: dict[str, tuple[list[bytes], Call, int]] = {
            "tokenizer": ([b"hello there", "naïve 😀 ok".encode(), b"<user> <pad>"], self.tokenise, 20),
            "private": ([b"a@b.org +44 20 7946 0958", b"DE89 3704 0044 0532 0130 00 4111111111111111"], private, 20),
            "dialogue.jsonl": ([_DIALOGUE, _DIALOGUE * 2], read("dialogue", ".jsonl"), 20),
            "dialogue.txt": ([b"some text\n\nand more\n"], read("dialogue", ".txt"), 20),
            "dialogue.jsonl.gz": ([gzip.compress(_DIALOGUE, mtime=0), _DIALOGUE], read("dialogue", ".jsonl.gz"), 20),
            "dialogue.db": ([_history_file(aside), b"SQLite format 3\0" + bytes(200)], read("dialogue", ".db"), 20),
            "labelled.csv": ([_TABLE, _TABLE.replace(b",", b";")], read("labelled", ".csv"), 20),
            "labelled.tsv": ([table], read("labelled", ".tsv"), 20),
            "labelled.jsonl": ([b'{"text": "x", "label": "y"}\n'], read("labelled", ".jsonl"), 20),
            "translation.jsonl": ([_PAIR, _PAIR * 2], read("translation", ".jsonl"), 20),
            "retrieval": ([name.encode() + b"\n" + text for name, text in _BEIR.items()], self.beir, 10),
            "recipe.toml": (toml, lambda d: load_recipe(str(self.file(".toml", d))), 10),
            "head.json": ([b'{"name": "a", "labels": ["x"]}'], lambda d: read_json(self.file(".json", d)), 20),
            "safetensors": ([weights], self.tensors, 20),
            "bm25": ([bm25], lambda d: BM25.from_bytes(d).scores(["b"]), 20),
            "document.md": ([_TEXT], documents(".md"), 20),
            "document.rst": ([_TEXT], documents(".rst"), 20),
            "document.html": ([_HTML], documents(".html"), 20),
            "document.jsonl": ([_DIALOGUE, b'{"title": "Tea", "text": "green"}\n'], documents(".jsonl"), 20),
            "index.db": ([_index_file(aside)], self.index, 2),
            "history.db": ([_history_file(aside)], self.history, 2),
        }
        if importlib.util.find_spec("pypdf"):
            out["document.pdf"] = ([_PDF], documents(".pdf"), 5)
        return out

    def _talk(self, aside: Path) -> dict[str, tuple[list[bytes], Call, int]]:
        assistant = _small_assistant()
        self.model = self.folder / "input-model"
        assistant.save(self.model)
        self.whole = {p.relative_to(self.model).as_posix(): p.read_bytes() for p in _files_of(self.model)}
        self.out = _Out()
        self.engine = Engine(self.out)
        self.out.cancel = self.engine.cancel
        self.engine._conversation = Conversation(assistant)
        self.engine._typing = AsYouType(self.engine._conversation)
        return {
            "session.json": ([_session_file(aside)], self.session, 20),
            "engine": ([json.dumps(item).encode() for item in _MESSAGES], self.message, 10),
            "events": ([json.dumps(item).encode() for item in _EVENTS], self.event, 20),
            "model": ([name.encode() + b"\n" + data for name, data in self.whole.items()], self.assistant, 2),
        }

    def file(self, suffix: str, data: bytes) -> Path:
        """The input as a file, without what SQLite kept beside the one before."""
        path = self.folder / f"input{suffix}"
        for other in (f"{path}-wal", f"{path}-shm", f"{path}-journal"):
            Path(other).unlink(missing_ok=True)
        path.write_bytes(data)
        return path

    def tokenise(self, data: bytes) -> None:
        text = data.decode("utf-8", "surrogateescape")
        ids = self.tokenizer.encode(text)
        self.tokenizer.offsets(ids)
        self.tokenizer.decode(ids)
        with contextlib.suppress(ValueError):
            self.tokenizer.decode([byte * 97 - 500 for byte in data[:20]])

    def reader(self, name: str, suffix: str) -> Call:
        def read(data: bytes) -> None:
            for record in READERS[name].read(self.file(suffix, data), "train", "skip", Problems()):
                repr(record)

        return read

    def document(self, suffix: str) -> Call:
        def read(data: bytes) -> None:
            for passage in read_passages(self.file(suffix, data)):
                repr(passage.indexed)

        return read

    def beir(self, data: bytes) -> None:
        """One file of a retrieval set, named in the first line, is the input; the others are sound."""
        name, _, body = data.partition(b"\n")
        folder = self.folder / "input-beir"
        (folder / "qrels").mkdir(parents=True, exist_ok=True)
        for file, sound in _BEIR.items():
            (folder / file).write_bytes(body if file.encode() == name else sound)
        for record in READERS["retrieval"].read(folder, "train", "skip", Problems()):
            repr(record)

    def tensors(self, data: bytes) -> None:
        path = self.file(".safetensors", data)
        tensor_shapes(path)
        load_tensors(path)

    def index(self, data: bytes) -> None:
        with contextlib.closing(DocumentIndex(self.file(".db", data))) as index:
            index.entries()
            index.snapshot("f00d")

    def history(self, data: bytes) -> None:
        with contextlib.closing(Store(self.file(".history.db", data))) as store:
            for session in store.sessions():
                store.messages(session.id)
                export_markdown(store, session.id)
            store.search("hello")

    def session(self, data: bytes) -> None:
        """Import, and say it all again; every so often into a new history."""
        session = import_session(self.store, read_session(self.file(".session.json", data)))
        branch(export_json(self.store, session))
        export_markdown(self.store, session)
        self.store.search("how are")
        self.imported += 1
        if self.imported % 200 == 0:
            self.store.close()
            self.store = Store(":memory:")

    def message(self, data: bytes) -> None:
        """A command of the app, as the engine's two threads take it."""
        try:
            command = json.loads(data)
        except (ValueError, RecursionError):
            return  # as the engine's reader does
        if not isinstance(command, dict) or command.get("do") == "load":
            return
        self.out.pieces, self.out.defect = 0, ""
        if command.get("do") == "typed":
            self.engine.typed(command)
        self.engine.handle(command)
        _history_of(command)
        self.engine._conversation.disabled.clear()
        if self.out.defect:
            raise AssertionError(self.out.defect)

    def event(self, data: bytes) -> None:
        """A line of the engine, as the app takes it."""
        event = self.process._parse(data)
        if event is not None and event["event"] == "answer":
            with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):  # as the session does
                answer = Answer.from_json(event["answer"])
                answer.check()
                _ = answer.plain, answer.as_json()

    def assistant(self, data: bytes) -> None:
        """A model folder of which one file, named in the first line, is the input."""
        name, _, body = data.partition(b"\n")
        file = name.decode("utf-8", "replace")
        if file not in self.whole:
            return
        (self.model / file).write_bytes(body)
        try:
            assistant = Assistant.load(self.model, self.registry.load)
            for _ in Conversation(assistant).turn("hello", heads=["sentiment"], seed=1):
                pass
        finally:
            (self.model / file).write_bytes(self.whole[file])


def private(data: bytes) -> None:
    mask(data.decode("utf-8", "replace"))


def _history_of(command: dict[str, Any]) -> None:
    with contextlib.suppress(ChatkitError):
        _history(command.get("history"))


def _files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _small_assistant() -> Assistant:
    """An assistant of random weights, for what reads its files and steps it."""
    texts = ("hello there how are you", "I love this", "that is awful", "good morning to you all")
    torch.manual_seed(0)
    tokenizer = Tokenizer.train(texts, vocab_size=400)
    assistant = Assistant(tokenizer, EncoderConfig(embedding=8, hidden=8))
    registry = Registry(safe=True)
    assistant.add_head(registry.load("generation"), HeadSetup(trained=True))
    assistant.add_head(registry.load("sentiment"), HeadSetup(labels=("negative", "positive"), trained=True))
    return assistant.eval()


def _history_file(aside: Path) -> bytes:
    path = aside / "history.db"
    path.unlink(missing_ok=True)
    with contextlib.closing(Store(path)) as store:
        session = store.create_session("one")
        for text in ("hello", "how are you?"):
            store.finish(store.start_reply(store.add_prompt(session, text), seed=1), "done", text="fine")
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = DELETE")
    return path.read_bytes()


def _index_file(aside: Path) -> bytes:
    (aside / "notes.md").write_bytes(_TEXT)
    path = aside / "index.db"
    with contextlib.closing(DocumentIndex(path)) as index:
        index.add([aside / "notes.md"])
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = DELETE")
    return path.read_bytes()


def _session_file(aside: Path) -> bytes:
    with contextlib.closing(Store(":memory:")) as store:
        session = store.create_session("one")
        for text in ("hello", "how are you?"):
            reply = store.start_reply(store.add_prompt(session, text), seed=1)
            store.set_answer(reply, "sentiment", {"type": "bars", "label": "a", "probabilities": {"a": 1.0}})
            store.finish(reply, "done", text="fine")
        return json.dumps(export_json(store, session)).encode()


_PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj
4 0 obj<</Length 39>>stream
BT /F 9 Tf 9 9 Td (green tea) Tj ET
endstream endobj
5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
trailer<</Root 1 0 R/Size 6>>
%%EOF
"""
