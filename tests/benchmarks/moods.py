"""Whether the mood of everyday messages is read right: 60 for dev and 60 for test, a third each of every label.

A part of ``behaviour.py``. The sets that the ``sentiment`` head is measured on elsewhere are reviews, posts and
headlines; these are lines that a person types to a chat assistant about the day, people, plans and the help given. At
least half of what is felt is told by what happened, with no word of feeling in it; neutral are plain statements and
requests. Written without sight of any training text.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from chatkit.metrics.classification import accuracy, macro_f1
from chatkit.runtime.conversation import Conversation

LABELS = ("negative", "neutral", "positive")
MOODS: dict[str, dict[str, tuple[str, ...]]] = {
    "dev": {
        "negative": (
            "my car wouldn't start and I missed the interview",
            "they gave my job to somebody else",
            "I shouted at my son this morning and he hasn't spoken to me since",
            "the doctor found something on my lung",
            "we had to put our dog to sleep on Tuesday",
            "somebody stole my bike right outside the office",
            "he broke up with me by text message",
            "my phone fell into the toilet",
            "I've been in bed with a fever for four days",
            "the neighbours kept us awake until four again",
            "nobody came to my party",
            "I failed the driving test, again",
            "our flight got cancelled and we slept on the airport floor",
            "work was awful today",
            "I am so tired of being treated like this",
            "I feel lonely since the kids moved out",
            "my mother-in-law ruined the whole weekend",
            "that was a terrible answer, you didn't help at all",
            "I'm scared of what they'll tell me tomorrow",
            "this stupid printer ate my papers",
        ),
        "neutral": (
            "the meeting has moved to room four",
            "I need two seats on the train to Hull on Thursday",
            "what time does the library close on Saturdays?",
            "put milk and eggs on my shopping list",
            "my sister works at a bank",
            "it's Wednesday today",
            "how many grams are in an ounce?",
            "we take the number nine bus to work",
            "please book a table for six people at eight",
            "can you translate this sentence into German?",
            "I have an appointment at the town hall on Monday",
            "the parcel is at the post office",
            "I usually have toast for breakfast",
            "which of these files is the newest?",
            "the course starts in September and takes ten weeks",
            "he said he would call between two and three",
            "where can I change my password?",
            "there are twelve people in my team",
            "show me the notes from last week",
            "I'm at my desk now",
        ),
        "positive": (
            "I got the job!",
            "our daughter took her first steps today",
            "the scan came back clear",
            "he proposed to me on the beach",
            "my team won the cup after twenty years",
            "they gave me a rise and two more weeks of holiday",
            "grandma came home from hospital and she's laughing again",
            "I passed every single exam",
            "someone found my wallet and brought it back with all the money in it",
            "we finally have the keys to our own house",
            "the whole office stood up and clapped for me",
            "my best friend flew in from Canada to surprise me",
            "thank you so much, that helped a lot",
            "what a lovely evening we had by the lake",
            "I'm so happy I could dance",
            "the new flat is wonderful, so bright and quiet",
            "I can't wait for the holidays, six weeks of sun!",
            "you are great, that is just what I needed",
            "I slept like a baby and woke up full of energy",
            "we laughed all evening, my cheeks still hurt",
        ),
    },
    "test": {
        "negative": (
            "my boss took the credit for everything I did",
            "they're closing our branch and letting all of us go",
            "my dad doesn't recognise me any more",
            "I lost the ring my grandmother left me",
            "the washing machine flooded the kitchen last night",
            "my girlfriend hasn't answered since our fight on Sunday",
            "I waited three hours and then they sent me home",
            "we can't pay the heating bill this month",
            "my knee gave way and now I can't walk the stairs",
            "she forgot my birthday",
            "the cat hasn't come home for a week",
            "my laptop died and took my thesis with it",
            "I cried in the car before going in to work",
            "today was horrible from start to finish",
            "I'm worried sick about my little brother",
            "I hate it when he talks to me like that",
            "sorry but this is useless, you keep saying the same thing",
            "the food was cold and the waiter was rude to us",
            "I feel like a failure",
            "they kept my deposit, what a rip-off",
        ),
        "neutral": (
            "my shift goes from two to ten",
            "can you find me a bus to Derby for tomorrow morning?",
            "how do I open a file here?",
            "the plumber is coming on Friday between nine and twelve",
            "there is a supermarket across the street",
            "add butter to the list",
            "we're four people, two of them children",
            "I'm writing an email to my landlord about the keys",
            "what is the capital of Peru?",
            "my brother lives in Leicester with his wife",
            "make it Tuesday at half past three",
            "they sell tickets at the counter and online",
            "I went to the shop and then back home",
            "does the museum open on Mondays?",
            "the report has forty pages",
            "please sum up the second document",
            "I drink my coffee with milk",
            "her train gets in at ten to six",
            "which platform does it leave from?",
            "the blue folder is on the second shelf",
        ),
        "positive": (
            "she said she loves me too",
            "we're having a baby!",
            "the bank said yes, we can buy the house",
            "I ran ten kilometres without stopping for the first time",
            "my article is on the front page today",
            "the kids made me breakfast in bed",
            "after two years my brother and I are talking again",
            "the doctor says I'm cured",
            "I've been off cigarettes for a whole year now",
            "they upgraded us to first class for free",
            "my student got into Oxford",
            "our cat turned up again, safe and purring",
            "best weekend in ages",
            "this made my day, thanks a million",
            "I'm really proud of my little sister",
            "the concert last night was amazing",
            "I love my new job, everyone is so kind",
            "good news, the operation went well",
            "we danced till the sun came up",
            "I feel so much better today",
        ),
    },
}


def mood(conversation: Conversation, text: str) -> str:
    """The label of the largest probability, as in the chat and in ``chatkit eval``."""
    for event in conversation.turn(text, heads=["sentiment"], seed=1):
        if event["event"] == "answer":
            shares: dict[str, float] = event["answer"]["probabilities"]
            return max(shares, key=shares.__getitem__)
    raise SystemExit("the sentiment head gave no answer")


def moods(conversation: Conversation, show: int, split: str) -> dict[str, Any]:
    """Print how often the mood is read right, and what is taken for what; the same as plain data."""
    counts: Counter[tuple[str, str]] = Counter()
    wrong = []
    for gold in LABELS:
        for text in MOODS[split][gold]:
            found = mood(conversation, text)
            counts[gold, found] += 1
            if found != gold:
                wrong.append(f"    {text!r}: {found}, not {gold}")
    right, f1 = accuracy(counts), macro_f1(counts)
    print(f"moods      {counts.total()} messages: accuracy {right:.3f}, macro-F1 {f1:.3f}")
    for gold in LABELS:
        print(f"           {gold:8} read as " + ", ".join(f"{label} {counts[gold, label]}" for label in LABELS))
    for line in wrong[:show]:
        print(line)
    confusion = {gold: {label: counts[gold, label] for label in LABELS} for gold in LABELS}
    return {"messages": counts.total(), "accuracy": right, "macro_f1": f1, "confusion": confusion}
