"""Warmth as an objective of training: the language model of warm replies."""

from chatkit.plugin_api import LanguageModel


class Warmth(LanguageModel):
    """Replies like those of people who are kind."""

    name = "warmth"
    aim = "kinder replies"
    replies_only = True
