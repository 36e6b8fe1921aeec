"""What the parts of the app tell each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from chatkit.head.answer import Hit
    from chatkit.runtime.session import Update


class ChatUpdated(Message):
    """Something happened in the chat.

    Args:
        update: What.
    """

    def __init__(self, update: Update) -> None:
        super().__init__()
        self.update = update


class Suggested(Message):
    """The user picked a text that is to stand in the prompt.

    Args:
        text: That text.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class Sent(Message):
    """The user sent what stood in the prompt.

    Args:
        text: The whole of it, long pastes unfolded.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class PassageOpened(Message):
    """The user wants to see a passage in its document.

    Args:
        hit: That passage.
    """

    def __init__(self, hit: Hit) -> None:
        super().__init__()
        self.hit = hit
