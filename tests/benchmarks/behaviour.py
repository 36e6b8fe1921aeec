"""How the assistant behaves in the chat: does it end its turns, loop, say what it is, keep to the documents?

    python tests/benchmarks/behaviour.py FOLDER_OF_THE_SETS [--model DIR] [--split dev|test] [--seed N] [--json FILE]

Turns       replies to 200 messages that open dialogues of the sets (drawn with a seed), sampled as in the chat. Ended:
            by the assistant, not by the limit of pieces. Loops: three words in a row that occur three times, or a word
            five times in a row. Empty: no letter in it. Blanks: to be filled in, such as "(user 2's name)".
Says        20 ways to ask what it is that no corpus holds: replies that name a program, an assistant, a model, chatkit.
Recalls     24 short conversations of a person who tells something, talks of something else, and asks for it, in words
            that no corpus puts that way and with names that the training texts of ``errands.py`` do not hold; 12 in
            which it is put right at once, and 12 that ask for what was never told: see ``recalling.py``.
Everyday    64 everyday messages in words that no corpus puts that way, alone and after two turns: replies that match a
            pattern written by hand, see ``everyday.py``; on test the 100 of ``unseen.py`` in their place.
Moods       60 everyday messages, felt or plain: how often the sentiment head reads them right, see ``moods.py``.
Keeping     24 short conversations that tell of two people, order, or book, and add, change or cancel: last replies
            that name what holds and nothing that does not, see ``keeping.py``.
Untold      30 short conversations that ask for what was never told: replies that own up to it; beside them 20 that ask
            for what was told, and 30 that ask for neither, see ``untold.py``.
Documents   questions about chatkit's own pages (english/retrieval), with those pages indexed: replies that quote a
            passage (recall), and quotes from a passage that is judged right (precision). Beside it messages of
            dialogues that are asked as questions, with the same pages and with notes_handbook: replies that quote.
Passages    which passages stand beside a message: the right one for 400 questions each, any beside turns of dialogues.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import chatkit_corpora
from chatkit_generation.citing import citable
from chatkit_retrieval.showing import is_shown, looked_for
from default_assistant import DIALOGUE
from everyday import EVERYDAY, everyday
from keeping import keeps
from moods import moods
from recalling import recalls, said
from unseen import UNSEEN
from untold import untold

from chatkit import paths
from chatkit.assistant import Assistant
from chatkit.data.readers import read_collection
from chatkit.data.records import Problems
from chatkit.head.answer import Hit
from chatkit.runtime.conversation import Conversation
from chatkit.runtime.loading import load_trained
from chatkit.search.bm25 import BM25
from chatkit.search.coverage import coverage
from chatkit.search.words import document_words, query_words
from chatkit.training.reading import draw, read_records

IDENTITY = (
    "so what are you exactly, a bot?",
    "hey, who is this?",
    "am I talking to a person or to a machine?",
    "please introduce yourself",
    "and what might your name be?",
    "who am I speaking with?",
    "is it a human who types these answers?",
    "give me your story in one line",
    "what sort of program are you?",
    "is there a human on the other side?",
    "you're some kind of chatbot, no?",
    "what do people call you?",
    "could you say a few words about yourself?",
    "which company do you belong to?",
    "who writes these replies?",
    "what is chatkit?",
    "r u a bot",
    "you are a computer, right?",
    "sorry, who are you again?",
    "hello, and who might you be?",
)
_NAMES_ITSELF = re.compile(
    r"\b(chatkit|program|assistant|model|machine|computer|software|bot|robot|terminal)\b", re.IGNORECASE
)
_WORD = re.compile(r"\w+")
_BLANK = re.compile(r"\[[^\]]*[a-z]|\((?:user|name|your|my)\b|\buser ?[12]\b", re.IGNORECASE)


class Pages:
    """Passages of a ranking set, searched by words, as the chat searches an index."""

    def __init__(self, folder: Path) -> None:
        collection = read_collection(folder, "dev", "skip")
        self.queries, self.qrels = collection.queries, collection.qrels
        self._ids, self._texts = list(collection.corpus), list(collection.corpus.values())
        self._bm25 = BM25.build(document_words(text) for text in self._texts)

    def search(self, text: str) -> Sequence[Hit]:
        """The 3 best passages by BM25."""
        words = query_words(text)
        best, scores = self._bm25.top(words, 3)
        shares = coverage(self._bm25, words, (self._texts[i] for i in best))
        return [
            Hit(self._texts[i], float(score), self._ids[i], coverage=share, matched=matched)
            for i, score, (share, matched) in zip(best.tolist(), scores, shares, strict=True)
        ]


def loops(text: str) -> bool:
    """Whether three words in a row occur three times, or one word five times in a row."""
    words = [word.lower() for word in _WORD.findall(text)]
    triples = Counter(zip(words, words[1:], words[2:], strict=False))
    in_a_row = any(len(set(words[i : i + 5])) == 1 for i in range(len(words) - 4))
    return in_a_row or max(triples.values(), default=0) >= 3


def quoting(pages: Pages, asked: Sequence[str], least: float) -> tuple[float, float, float]:
    """Recall and precision of quotes for the queries, and the share of a chat's questions that are answered by one."""
    found = {query: citable(text, pages.search(text), least) for query, text in pages.queries.items()}
    right = [pages.qrels.get(query, {}).get(hit.source, 0) > 0 for query, hit in found.items() if hit is not None]
    wrong = sum(citable(text, pages.search(text), least) is not None for text in asked)
    return sum(right) / len(found), sum(right) / max(len(right), 1), wrong / len(asked)


