"""The dialogues of our own: what is asked for is what was told last, and what is tested is trained on nowhere."""

from __future__ import annotations

import itertools
import random
import re
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

RECIPES = Path(__file__).resolve().parents[2] / "docs" / "recipes" / "default"


@pytest.fixture(scope="module")
def errands() -> ModuleType:
    sys.path.insert(0, str(RECIPES))
    try:
        import errands
    finally:
        sys.path.remove(str(RECIPES))
    return errands


def kinds(errands: ModuleType) -> dict[str, dict[str, object]]:
    return {
        "usual": {},
        "plain": {"plain": True},
        "more": {"kinds": errands.MORE},
        "slips": {"kinds": errands.SLIPS},
        "mended": {"kinds": errands.MENDED, "otherwise": True},
        "asked": {"kinds": errands.ASKED, "otherwise": True},
        "talked": {"kinds": errands.TALKED, "otherwise": True},
        "kept": {"kinds": errands.KEPT, "otherwise": True},
        "lasting": {"kinds": errands.LASTING, "otherwise": True},
        "owned": {"kinds": errands.OWNED, "otherwise": True},
    }


@pytest.mark.parametrize(
    "kind", ["usual", "plain", "more", "slips", "mended", "asked", "talked", "kept", "lasting", "owned"]
)
def test_dialogues_are_whole_different_and_the_same_each_time(errands: ModuleType, kind: str) -> None:
    made = [errands.dialogues("train", 200, **kinds(errands)[kind]) for _ in range(2)]
    assert made[0] == made[1]
    assert len({repr(turns) for turns in made[0]}) == 200
    for turns in made[0]:
        for said, reply in turns:
            assert said.strip()
            assert reply.strip()
            assert not re.search(r"[{}\\]", said + reply)


def test_much_of_what_is_asked_for_was_never_told_and_the_rest_is_known(errands: ModuleType) -> None:
    from errand_speaker import Speaker
    from errand_untold import owned

    speaker, counts = Speaker("train", random.Random(1)), Counter[bool]()
    for _ in range(400):
        told: set[str] = set()
        for said, reply in owned(speaker):
            owns = bool(re.search(r"you have not (told|said|ordered|booked)", reply, re.IGNORECASE))
            if owns or reply.endswith("you said."):
                counts[owns] += 1
            if reply.endswith(", you said."):
                assert reply.removesuffix(", you said.").lower().split()[-1] in " ".join(told)
            told.add(said.lower())
    assert 0.35 < counts[True] / counts.total() < 0.65  # of what is known, half or so is said in these words


def test_what_was_put_right_is_what_is_known(errands: ModuleType) -> None:
    from errand_slips import corrected
    from errand_speaker import Speaker

    speaker, kept = Speaker("train", random.Random(1)), 0
    for _ in range(300):
        turns = corrected(speaker)
        wrong, right = speaker.drawn[-2], speaker.drawn[-1]
        assert right.lower() in turns[-1][1].lower() or right in turns[-1][0]
        kept += wrong.lower() in turns[-1][1].lower()
    assert kept <= 9  # a word may hold another one: "Rob" and "Robert"


def test_what_is_said_never_to_have_been_told_was_not(errands: ModuleType) -> None:
    from errand_slips import not_told
    from errand_speaker import Speaker

    speaker = Speaker("train", random.Random(1))
    unknown = re.compile(r"not told|not said|Tell me\?")
    for _ in range(300):
        turns = not_told(speaker)
        first = next(i for i, (_, reply) in enumerate(turns) if unknown.search(reply))
        assert not any(said == turns[first][0] for said, _ in turns[:first])  # it was not asked for, and known, before
        assert sum(bool(unknown.search(reply)) for _, reply in turns) == 1


def test_of_several_things_each_is_asked_for_as_it_was_told() -> None:
    sys.path.insert(0, str(RECIPES))
    from errand_several import introduced, several
    from errand_speaker import Speaker

    speaker = Speaker("train", random.Random(1))
    unknown = re.compile(r"not told|not said|Tell me\?")
    for _ in range(300):
        for turns in (introduced(speaker), several(speaker, lambda text: text)):
            told = turns[0][0].lower()
            for said, reply in turns[1:]:
                if re.match(r"(who|what) (am i|is my name|'s my name)", said) and not unknown.search(reply):
                    name = reply.rstrip(".").split()[-1].lower()
                    assert re.search(rf"\b{name}\b", told), (told, said, reply)


def test_precedents_stand_for_themselves_and_memory_has_none(errands: ModuleType) -> None:
    sys.path.insert(0, str(RECIPES))
    from errand_asks import Everyone, depends, pairs

    alone = pairs(Everyone("train", random.Random(1)))
    assert len(alone) == len(set(alone)) > 2000
    assert not any(re.search(r"[{}]", said + reply) for said, reply in alone)
    told = errands.dialogues("train", 500, kinds=errands.DEPENDS, otherwise=True)
    said = {text.lower().rstrip("?.!") for turns in map(depends, told) for text, _ in turns}
    assert any("my name" in text for text in said)
    assert not said & {"how are you", "my cat died", "i am bored", "thank you"}
    assert not said & {text.lower().rstrip("?.!") for text, _ in alone}


