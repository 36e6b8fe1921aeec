"""What ``errands.py --kept`` adds of bookings: all that belongs to one in a line; changed, called off, asked for."""

from __future__ import annotations

from dataclasses import dataclass

from errand_kept import KEPT, listed, pizzas, several_things
from errand_speaker import WORDS, Speaker, Turns, capital

_HOURS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven")
_ORDERS = (("many", "day", "hour"), ("many", "day", "hour"), ("day", "hour", "many"), ("hour", "day", "many"))


@dataclass(slots=True)
class _Booking:
    """What is booked, for how many ("" for what has no number), and when; ``unit`` of the number: people, or nights."""

    what: str
    many: str
    day: str
    hour: str
    unit: str = "people"

    def whole(self) -> str:
        """All of it as a reply has it."""
        nights = " nights" if self.unit == "nights" else ""
        return self.what + (f" for {self.many}{nights}" if self.many else "") + f", {self.day} {self.hour}".rstrip()

    def noun(self) -> str:
        """What it is called later: "table"."""
        article, _, rest = self.what.partition(" ")
        noun = rest if article in ("a", "an", "two", "three") else self.what
        for word in (" at ", " with ", " to ", " of ", " for ", " in "):
            noun = noun.split(word)[0]
        return noun

    def said_back(self, s: Speaker) -> str:
        """A reply that asks whether it is right."""
        whole = self.whole()
        return capital(
            s.say(
                f"{whole}. Is that right?",
                f"so {whole}. Is that right?",
                f"{whole}. Shall I note it?",
                f"all right: {whole}. Correct?",
            )
        )


def _hour(s: Speaker) -> str:
    n, word = s.rng.randint(1, 12), s.rng.choice(_HOURS)
    return s.say(
        f"at {n}",
        f"at {n}",
        f"at {word}",
        f"at {word}",
        f"at {n} pm",
        f"at {n}:30",
        f"at half past {word}",
        f"at {n}pm",
        f"at {word} o'clock",
        "at noon",
        f"at quarter past {word}",
        f"around {word}",
        f"at {n} in the evening",
    )


def _number(s: Speaker) -> str:
    return s.say(str(s.rng.randint(2, 12)), s.rng.choice(_HOURS[1:10]))


def _wished(s: Speaker, booking: _Booking) -> Turns:
    """All of it in a line, or all but one thing, which is asked for."""
    many, day, hour = booking.many, booking.day, booking.hour
    people = s.say(f"for {many}", f"for {many}", f"for {many} people", f"for {many} of us") if many else ""
    asks, of_us = "For how many people?", f"{many} of us."
    if booking.unit == "nights":
        people, asks, of_us = f"for {many} nights", "For how many nights?", f"{many} nights."
    missing = s.say("", "", "", "", "many", "hour", "day") if many else s.say("", "", "", "hour", "day")
    missing = "" if missing == "hour" and not hour else missing
    fields = {"many": people, "day": day, "hour": hour}
    order = s.rng.choice(_ORDERS)
    said = " ".join([booking.what, *(fields[name] for name in order if fields[name] and name != missing)])
    wish = s.say(
        f"book {said}.",
        f"book me {said}.",
        f"can you book {said}?",
        f"I need {said}.",
        f"I'd like {said}.",
        f"{said} please.",
        f"please reserve {said}.",
        f"I want to book {said}.",
        f"could you get me {said}?",
        f"reserve {said} please.",
        f"I'd like to book {said}.",
        f"make a booking: {said}.",
        said.removeprefix("a ").removeprefix("an ") + ".",
    )
    if not missing:
        return [(wish, booking.said_back(s))]
    asked, answer = {
        "many": (
            s.say(asks, asks if booking.unit == "nights" else "How many of you are there?"),
            s.say(f"{many}.", f"{people}.", of_us),
        ),
        "hour": (
            s.say("At what time?", "And what time?"),
            s.say(f"{hour}.", hour.removeprefix("at ") + ".", f"{hour} please."),
        ),
        "day": (
            s.say("For which day?", "On which day?"),
            s.say(f"{day}.", f"{day} please.", day.removeprefix("on ") + "."),
        ),
    }[missing]
    return [(wish, asked), (answer, booking.said_back(s))]


def _changed(s: Speaker, booking: _Booking) -> tuple[str, str]:
    """Another number, day or hour, and all of it as it then stands."""
    kinds = [kind for kind in ("many", "day", "hour") if getattr(booking, kind)]
    kind = s.rng.choice(kinds)
    if kind == "many" and booking.unit == "nights":
        booking.many = many = _number(s)
        said = s.say(
            f"make it {many} nights.",
            f"make it {many}.",
            f"{many} nights rather.",
            f"no, {many} nights.",
            f"for {many} nights instead.",
            f"I stay {many} nights.",
        )
    elif kind == "many":
        old, many = booking.many, _number(s)
        booking.many = many
        said = s.say(
            f"make it {many}.",
            f"make it {many}.",
            f"make it {many} people.",
            f"we are {many} now.",
            f"for {many} rather.",
            f"sorry, {many} people.",
            f"{many}, not {old}.",
            f"actually {many} of us.",
            f"no, for {many}.",
            f"change it to {many} people.",
            f"one more thing: we will be {many}.",
        )
    elif kind == "day":
        old, day = booking.day, s.draw(KEPT["days"])
        booking.day, bare = day, day.removeprefix("on ")
        said = s.say(
            f"{day} instead.",
            f"make it {bare}.",
            f"not {old}, {day}.",
            f"{bare} would be better.",
            f"no, {day}.",
            f"move it to {bare}.",
            f"can we do {bare}?",
            f"change it to {bare}.",
            f"{day} rather.",
        )
    else:
        old, hour = booking.hour, _hour(s)
        booking.hour, bare = hour, hour.removeprefix("at ")
        said = s.say(
            f"{hour} rather.",
            f"{hour} instead.",
            f"make it {hour}.",
            f"not {old}, {hour}.",
            f"can we do {bare}?",
            f"move it to {bare}.",
            f"{bare} would be better.",
            f"no, {hour}.",
            f"change the time to {bare}.",
        )
    return said, booking.said_back(s)