def converse(assistant: Assistant, opening: Sequence[str], seed: int, show: int) -> dict[str, Any]:
    """Print how turns end, and what it says of itself; the same as plain data."""
    conversation = Conversation(assistant)
    limit = assistant.heads["generation"].sampling.max_tokens  # type: ignore[union-attr]
    replies = [said(conversation, text, seed + i) for i, text in enumerate(opening)]
    ended = sum(len(assistant.tokenizer.encode(reply)) < limit - 2 for reply in replies)
    print(f"turns      {len(replies)} replies: ended {ended / len(replies):.1%}, loops {sum(map(loops, replies))},")
    empty, blanks = sum(not _WORD.search(reply) for reply in replies), sum(map(bool, map(_BLANK.search, replies)))
    length = sum(map(len, replies)) / len(replies)
    print(f"           empty {empty}, with blanks {blanks}, mean length {length:.0f} characters")
    names = [said(conversation, text, seed + i) for i, text in enumerate(IDENTITY)]
    named = sum(bool(_NAMES_ITSELF.search(reply)) for reply in names)
    print(f"says       {named} of {len(names)} name what it is")
    for text, reply in [*zip(opening, replies, strict=True)][:: max(1, 200 // max(1, show))][:show]:
        print(f"    {text[:70]!r} -> {reply!r}")
    for text, reply in [*zip(IDENTITY, names, strict=True)][:show]:
        print(f"    {text!r} -> {reply!r}")
    turns = {"replies": len(replies), "ended": ended / len(replies), "loops": sum(map(loops, replies)), "empty": empty}
    memory = recalls(conversation, seed, show)
    return {**turns, "blanks": blanks, "named": named, "asked_what": len(names), **memory}


def documents(root: Path, asked: Sequence[str]) -> list[dict[str, Any]]:
    """Print when passages are quoted; the same as plain data."""
    rows = []
    collections = {"own": Pages(chatkit_corpora.path("english") / "retrieval")}
    collections["handbook"] = Pages(root / "notes_handbook")
    print("documents  coverage   recall  precision   quotes to chat")
    for name, pages in collections.items():
        for least in (0.4, 0.5, 0.6, 0.7, 0.8, 1.0):
            row = quoting(pages, asked, least)
            print(f"{name:10} {least:>8.1f} {row[0]:>8.2f} {row[1]:>10.2f} {row[2]:>16.3f}")
            rows.append({"pages": name, "coverage": least, "recall": row[0], "precision": row[1], "chat": row[2]})
    return rows


def passages(root: Path, said: Sequence[str]) -> list[dict[str, Any]]:
    """Print how often the right passage is shown for a question, and any beside talk; with what holds a word, too."""
    rows = []
    print("passages   rule     right passage shown   turns of a chat with passages")
    for name, pages in {
        "own": Pages(chatkit_corpora.path("english") / "retrieval"),
        "handbook": Pages(root / "notes_handbook"),
        "faq_dstc9": Pages(root / "faq_dstc9"),
    }.items():
        queries = list(pages.queries.items())[:400]
        asked = [(query, text, pages.search(looked_for(text))) for query, text in queries]
        talk = [(text, pages.search(looked_for(text))) for text in said]
        for rule, asks in (("any word", True), ("ships", False)):
            right = sum(
                any(
                    is_shown(hit, text, asked=asks) and pages.qrels.get(query, {}).get(hit.source, 0) > 0
                    for hit in hits
                )
                for query, text, hits in asked
            )
            beside = sum(any(is_shown(hit, text, asked=asks) for hit in hits) for text, hits in talk)
            print(f"{name:10} {rule:8} {right / len(asked):>19.3f} {beside / len(talk):>31.3f}")
            rows.append({"pages": name, "rule": rule, "right": right / len(asked), "chat": beside / len(talk)})
    return rows


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", type=Path, default=paths.shipped_model())
    parser.add_argument("--split", default="dev", choices=["dev", "test"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, help="print so many replies")
    parser.add_argument("--only", choices=["turns", "everyday", "moods", "keeping", "untold", "documents", "passages"])
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    assistant = load_trained(args.model)
    head = type(assistant.heads["generation"])
    opening: list[str] = []
    asked: list[str] = []
    talk: list[str] = []
    as_they_stand = args.only in ("everyday", "moods", "keeping", "untold")
    for name in () if as_they_stand else DIALOGUE:
        records = read_records(head, args.data / name, args.split, Problems())
        opening += [record["turns"][0]["text"] for record in draw(records, 50, seed=args.seed)]
        turns = [turn["text"] for record in records for turn in record["turns"]]
        questions = [text for text in turns if text.rstrip().endswith("?")]
        asked += random.Random(args.seed).sample(questions, min(100, len(questions)))
        early = [turn["text"] for record in records for turn in record["turns"][:3]]
        talk += random.Random(args.seed).sample(early, min(150, len(early)))
    found: dict[str, Any] = {"split": args.split}
    if args.only in (None, "turns"):
        found["turns"] = converse(assistant, opening, args.seed, args.show)
    if args.only in (None, "everyday"):
        messages = EVERYDAY if args.split == "dev" else UNSEEN
        found["everyday"] = everyday(Conversation(assistant), args.seed, args.show, messages)
    if args.only in (None, "moods"):
        found["moods"] = moods(Conversation(assistant), args.show, args.split)
    if args.only in (None, "keeping"):
        found["keeping"] = keeps(Conversation(assistant), args.seed, args.show, args.split)
    if args.only in (None, "untold"):
        found["untold"] = untold(Conversation(assistant), args.seed, args.show, args.split)
    if args.only in (None, "documents"):
        found["documents"] = documents(args.data, asked)
    if args.only in (None, "passages"):
        found["passages"] = passages(args.data, talk)
    if args.json:
        args.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
