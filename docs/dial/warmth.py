"""Warmth as an objective of training: the language model of warm replies."""

from chatkit.plugin_api import LanguageModel


class Warmth(LanguageModel):
    """Each next piece where people are kind."""

    name = "warmth"
