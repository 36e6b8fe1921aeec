"""Sentiment of a message: positive, neutral or negative, with probabilities."""

from __future__ import annotations

from chatkit.plugin_api import Classifier


class Sentiment(Classifier):
    """Attention pooling over the message and one layer of its own."""

    name = "sentiment"
    labels = ("positive", "neutral", "negative")
    examples = (
        {"text": "I love this, thank you so much!", "label": "positive"},
        {"text": "The meeting is on Tuesday.", "label": "neutral"},
        {"text": "What an awful waste of money.", "label": "negative"},
    )
