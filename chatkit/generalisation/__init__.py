"""How two bodies of text differ, what that costs the heads, and what mends it."""
