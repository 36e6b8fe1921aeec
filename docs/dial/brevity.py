"""Brevity as an objective of training: the language model of brief replies."""

from chatkit.plugin_api import LanguageModel


class Brevity(LanguageModel):
    """Replies like those of people who say little."""

    name = "brevity"
    aim = "shorter replies"
    replies_only = True
