"""The slash commands about the user's documents: read them, and list what was read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chatkit.tui.indexing import place_of

if TYPE_CHECKING:
    from chatkit.tui.screens.chat import ChatScreen


class DocumentCommands:
    """What these commands do; ``Doing`` has the rest."""

    screen: ChatScreen

    async def do_index(self, arguments: str) -> None:
        """Read documents, stop that, or list them."""
        if not arguments:
            await self.do_documents("")
        elif arguments == "stop":
            if not self.screen.indexer.stop():
                await self.screen.say("Nothing is being indexed.")
        else:
            self.screen.indexer.start([place_of(arguments)])

    async def do_documents(self, arguments: str) -> None:
        """List the documents."""
        from chatkit.tui.screens.documents import DocumentsScreen

        index = self.screen.app.options.index  # type: ignore[attr-defined]
        self.screen.app.push_screen(DocumentsScreen(self.screen.indexer, Path(index) if index else None))