def _agreed(s: Speaker, whole: str) -> tuple[str, str]:
    yes = s.say(
        "yes.",
        "yes please.",
        "that's right.",
        "correct.",
        "yes, that is right.",
        "right.",
        "perfect.",
        "yep.",
        "ok.",
        "fine.",
    )
    return yes, s.say(
        f"Noted: {whole}. I cannot book it myself, so please call them.",
        f"I have noted {whole}. The booking itself is up to you, I have no telephone.",
        f"All right: {whole}. I only take notes, so please make the booking yourself.",
    )


def _called_off(s: Speaker, noun: str) -> Turns:
    said = s.say(
        f"cancel the {noun}.",
        f"I don't need the {noun} any more.",
        "cancel the booking.",
        s.rng.choice(KEPT["off"]),
        s.rng.choice(KEPT["off"]),
    )
    turns: Turns = [(said, s.rng.choice(KEPT["off_heard"]))]
    if s.rng.random() < 0.6:
        asked = s.say(f"when is my {noun}?", "what did I book?", "what is booked?")
        turns.append((asked, s.rng.choice(KEPT["off_known"])))
    return turns


def _asked(s: Speaker, booking: _Booking) -> Turns:
    """When it is, for how many, or all of it."""
    noun, whole, many = booking.noun(), booking.whole(), booking.many
    when = f"{booking.day} {booking.hour}".rstrip()
    asked = s.say(f"when is my {noun}?", "when is it?", f"when is the {noun}?", f"what time is my {noun}?")
    if booking.what.split()[-2:-1] == ["to"]:
        asked = s.say(
            f"when does my {noun} leave?", f"when does the {noun} go?", "when do I leave?", "when do I travel?"
        )
    ways = [
        (
            asked,
            s.say(f"{capital(when)}.", f"It is {when}."),
        ),
        (
            s.say("what did I book?", "what is booked?", "can you repeat the booking?", "say the booking again."),
            s.say(f"{capital(whole)}.", f"You wanted {whole}."),
        ),
    ]
    if many:
        unit = booking.unit
        asked = s.say(
            "for how many?", f"for how many {unit}?", f"how many {unit} did I say?", f"how many {unit} is it for?"
        )
        ways.append((asked, s.say(f"For {many}.", f"{capital(many)}.")))
    return s.rng.sample(ways, s.rng.randint(0, len(ways)))


def in_a_line(s: Speaker) -> Turns:
    """A booking with all that belongs to it in one line, or nearly."""
    city, day, hour = s.draw(WORDS["cities"]), s.draw(KEPT["days"]), _hour(s)
    kind = s.rng.random()
    if kind < 0.5:
        booking = _Booking(s.draw(KEPT["booked"]), _number(s), day, hour)
    elif kind < 0.7:
        booking = _Booking(s.draw(KEPT["meetings"]), "", day, hour)
    elif kind < 0.85:
        travel = s.say(
            "a train", "a bus", "a flight", "a seat on the train", "a train ticket", "a ticket", "tickets", "a coach"
        )
        with_many = s.rng.random() < 0.5 or travel == "tickets"
        booking = _Booking(f"{travel} to {city}", _number(s) if with_many else "", day, hour)
    else:
        room = s.say("a room", "a double room", "a single room", "a hotel room", "a hotel")
        booking = _Booking(f"{room} in {city}", _number(s), day, "", "nights")
    turns = _wished(s, booking)
    noted = s.rng.random() < 0.5
    if noted:
        turns.append(_agreed(s, booking.whole()))
    for _ in range(s.rng.choice((0, 1, 1, 2))):
        turns.append(_changed(s, booking))
        noted = False
    if s.rng.random() < 0.25:
        return turns + _called_off(s, booking.noun())
    if not noted:
        turns.append(_agreed(s, booking.whole()))
    return turns + s.small_talk(0, 1) + _asked(s, booking)


def kept(s: Speaker) -> Turns:
    """One of these errands, or two one after the other."""
    kinds = (pizzas, several_things, listed, in_a_line)
    turns = s.rng.choices(kinds, (0.25, 0.25, 0.15, 0.35))[0](s)
    if s.rng.random() < 0.3:
        turns = [*turns, *s.small_talk(0, 1), *s.rng.choices(kinds, (0.2, 0.25, 0.15, 0.4))[0](s)]
    return turns
