"""Brevity as an objective of training: the language model of brief conversations."""

from chatkit.plugin_api import LanguageModel


class Brevity(LanguageModel):
    """Each next piece where people say little."""

    name = "brevity"
