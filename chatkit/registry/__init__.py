"""Which heads there are, what state each is in, and how one is loaded. A listing imports none of them."""

from __future__ import annotations

from chatkit.head.guard import place_of
from chatkit.registry.entry import Entry
from chatkit.registry.registry import Registry

__all__ = ["Entry", "Registry", "place_of"]