def test_everyday_messages_that_replies_are_tested_by_are_in_no_dialogue(errands: ModuleType) -> None:
    from everyday import EVERYDAY, fits

    made = [turns for kind in ("asked", "talked") for turns in errands.dialogues("train", 3000, **kinds(errands)[kind])]
    made += [[pair] for pair in errands.pairs(errands.Everyone("train", random.Random(1)))]
    said = {re.sub(r"\W+", " ", text.lower()).strip() for turns in made for text, _ in turns}
    for text, pattern in EVERYDAY:
        assert re.sub(r"\W+", " ", text.lower()).strip() not in said
        assert not fits("Purple elephants march northward", pattern)  # not whatever is said


def test_the_ways_and_names_that_behaviour_is_tested_by_are_in_no_dialogue(errands: ModuleType) -> None:
    from recalling import CORRECTED, TOLD, UNTOLD

    made = [errands.dialogues("train", 1500, **options) for options in kinds(errands).values()]
    said = {text.lower().rstrip("?.!") for part in made for turns in part for text, _ in turns}
    for question in [row[1] for row in TOLD] + [row[2] for row in CORRECTED] + [row[1] for row in UNTOLD]:
        assert question.lower().rstrip("?") not in said
    words = " ".join(said)
    for _, _, names in TOLD[:3] + UNTOLD[:1]:
        for name in names:
            assert not re.search(rf"\b(my name is|call me|i am) {name.lower()}\b", words), name
    for _, _, _, pairs in CORRECTED[:2]:
        for name in (name for pair in pairs for name in pair):
            assert not re.search(rf"\b(my name is|call me|i am) {name.lower()}\b", words), name


def test_what_is_said_has_one_mood_and_stands_in_one_part(errands: ModuleType) -> None:
    import errand_moods

    made = errand_moods.moods(errands.SEED)
    assert made == errand_moods.moods(errands.SEED)
    assert set(made) == {"train", "dev", "test"}
    found: dict[str, set[tuple[str, str]]] = {}
    for part, rows in made.items():
        assert {row["label"] for row in rows} == {"negative", "neutral", "positive"}
        counts = Counter(row["label"] for row in rows)
        if part == "train":  # the rarer labels are repeated
            assert max(counts.values()) < 2 * min(counts.values())
        else:
            assert len({row["text"] for row in rows}) == len(rows)
        for row in rows:
            assert row["text"].strip()
            assert not re.search(r"[{}]", row["text"])
            found.setdefault(re.sub(r"[^\w ]", "", row["text"].lower()).strip(), set()).add((part, row["label"]))
    assert [text for text, known in found.items() if len(known) > 1] == []
    assert len(made["train"]) > 10 * len(made["dev"])


def test_a_mood_of_a_pair_that_no_chain_has_is_an_error(errands: ModuleType) -> None:
    import errand_moods

    with pytest.raises(ValueError, match="no such form"):
        errand_moods.labelled({"negative": ["no such form"], "except": []}, "negative")


def test_what_is_excepted_of_the_moods_is_a_form_of_a_pair(errands: ModuleType) -> None:
    import errand_moods

    file = errand_moods._FILE
    kept = {
        form
        for label in errand_moods.LABELS
        for pair in errand_moods.labelled(file | {"except": []}, label)
        for form in pair
    }
    assert set(file["except"]) <= kept


def test_replies_name_nothing_that_was_not_told(errands: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    import errand_kept
    import errand_people
    from errand_dates import kept
    from errand_people import brothers, people
    from errand_speaker import Speaker

    for module in (errand_kept, errand_people):
        monkeypatch.setattr(module, "chain", lambda _: [])  # what is said of a day names what it likes
    speaker = Speaker("train", random.Random(1))
    for maker in (people, brothers, kept):
        for _ in range(200):
            speaker.drawn.clear()
            turns, heard = maker(speaker), ""
            drawn = {re.sub("^(an?|on) ", "", word).lower() for word in speaker.drawn}
            for said, reply in turns:
                heard += f" {said.lower()}"
                named = [word for word in drawn if re.search(rf"\b{re.escape(word)}\b", reply.lower())]
                assert [word for word in named if word not in heard] == [], (said, reply)


def test_what_was_changed_is_said_back(errands: ModuleType) -> None:
    from errand_dates import _Booking, _changed
    from errand_speaker import Speaker

    speaker, booking = Speaker("train", random.Random(1)), _Booking("a table", "four", "on Friday", "at 7")
    for _ in range(200):
        before = booking.whole()
        said, reply = _changed(speaker, booking)
        assert booking.whole().lower() in reply.lower()
        new = [word for word in booking.whole().split() if word not in before.split()]
        assert all(word.strip(",") in said for word in new if word not in ("on", "at")), (said, reply)


def test_what_was_called_off_is_not_said_to_stand(errands: ModuleType) -> None:
    from errand_dates import kept
    from errand_kept import KEPT
    from errand_speaker import Speaker

    speaker, seen = Speaker("train", random.Random(1)), 0
    for _ in range(400):
        turns = kept(speaker)
        for (said, reply), (asked, known) in itertools.pairwise(turns):
            if reply in KEPT["off_heard"] and asked in KEPT["again"]:
                seen += 1
                assert known in KEPT["off_known"], (said, asked, known)
    assert seen > 20
