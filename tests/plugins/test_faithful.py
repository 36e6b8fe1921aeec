"""What a reply says back was said, and is what was asked for; what is left of replies, and what is quoted instead."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from chatkit_generation.faithful import Said
from chatkit_generation.honest import AS_IT_STANDS, CALLED, CLOSED, GATHERED, LATER, NOTED, QUOTED, Honest
from chatkit_generation.notes import Notes
from chatkit_generation.taking import LONGEST, quoted
from hypothesis import given
from hypothesis import strategies as st

TOLD = (
    "i live in Leeds with my husband Tom and our two cats",
    "the cats are called Miso and Pickle",
    "we're planning a trip to Portugal in june",
    "my sister Ana lives there, in Porto",
    "he's a brown labrador, 10 weeks old",
)
BOOKING = ("can you book a table?", "for saturday at 7pm, 4 people")


@pytest.mark.parametrize(
    ("asked", "right", "wrong"),
    [
        ("whats my husbands name?", "Your husband is called Tom.", "Your husband's name is Pickle."),
        ("where do i live?", "In Leeds, you said.", "You live with Pickle."),
        ("where do i live?", "You live in Leeds.", "You live in Porto."),
        (
            "what are my cats called?",
            "Your cats are called Miso and Pickle.",
            "Your husband is called Miso and Pickle.",
        ),
        ("what's my sister's name?", "Your sister is called Ana.", "Your sister's name is Pickle."),
        ("when is my trip?", "In June, you said.", "You told me that it is 10 weeks old."),
        ("how old is my dog?", "It is 10 weeks old.", "Biscuit."),
    ],
)
def test_a_reply_repeats_the_clause_that_was_asked_for(asked: str, right: str, wrong: str) -> None:
    said = Said([*TOLD, asked])
    assert said.answers(right)
    assert not said.answers(wrong)


def test_of_several_named_at_once_the_one_is_quoted_that_was_asked_for() -> None:
    said = Said(["I have two kids, Owen is 9 and Mia is 5", "and Mia wants to be a vet", "how old is Mia?"])
    assert said.quotation() == '"Mia is 5"'
    assert said.answers("Mia is 5.")
    assert not said.answers("Mia is 9.")


@pytest.mark.parametrize(
    ("text", "reply", "jars"),
    [
        ("I'm just stressed about work", "That sounds like a lot of fun.", True),
        ("I'm just stressed about work", "That wears a person out.", False),
        ("we went swimming", "That sounds like a lot of fun.", False),
        ("two lattes please", "Your order will be ready shortly at the coffee bar.", True),
    ],
)
def test_what_is_glad_of_sad_things_or_claims_what_it_cannot_do_jars(text: str, reply: str, jars: bool) -> None:
    assert Said([text]).jars(reply) == jars


def test_what_shares_no_word_cannot_be_told() -> None:
    said = Said([*TOLD, "what is my favourite film?"])
    assert said.answers("Your favourite film is Alien.")
    assert said.share() == 0
    assert said.quotation() == ""


@pytest.mark.parametrize(
    ("asked", "quotation"),
    [
        ("where do i live?", '"i live in Leeds with my husband Tom"'),
        ("when is my trip?", '"we\'re planning a trip to Portugal in june"'),
        ("how old is my dog?", '"he\'s a brown labrador, 10 weeks old"'),
    ],
)
def test_the_clause_that_answers_is_quoted(asked: str, quotation: str) -> None:
    assert Said([*TOLD, asked]).quotation() == quotation


def test_what_was_put_right_is_so_from_then_on() -> None:
    said = Said(["our cat is called Fluffy", "no no, her name is Lucky", "what is our cat called?"])
    assert said.answers("Your cat is called Lucky.")
    assert not said.answers("Your cat is called Fluffy.")
    assert said.quotation() == '"her name is Lucky"'
    said = Said(["my town is Leeds", "not Leeds, sorry, I mean York", "which town is it?"])
    assert said.answers("York, you said.")
    assert not said.answers("Leeds, you said.")


def test_what_was_put_right_is_quoted_as_it_was_put_right() -> None:
    said = Said(["my husband is called Tim", "no, my husband is called Tom", "what's my husband called?"])
    assert "Tom" in said.quotation()


@pytest.mark.parametrize(
    ("reply", "invents"),
    [
        ("A table for 4, on March 4 at 7pm. Correct?", True),
        ("A table for four, tomorrow at 7pm.", True),
        ("You like Marta, I see.", True),
        ("A table for four, on Saturday at 7pm. Correct?", False),
        ("I am chatkit. Press F1, or say what I can do.", False),
        ("", False),
    ],
)
def test_names_numbers_and_days_that_nobody_named_are_invented(reply: str, invents: bool) -> None:
    assert Said(BOOKING).invents(reply) == invents


@pytest.mark.parametrize(
    ("messages", "reply", "misses"),
    [
        (BOOKING, "A table for four, on Saturday at 7pm. Correct?", False),
        (BOOKING, "A table for four, at 7pm. Correct?", True),
        (BOOKING, "For how long?", False),
        ((*BOOKING, "and 8pm instead of 7"), "A table for 4, on Saturday at 8pm. Correct?", False),
        ((*BOOKING, "and 8pm instead of 7"), "A table for 4, on Saturday at 7pm. Correct?", True),
        ((*BOOKING, "remind me to call mum tomorrow at 10"), "A table for 4, tomorrow at 10. Correct?", True),
        (
            ("a pizza, please", "large, with mushrooms and olives"),
            "Good, a large pizza with mushrooms and olives.",
            False,
        ),
        (
            ("a pizza, please", "large, with mushrooms and olives"),
            "Good, a large pizza with ham. Anything to add?",
            True,
        ),
        (("a large pizza", "actually make it medium"), "Good, a large pizza. Anything to add?", True),
        (("a large pizza", "actually make it medium"), "Good, a medium pizza. Anything to add?", False),
        (("a large pizza", "make it medium instead of large"), "Forgotten. Say so if you want something else.", True),
        (("a large pizza", "cancel it"), "All right, I have crossed it out.", False),
        (("hello", "I'd like to order some flowers"), "I like the word soup.", True),
        (("hello", "I'd like to order some flowers"), "Of course. What size?", False),
    ],
)
def test_a_note_holds_what_the_message_says(messages: Sequence[str], reply: str, misses: bool) -> None:
    assert Said(messages).misses(reply) == misses


def test_of_orders_that_it_has_not_read_of_a_reply_must_take_up_something() -> None:
    said = Said(["I'd like to order some flowers"])
    assert said.misses("Of course. What size?", strict=True)
    assert not said.misses("Of course. Which flowers?", strict=True)


def test_a_reply_that_names_only_what_was_said_long_ago_strays() -> None:
    said = Said([*TOLD, "i have eggs and some rice"], reply="What is in the fridge of Tom?")
    assert said.strays("How nice. Do you see Pickle often?")
    assert not said.strays("How nice. Do you see Tom often?")
    assert not said.strays("How about an omelette?")
    assert said.strays("Pickle, I see.")


HONEST = Honest(["You have not told me that yet."], ["I know few facts."])
TALK, ASKS, UNTOLD, WORLD, NOTES = (0, 0, 0, 0), (0.9, 0.3, 0, 0), (0.9, 0.9, 0, 0), (0.1, 0, 0.9, 0), (0, 0, 0, 0.9)


def left(
    messages: Sequence[str],
    texts: Sequence[str],
    judged: Sequence[float],
    noted: Sequence[str] = (),
    unlike: Sequence[str] = (),
) -> list[str]:
    notes = Notes(noted, ago=1 if noted else 0)
    return HONEST.left(texts, judged, Said(messages), lambda: notes, unlike, listened=["I see. And then?"])


def test_of_replies_to_what_was_told_the_right_ones_are_left_or_it_is_quoted() -> None:
    asked = [*TOLD, "what's my sister's name?"]
    assert left(asked, ["Pickle.", "You have not told me."], ASKS) == [form.format("sister", "Ana") for form in CALLED]
    asked = [*TOLD, "who is Ana?"]
    assert left(asked, ["Pickle.", "Ana is your sister."], ASKS) == ["Ana is your sister."]
    quotations = left(asked, ["Pickle.", "You have not told me that yet."], ASKS)
    assert quotations == [form.format('"my sister Ana lives there, in Porto"') for form in QUOTED]
    assert left(asked, ["Pickle."], UNTOLD) == quotations  # it was told, whatever is judged


def test_what_was_not_told_or_is_of_the_world_is_owned_up_to() -> None:
    assert left([*TOLD, "what is my shoe size?"], ["It is large."], UNTOLD) == ["You have not told me that yet."]
    assert left(["who wrote that?"], ["It is large.", "I know few facts, sorry."], WORLD) == [
        "I know few facts, sorry."
    ]
    assert left(["who wrote that?"], ["It is large."], WORLD) == ["I know few facts."]


def test_a_note_that_does_not_hold_is_replaced_by_the_message() -> None:
    assert left(BOOKING, ["For how long?", "A table, tomorrow."], NOTES) == ["For how long?"]
    assert left(BOOKING, ["A table for 4, on March 4 at 7pm."], NOTES) == [
        form.format("for saturday at 7pm, 4 people") for form in NOTED
    ]
    said = NOTED[0].format("for saturday at 7pm, 4 people")
    assert said not in left(BOOKING, ["A table for 4, on March 4."], NOTES, unlike=[said])


def test_one_note_is_summed_up_or_quoted_and_several_are_quoted() -> None:
    one, short, whole = ["a table for 4, saturday at 7pm"], "A table at 7pm.", "A table on Saturday at 7pm for 4."
    asked = [*one, "what did I book?"]
    assert left(asked, [short, whole], ASKS, one) == [whole]
    assert left(asked, [short], NOTES, one)[0] == AS_IT_STANDS[0].format(one[0])
    assert left(asked, [short], ASKS) == [short]  # nothing was noted: it is left as it is
    changed, now = [*one, "make it 8pm"], AS_IT_STANDS[0].format("a table for 4, saturday at 8pm")
    assert left([*changed, "what did I book?"], [whole], ASKS, changed)[0] == now
    assert left([*changed, "when is the table?"], [whole], ASKS, changed)[0] == now
    unclear = [*one, "we might be more of us, I will ask them first"]
    assert left([*unclear, "what did I book?"], [whole], ASKS, unclear) == [
        form.format(f"{quoted(one)}{LATER}{quoted(unclear[1:])}") for form in GATHERED
    ]


@pytest.mark.parametrize(
    ("text", "judged", "asks"),
    [
        ("tell me your favourite novel", (0.9, 0.9, 0, 0), False),
        ("do you know my name?", (0.9, 0.9, 0, 0), True),
        ("did I tell you my name?", (0.9, 0.9, 0, 0), True),
        ("which trip do we plan?", (0.3, 0.1, 0, 0), True),
        ("which film do we like?", (0.1, 0.1, 0, 0), False),
    ],
)
def test_words_tell_who_is_asked(text: str, judged: Sequence[float], asks: bool) -> None:
    assert (HONEST.revised(judged, Said([*TOLD, text]))[0] >= 0.5) == asks


def test_a_name_is_no_order() -> None:
    assert HONEST.revised(NOTES, Said(["a haircut at 4pm", "i'm karen, nice to meet you"])).notes == 0


def test_names_that_go_on_and_things_said_twice_are_invented() -> None:
    said = Said([*TOLD, "my sister Ana lives there, in Porto"])
    assert said.invents("Anastasia in Porto, I see.")
    assert said.invents("Ana, not Ana. All right.")
    assert said.invents("A hot shower, a hot shower, a lemonade.")
    assert not said.invents("How nice. Do you see Ana often?")


def test_a_drawn_reply_does_not_bring_up_matters_of_its_own() -> None:
    worry = ["my mum still lives in Lviv and I worry about her"]
    off, near = (
        "That is a nuisance. Have you tried to switch it off and on again?",
        "I see. Tell me more about your mum.",
    )
    assert left(worry, [off, near], TALK) == [near]
    assert left(worry, [off], TALK) == ["I see. And then?"]


def test_nothing_is_claimed_to_be_ordered() -> None:
    told, ready = ["a latte please", "yes, that is correct"], "Your order will be ready shortly."
    assert left(told, [ready, "Good. Anything else?"], TALK) == ["Good. Anything else?"]
    assert left(told, [ready], TALK) == list(CLOSED)


def test_where_nothing_holds_it_listens() -> None:
    assert left([*TOLD, "i have rice"], ["Do you see Pickle often?", "How nice."], TALK) == ["How nice."]
    assert left([*TOLD, "i have rice"], ["Do you see Pickle often?"], TALK) == ["I see. And then?"]
    silent = Honest(["You have not told me that yet."], [])
    assert silent.left(["Do you see Pickle?"], TALK, Said([*TOLD, "hm"]), Notes) == ["Do you see Pickle?"]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("part", ["! ", "? ", "what ", "so what order "])
def test_a_megabyte_of_the_same_is_read_by_its_beginning(part: str) -> None:
    text = part * (1_000_000 // len(part))
    assert left([text, text], ["I see."], ASKS)


def test_long_messages_are_quoted_by_their_beginning() -> None:
    text = quoted(["word " * 100])
    assert len(text) <= LONGEST + 10
    assert text.endswith('..."')


@given(
    st.lists(st.text(max_size=60), min_size=1, max_size=4), st.text(max_size=60), st.sampled_from([ASKS, NOTES, TALK])
)
def test_any_text_leaves_a_reply(messages: list[str], reply: str, judged: Sequence[float]) -> None:
    texts = left(messages, [reply], judged, messages[:-1])
    assert texts
    assert all(isinstance(text, str) for text in texts)


def test_an_age_said_short_is_found() -> None:
    told = ["our kids are leo and maisie, leo's 7 and maisie's 4", "how old is leo?"]
    assert Said(told).asks_of_told
    assert Said(told).quotation() == "\"our kids are leo and maisie, leo's 7 and maisie's 4\""


def test_a_question_behind_a_sentence_is_what_is_asked() -> None:
    said = Said(["hi, i'm karen", "never mind. what's my name?"])
    assert said.own_name == "Karen"
    assert Said(["my cat is called Milo", "we bake a cake. what is my cat called?"]).asks_of_told


def test_nothing_that_failed_is_congratulated() -> None:
    said = Said(["i failed my driving test this morning"])
    assert said.jars("What a good piece of news. Did you expect it?")
    assert not said.jars("I am sorry. What went wrong?")


def test_where_the_language_model_doubts_it_owns_up_unless_it_names_what_was_told() -> None:
    asked = ["I'm from Bergen", "what was I upset about?"]
    for text, expected in (
        ("It is large.", "You have not told me that yet."),
        ("In Bergen, I think.", "In Bergen, I think."),
    ):
        left_over = HONEST.left([text], (0.9, 0.3, 0, 0), Said(asked), Notes, doubt=0.9)
        assert left_over == [expected]


@pytest.mark.parametrize(
    ("told", "name"),
    [
        (["my name is Daniela", "oh wait, I mean Hugo"], "Hugo"),
        (["hi, I'm Edith", "no, not Edith! it is Derek"], "Derek"),
        (["hey there, it's Gloria!", "it is windy today"], "Gloria"),
        (["good evening, my name happens to be Edith"], "Edith"),
        (["my name is Tom", "my cat is called Milo", "no wait, Rome is nice"], "Tom"),
        (["my name is Tom", "no, I'm Tim"], "Tim"),
    ],
)
def test_the_own_name_is_the_one_that_was_put_right(told: Sequence[str], name: str) -> None:
    assert Said([*told, "so what am I called?"]).own_name == name


def test_what_was_said_is_not_asked_for_again() -> None:
    said = Said(["book me a haircut on friday at 3pm"])
    assert said.misses("On which day?")
    assert said.misses("At what time?")
    assert not Said(["book me a haircut at 3pm"]).misses("On which day?")


@pytest.mark.parametrize(
    ("told", "question", "what"),
    [
        (
            ["i drive a lorry for a living", "ok"],
            "do you remember what job i do?",
            "i drive a lorry for a living",
        ),
        (["I'm a teacher."], "what's my job?", "I'm a teacher"),
        (["im a nurse and ive been on nights all month", "ok"], "do u remember what i do for a living?", "im a nurse"),
        (["Hello, I am Walter, retired carpenter.", "ok"], "What was my job again?", "I am Walter, retired carpenter"),
        (["I sit in front of spreadsheets all day for an insurance company."], "whats my work?", "I sit in front"),
        (["been a plumber 20 years", "ok"], "whats my trade?", "been a plumber"),
        (["i work nights at a bakery"], "where do i work again", "i work nights at a bakery"),
        (["My father was a tailor."], "what's my job?", ""),
        (["My father was a tailor."], "what was my father's job?", "My father was a tailor"),
        (["I like tea"], "what's my job?", ""),
        (["I'm a bit of a loser at heart"], "what's my job?", ""),
        (["I'm a teacher."], "what's your job?", ""),
    ],
)
def test_what_the_user_does_for_a_living_is_known(told: Sequence[str], question: str, what: str) -> None:
    found = Said([*told, question]).recalled
    told = found.clauses[0].text if found else ""
    assert told.startswith(what)
    assert bool(told) == bool(what)


@pytest.mark.parametrize(
    ("told", "question", "of"),
    [
        (["my cat's called biscuit"], "and what's my cat called?", ("cat", "Biscuit")),
        (["I have a dog, his name is Bruno"], "Well done! And my dog?", ("dog", "Bruno")),
        (["there is a girl I like", "her name is Lena"], "what's her name again?", ("", "Lena")),
        (
            ["Their names are Ida and Poppy."],
            "what are the names of my grandchildren?",
            ("", "Ida and Poppy"),
        ),
        (["my cat's called biscuit"], "what's my dog called?", ("", "")),
        ([], "what's my dog called?", ("", "")),
    ],
)
def test_names_that_were_told_are_known(told: Sequence[str], question: str, of: tuple[str, str]) -> None:
    assert Said([*told, question]).of_name == of


def test_what_only_begins_like_a_question_asks_for_nothing() -> None:
    said = Said(["we sing in a choir on saturday", "When I am happy I put on a choir"])
    assert not said.wants_number
    assert not said.asks_of_told


def test_what_is_sad_is_answered_by_nothing_cold() -> None:
    said = Said(["our old dog died this morning"])
    assert said.is_cold("That sounds lively. What is the best part?")
    assert not said.is_cold("I am so sorry. How old was he?")
    assert not Said(["we walked the dog"]).is_cold("That sounds lively.")
    assert not said.is_cold("Call the emergency number now.")
    assert not Said(["died forty times lol, in the game"]).is_sad
    assert not Said(["my phone died on the way"]).is_sad


def test_who_is_known_is_not_asked_who_they_are() -> None:
    said = Said(["I'm Hannah", "what are you?"])
    assert said.jars("I am chatkit. And who are you?")
    assert not Said(["what are you?"]).jars("I am chatkit. And who are you?")
