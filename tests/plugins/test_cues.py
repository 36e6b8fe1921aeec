"""Cues: what is written stands for what is found, whatever else a message says."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from chatkit_generation.cues import Reader
from chatkit_generation.finding import LONGEST, SPAN, Finder, Fit
from chatkit_generation.storing import Given, open_table, stored
from chatkit_generation.wording import bare
from hypothesis import given, settings
from hypothesis import strategies as st

SETS = {"pet": ["dog", "cat"], "boss": ["boss", "manager"]}
CUES = [
    "@pet + died/passed away",
    "(my/our) @boss",
    "knock*/pushed + off",
    "dog + dog",
]


def finder_of(cues: Sequence[str], sets: Mapping[str, Sequence[str]] = SETS) -> Finder:
    """Cues as they are found once they were stored."""
    reader = Reader(sets)
    matter = Given("any", [reader.cue(text) for text in cues], (), [["Yes."]])
    return open_table(np.frombuffer(stored([matter]), np.uint8), 1).finder


FINDER = finder_of(CUES)


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("My cat has passed away last night!", [0]),
        ("it DIED, my poor dog", [0]),
        ("my cat passed the door", []),
        ("away it passed, the cat", []),
        ("Our manager is nice", [1]),
        ("a manager of ours", []),
        ("He knocked my cup off the table", [2]),
        ("knocking? off!", [2]),
        ("one dog", []),
        ("one dog and another dog", [3]),
        ("", []),
    ],
)
def test_all_parts_stand_in_the_message_in_words_of_their_own(message: str, found: list[int]) -> None:
    assert sorted(FINDER.found(message)) == found


def test_parts_stand_near_to_each_other() -> None:
    assert FINDER.found(f"the cat {'and ' * 8}died")
    assert not FINDER.found(f"the cat {'and ' * 20}died")


def test_a_fit_tells_parts_words_and_where() -> None:
    assert FINDER.found("the dog passed away today")[0] == Fit(parts=2, words=3, place=3)


def test_of_several_ways_of_a_part_that_end_at_a_place_the_longest_counts() -> None:
    assert finder_of(["dog/my dog + died"]).found("my dog died")[0].words == 3


def test_apostrophes_and_marks_are_read_as_in_messages() -> None:
    finder = finder_of(["i don't know + what's up"])
    assert finder.found("What’s up?? I dont know!")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("dog + ", "no words"),
        ("", "no words"),
        ("@fish", "no set @fish; there are: pet, boss"),
        ("(a/b", "bracket"),
        ("ab*", "at least 3 letters"),
    ],
)
def test_what_is_no_cue_is_told(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Reader(SETS).cue(text)


@given(st.lists(st.sampled_from(["dog", "cat", "died", "passed", "away", "my", "boss", "off", "knocked"]), max_size=12))
def test_words_before_and_behind_change_nothing(words: list[str]) -> None:
    text = " ".join(words)
    assert FINDER.found(text).keys() == FINDER.found(f"well, {text} yesterday").keys()


@given(st.text(max_size=200))
def test_any_text_is_searched(text: str) -> None:
    FINDER.found(text)


def test_a_part_within_another_may_share_its_words() -> None:
    finder = finder_of(["nice poem/fair point + poem/point"])
    assert finder.found("nice poem")
    assert finder.found("fair point, everybody likes it")
    assert not finder.found("a poem")


def test_what_was_said_before_completes_a_cue_of_which_a_part_stands_in_the_message() -> None:
    assert FINDER.found("it has died", "about my old dog", 1).keys() == {0}
    assert FINDER.found("it has died", "about my old dog", 0) == {}
    assert FINDER.found("it is so", "my old dog has died", 9) == {}
    assert FINDER.found("it has died", "", 9) == {}


def test_how_rare_a_word_is_its_places_in_all_parts_say() -> None:
    finder = finder_of(["dog/cat + died", "dog/ran + off", "dog/cat + slept"])  # "dog" in two parts that differ
    assert finder.found("a dog", "it died", 1) == {}
    assert finder.found("a dog", "it died", 2).keys() == {0}


def test_a_word_that_is_too_long_is_told_and_found_in_no_message() -> None:
    with pytest.raises(ValueError, match="more than 255 bytes: xxx"):
        finder_of(["x" * (LONGEST + 1)])
    assert finder_of(["xxx*", "x" * LONGEST]).found("x" * 10 * LONGEST).keys() == {0}


# What is found, against a plain reading of cues that are drawn: tokens of ways, of which each is some words.

WORDS = ["dog", "dogs", "doggy", "cat", "my", "im", "died", "gonna", "off"]
Token = tuple[str, list[list[str]]]  # as it is written, and the words that it stands for
Phrase = tuple[frozenset[str], ...]


def read(word: str) -> list[str]:
    """A word as it is read in messages; a stem keeps its mark."""
    return [*bare(word[:-1]).split()[:-1], f"{bare(word[:-1]).split()[-1]}*"] if word[-1] == "*" else bare(word).split()


plain = st.sampled_from([*WORDS, "dog*", "cat*", "dogg*"]).map(lambda word: (word, [read(word)]))
of_a_set = st.sampled_from([*SETS]).map(lambda name: (f"@{name}", [read(word) for word in SETS[name]]))
inner = st.lists(plain | of_a_set, min_size=1, max_size=2)


def bracketed(rows: list[list[Token]]) -> Token:
    ways = [[*itertools.chain(*way)] for row in rows for way in itertools.product(*(ways for _, ways in row))]
    return f"({'/'.join(' '.join(text for text, _ in row) for row in rows)})", ways


tokens = plain | of_a_set | st.lists(inner, min_size=1, max_size=3).map(bracketed)
alternatives = st.lists(tokens, min_size=1, max_size=3)
parts = st.lists(alternatives, min_size=1, max_size=2)
cues = st.lists(st.lists(parts, min_size=1, max_size=3), min_size=1, max_size=5)
said = st.lists(st.sampled_from([*WORDS, "manager", "boss", "so", "going", "to", "i'm"]), max_size=24).map(" ".join)


def phrases(part: list[list[Token]]) -> tuple[Phrase, ...]:
    """Phrases of a part; the single words of a token are interchangeable."""
    out = list[Phrase]()
    for row in part:
        choices = list[list[Phrase]]()
        for _, ways in row:
            single = frozenset(way[0] for way in ways if len(way) == 1)
            several: list[Phrase] = [tuple(frozenset({word}) for word in way) for way in ways if len(way) > 1]
            choices.append([*([(single,)] if single else []), *several])
        out += [tuple(itertools.chain(*chosen)) for chosen in itertools.product(*choices)]
    return tuple(out)


def stands(wanted: str, word: str) -> bool:
    return word.startswith(wanted[:-1]) if wanted.endswith("*") else wanted == word


def ends(part: tuple[Phrase, ...], words: list[str]) -> dict[int, int]:
    """Where a part ends in words, and how many it takes there at most."""
    out: dict[int, int] = {}
    for phrase, first in itertools.product(part, range(len(words))):
        row = words[first : first + len(phrase)]
        if len(row) == len(phrase) and all(
            any(stands(w, word) for w in ws) for ws, word in zip(phrase, row, strict=True)
        ):
            out[first + len(phrase)] = max(out.get(first + len(phrase), 0), len(phrase))
    return out


def nested(cue: list[tuple[Phrase, ...]]) -> bool:
    return any(
        all(len(words) == 1 for words in small) and len(small) < len(large) and small == large[at : at + len(small)]
        for whole, part in itertools.permutations(cue, 2)
        for large, small in itertools.product(whole, part)
        for at in range(len(large))
    )


def plainly_found(written: list[list[tuple[Phrase, ...]]], text: str, before: str, rare: int) -> dict[int, Fit]:
    ahead, words = bare(before).split(), bare(f"{before} {text}").split()
    distinct = {part for cue in written for part in cue}
    counts = Counter(word for part in distinct for phrase in part for ws in phrase for word in ws)
    common = [sum(count for wanted, count in counts.items() if stands(wanted, word)) for word in words]
    own = {place for place in range(len(ahead), len(words)) if common[place] <= rare}
    out = {}
    for number, cue in enumerate(written):
        taken, size = set[int](), 0
        for held in sorted((ends(part, words) for part in cue), key=len):  # what can stand in fewest places chooses
            ways = [(n, end) for end, n in held.items() if nested(cue) or not taken & {*range(end - n, end)}]
            if not ways:
                break
            longest, end = max(ways)
            taken |= {*range(end - longest, end)}
            size += longest
        else:
            if taken & own if ahead else max(taken) - min(taken) < SPAN:
                out[number] = Fit(len(cue), size, max(taken))
    return out


@settings(max_examples=300)
@given(cues, said, said, st.integers(0, 6))
def test_what_is_found_is_what_a_plain_reading_finds(
    drawn: list[list[list[list[Token]]]], text: str, before: str, rare: int
) -> None:
    written = [
        " + ".join("/".join(" ".join(token for token, _ in row) for row in part) for part in cue) for cue in drawn
    ]
    expected = plainly_found([[phrases(part) for part in cue] for cue in drawn], text, before, rare)
    assert finder_of(written).found(text, before, rare) == expected
