"""Which versions of plugin_api this chatkit runs. Imports nothing: a listing of heads asks without torch."""

from __future__ import annotations

API_VERSION = 1

# Additions do not raise the version; this one and the one before it are supported. There was no version 0.
SUPPORTED_VERSIONS = tuple(version for version in (API_VERSION - 1, API_VERSION) if version >= 1)

KNOWN_NEEDS = frozenset({"causal"})
