"""Sums in a message's own words come to what they come to, are spelled, and are not made where none is asked for."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from chatkit_generation.amounts import number, read
from chatkit_generation.tallying import told_sum
from hypothesis import given
from hypothesis import strategies as st

OWNS_UP = (
    r"^(?:I can do a plain sum if you spell it out|I can't tell which|That is one I could|Give it to me as a plain sum)"
)
ORDINARY = """
the fence is 24 metres and panels are 1.8 metres, how many panels do we want
Two doors, and you can only walk through one. What speaks for each?
what's 7 eighths of 16
Two down, three to go, what have i got left?
I have 12 cats and 2 dogs, what does that make me
I paid 340 for it
the bus at 4 was 20 minutes late, what a mess
I'm 46 and my sister is 43
Rent is 875 a month and it keeps going up.
I worked 12 hours on Saturday and 9 on Sunday
what is it about 30 year olds and vinyl
they want 19,400 for the kitchen. what would you do?
How much is too much for a wedding, 200 a head?
I have 3 left and he has 5, who cares
I've got 14 days till the exam and 9 chapters to go, what should i do first
I do 40 hours a week and get 6.40 an hour, it's a joke
one of the two boys said 'altogether now' at 6am
they charge 4.20 each for those
Altogether we were 14 at the table
the doctor said 2 tablets a day for 10 days
how much sleep do you need at 60?
I bought 2 at 3.50 each and they were rotten
she left me after 22 years, what have i got left
my blood pressure was 150 over 90, is that bad
it's 50 50 really
I get 9 an hour and my manager gets 22. how is that fair
how many times do i have to tell him, 3 times already
the 8:15 was cancelled so i got the 8:45, what a day
the recipe says 180 degrees for 25 minutes, what does that mean
What makes you think 7 is lucky and 13 is not?
Put 2 pints of milk and 12 eggs on my list
what would you make of a man who is 40 and lives with 2 parrots
what should I cook for 4 people with 10 quid
is 300 a lot for a bike with 2 flat tyres?
train was 50 minutes late, that makes it 3 times this week
it comes to the same thing, 10 here or 10 there""".strip().splitlines()


@pytest.mark.parametrize(
    ("message", "reply"),
    [
        # a rate, and what it is for
        ("i get 6.40 an hour and i do 37 hours, what does that come to a week", "6.40 x 37 = 236.80 a week."),
        ("I did 23 deliveries at 4.20 each, how much is it?", "4.20 x 23 = 96.60."),
        ("they pay 0.07 per word and it has 48000 words, how much is it?", "0.07 x 48,000 = 3,360."),
        ("Diesel was 1.62 and we took 48 litres, what's the damage?", "1.62 x 48 = 77.76."),
        ("we lose about 95 a day when we're out, so whats three days", "95 x 3 = 285."),
        (
            "we get through about nine nappies a day each, so how many is that in a week for two",
            "9 x 2 x 7 = 126 a week.",
        ),
        ("Parking is 3.80 a day and I go in 19 days a month, how much is that?", "3.80 x 19 = 72.20 a month."),
        ("six boxes of eggs with twelve in each, how many is that", "12 x 6 = 72."),
        ("we have 3 trays of 24, how many is that altogether?", "3 x 24 = 72."),
        ("2 coffees at 3.20 and 3 cakes at 2.50, how much is it?", "2 x 3.20 + 3 x 2.50 = 13.90."),
        (
            "i earn 11.44 an hour and work 7.5 hours a day 5 days a week, what does that come to",
            "11.44 x 7.5 x 5 = 429 a week.",
        ),
        (
            "There are forty-six engines. If I sold thirty at twenty-two pounds each, what would that come to?",
            "30 x 22 = 660 pounds.",
        ),
        ("45p a mile for 120 miles, how much is that", "45 x 120 = 5,400 pence."),
        ("3 x £4.20, how much is that?", "3 x £4.20 = £12.60."),
        (
            "the window cleaner wants 18 a visit and he comes 13 times a year, what does that come to",
            "18 x 13 = 234 a year.",
        ),
        ("sold 46 jars of honey at 6.50 today, how much did i take", "6.50 x 46 = 299."),
        ("that's 4 hours at 15 and 2 hours at 22.50, how much is that altogether", "4 x 15 + 2 x 22.50 = 105."),
        ("80 for 8 hours, how much is that an hour", "80 / 8 = 10 an hour."),
        # the same for another time, or for each
        ("the gym is 420 a year, what's that a month?", "420 / 12 = 35 a month."),
        ("insurance is 730 a year so what is that per day", "730 / 365 = 2 a day."),
        (
            "if the season ticket is 2480 a year and i go in 220 days what does each day cost me",
            "2,480 / 220 = about 11.27 a day.",
        ),
        ("the bill was 96.40 and there were four of us, how much each", "96.40 / 4 = 24.10 each."),
        ("1,200 split three ways, whats that each", "1,200 / 3 = 400 each."),
        # how many
        ("if i pay 90 a month off 4230 how many months", "4,230 / 90 = 47 months."),
        (
            "I've nine candles and I burn two a night. How many nights is that?",
            "9 / 2 = 4.5: 4 full nights, and part of one more.",
        ),
        ("If a patient needs 750 mg and the tablets are 250 mg, how many is that?", "750 / 250 = 3."),
        ("each box holds 24 and i need 600, how many boxes", "600 / 24 = 25 boxes."),
        ("how many days is 6 weeks", "6 x 7 = 42 days."),
        ("how many weeks is 84 days?", "84 / 7 = 12 weeks."),
        ("I clean 6 flats a week at 32.50 each, what's that come to?", "32.50 x 6 = 195 a week."),
        # parts
        (
            "i lent him 350 in march and 275 in june and 140 for the car, whats that altogether",
            "350 + 275 + 140 = 765.",
        ),
        ("We took 212.40 today and 167.75 on Monday. What does that make?", "212.40 + 167.75 = 380.15."),
        (
            "my snare's got a split in it and a new head is 18.50, sticks are 11.99, what does that make",
            "18.50 + 11.99 = 30.49.",
        ),
        ("I ran 5 miles on monday, 7 on tuesday and 10 on friday. How many miles is that?", "5 + 7 + 10 = 22."),
        ("in 2019 we paid 250 and in 2020 we paid 310, what does that make altogether", "250 + 310 = 560."),
        ("rent is 875 and i take home 1,790, what have i got left", "1,790 - 875 = 915."),
        ("I get paid 1,650, rent is 700 and food is 300. What's left?", "1,650 - 700 - 300 = 650."),
        ("what's the total of 12, 15 and 18", "12 + 15 + 18 = 45."),
        ("one hundred and five less thirty eight, what does that leave", "105 - 38 = 67."),
        ("the total was 84.60 and i paid 50, what's left to pay", "84.60 - 50 = 34.60."),
        ("take 15 from 100", "100 - 15 = 85."),
        ("I got 34 out of 40, what percent is that", "34 / 40 x 100 = 85%."),
        ("rent went from 640 to 715, how much more is that?", "715 - 640 = 75."),
        # percent, and numbers with words between them
        ("I paid 340 for it plus 8 percent tax, what'd that come to", "340 + 8% = 340 x 1.08 = 367.20."),
        ("what's 15 percent off 68?", "68 - 15% = 68 x 0.85 = 57.80."),
        ("what is 15% tip on 48.60", "15% of 48.60 = 7.29."),
        ("its 2,300 plus 1,150 plus 780, can you check what that makes", "2,300 + 1,150 + 780 = 4,230."),
        ("What's 62 times 3, in case I need a third go?", "62 x 3 = 186."),
        (
            "what's 26 years times 39 school weeks, roughly how many weeks have i unlocked those gates",
            "26 x 39 = 1,014.",
        ),
        ("a million two hundred thousand divided by forty, how much is that", "1,200,000 / 40 = 30,000."),
    ],
)
def test_what_is_asked_for_is_spelled(message: str, reply: str) -> None:
    assert told_sum(message) == reply


@pytest.mark.parametrize(
    "message",
    [
        "I paid 340 for 2 and 75 for the other one, what does that make",  # two is no money
        "rent is 875 and bills are 210, what have i got left",  # of what?
        "I get 400 a week and rent is 875 a month, whats left",
        "we had 12 and ate 5 and then bought 4 more, how many have we got left",
        "i owe 350 to mum and 200 to dad and ive paid 100 back, what does that leave",
        "I have 200 and owe 350, what have i got left",
        "i get 22 a match and played 30 times, how many matches is that",
        "he pays 5 a week to both kids, how much is that a year",
        "i owe 40 to sam and he owes me 25, what does that make",
        "I earn 400 a week and spend 150 a week, what's left a month",
        "the meter was 4,520 and is now 4,710, what does that make",
        "half of 240 plus 30 what does that make",
        "2 for 5 pounds and I need 6, how much is that",
        "fence panels 14 at 32.50, posts 15 at 11, what's the total",
        "the bill is 90 plus 10 percent tip between 3 of us, what's that each",
        "6.40 an hour and I do 37 hours a week, what does that come to a month",  # a month has no number of weeks
        "I work 3 days at 95 a day, what's that a month",
        "its 30 a month for 24 months plus 99 up front, what does it come to",
        "how much is 7 pounds 50 and 3 pounds 25 altogether",
        "it was -5 and then 3, what does that make",
        "if the payoff is 19400 and i clear that what have i got left",
        "i get 22 a match so how many matches till i can buy it",
        "I sold it for 500 and it cost me 340, what does that make",
    ],
)
def test_what_is_not_clear_is_owned_up_to(message: str) -> None:
    assert re.search(OWNS_UP, told_sum(message))


@pytest.mark.parametrize("message", ORDINARY)
def test_numbers_alone_ask_for_no_sum(message: str) -> None:
    assert told_sum(message) == ""


@pytest.mark.parametrize(
    ("said", "message", "reply"),
    [
        (["rent?", "1,790 - 875 = 915."], "then minus 140 for council tax", "915 - 140 = 775."),
        (["what is 95 times 38", "3,610."], "Divided by nineteen days, please.", "3,610 / 19 = 190."),
        (["4.20 each", "3 x £4.20 = £12.60."], "plus 20 percent vat", "£12.60 + 20% = £12.60 x 1.2 = £15.12."),
        (["the tent is 340", "A good start."], "divided by four of us", "340 / 4 = 85."),
        (["I take home 1,790 a month", "Good."], "then minus 140 for council tax", "1,790 - 140 = 1,650."),
        (
            ["the head?", "18.50 + 11.50 = 30."],
            "i get 15 a match so how many matches till i can buy it",
            "30 / 15 = 2 matches.",
        ),
        (["I have 3 kids", "Lovely."], "plus 2 dogs", ""),
        (["it's 3 already", "Is it?"], "minus 12 tonight", ""),
        (["what is 4 x 9", "36."], "add 2 eggs to my list", ""),
        ([], "then minus 50", ""),
        (["what is 4 x 9", "36."], "divided by 0", "That divides by zero, which nobody can."),
    ],
)
def test_a_sum_goes_on(said: list[str], message: str, reply: str) -> None:
    assert told_sum(message, said) == reply


def test_what_is_left_after_a_sum_and_cannot_be_read_is_owned_up_to() -> None:
    said = ["220 between two, what's that each", "220 / 2 = 110 each."]
    assert re.search(OWNS_UP, told_sum("whats left each after the petrol", said))
    assert told_sum("whats left each after the petrol", ["hi", "Hello."]) == ""


def test_it_is_owned_up_to_in_several_words() -> None:
    asked = "I paid 340 for 2 and 75 for the other one, what does that make"
    assert len({told_sum(asked, (), lambda count, at=at: at % count) for at in range(10)}) > 2


def spelled_out(value: int) -> str:
    units = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    small = [*units.split(), "seventeen", "eighteen", "nineteen"]
    tens = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    if value < 20:
        return small[value]
    if value < 100:
        return tens[value // 10] + (f"-{small[value % 10]}" if value % 10 else "")
    for size, name in ((1_000_000, "million"), (1000, "thousand"), (100, "hundred")):
        if value >= size:
            rest = value % size
            between = " and " if rest < 100 else " "
            return f"{spelled_out(value // size)} {name}" + (f"{between}{spelled_out(rest)}" if rest else "")
    raise AssertionError


@given(st.integers(2, 9_999_999))
def test_numbers_in_words_are_read(value: int) -> None:
    assert number(spelled_out(value)) == value
    found = read(f"we need {spelled_out(value)} bricks").amounts
    assert [each.value for each in found] == [value]


@pytest.mark.parametrize("text", ["twenty and thirty", "seven and nine"])
def test_two_numbers_in_words_are_not_one(text: str) -> None:
    assert len(read(text).amounts) == 2


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("at 4.20 each", [Fraction("4.20")]),  # no time
        ("I must go at 4.", []),
        ("from the 14th, at 4pm, in 2019, flat 3, aged 7", []),
        ("this one is a 5k for 1.5 million", [5000, 1_500_000]),
        ("two and a half hours", [Fraction(5, 2)]),
        ("a dozen eggs", [12]),
    ],
)
def test_amounts(text: str, values: list[Fraction]) -> None:
    assert [each.value for each in read(text).amounts] == values


pounds = st.decimals(1, 5000, places=2).map(lambda value: f"{value:.2f}")


def result(reply: str) -> Fraction:
    found = re.search(r"= (?:about )?(-?[\d,]+(?:\.\d+)?)[^=]*$", reply)
    assert found, reply
    return Fraction(found[1].replace(",", ""))


@given(st.integers(2, 5000), pounds)
def test_rates_come_to_what_they_come_to(count: int, price: str) -> None:
    assert result(told_sum(f"I did {count} deliveries at {price} each, how much is it?")) == count * Fraction(price)


@given(st.lists(pounds, min_size=2, max_size=6))
def test_parts_add_up(parts: list[str]) -> None:
    text = " and ".join(
        f"{part} for the {thing}"
        for part, thing in zip(parts, ["car", "roof", "dog", "fish", "bed", "bin"], strict=False)
    )
    assert result(told_sum(f"I spent {text}, what does that make altogether?")) == sum(map(Fraction, parts))


@given(st.integers(20, 9000), st.integers(20, 9000))
def test_what_is_left_is_left(income: int, rent: int) -> None:
    reply = told_sum(f"I take home {income} and rent is {rent}, what have I got left?")
    assert re.search(OWNS_UP, reply) if rent > income else result(reply) == income - rent


FRAGMENTS = """
I paid|we took|rent is|and|at|each|a day|an hour|hours|boxes of|for|plus|minus|percent|off|between|of us|4.20|37|1,790
nine|two hundred|£12|3|what does that make|how much is that|what's left|altogether|how many days|,|.|?|a week|x
what's that each|divided by|take home|spent|per|miles|0"""
PIECES = st.sampled_from(FRAGMENTS.strip().replace("\n", "|").split("|"))


@given(st.lists(PIECES, max_size=14).map(" ".join))
def test_whatever_is_spelled_can_be_checked(text: str) -> None:
    reply = told_sum(text, ["a", "3 + 4 = 7."])
    if " = " not in reply:
        return
    steps, value = reply.split(" = ")[-2], reply.split(" = ")[-1]
    plain = re.sub(r"[£,]", "", steps).replace("x", "*")
    plain = re.sub(r"([\d.]+)% of", r"\1 / 100 *", plain)
    worth = eval(re.sub(r"\d+(?:\.\d+)?", lambda found: f"Fraction('{found[0]}')", plain))
    assert round(worth, 2) == result(f"= {value.removeprefix('about ').split(':')[0]}".replace("£", ""))


@given(st.text(max_size=320))
def test_any_text_is_looked_at(text: str) -> None:
    told_sum(text, [text, text])
