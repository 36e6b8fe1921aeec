"""The two themes of the app: one for dark terminals, one for light ones.

Beside Textual's own colours they name ``$quiet`` for what is said in passing (at least 4.5 : 1 on the
background), ``$faint`` for lines and frames, ``$passage`` and ``$found`` for what is marked in a document: whole
colours, since the parts of a widget that draws its own lines are not blended.
"""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="chatkit-dark",
    primary="#7aa2d6",
    secondary="#8fb8a8",
    accent="#7fc8b4",
    warning="#d9b36a",
    error="#e08585",
    success="#8cc08a",
    foreground="#d8dbe0",
    background="#15171b",
    surface="#1b1e23",
    panel="#24282f",
    dark=True,
    variables={"quiet": "#8d939e", "faint": "#3d434d", "passage": "#2e3a4a", "found": "#504633"},
)
LIGHT = Theme(
    name="chatkit-light",
    primary="#2b5c9a",
    secondary="#3d6f5e",
    accent="#0f6f5c",
    warning="#8a5a00",
    error="#b3261e",
    success="#2f6b2c",
    foreground="#23262b",
    background="#fbfaf7",
    surface="#f3f1ec",
    panel="#e7e4dc",
    dark=False,
    variables={"quiet": "#5c6067", "faint": "#c4c0b6", "passage": "#dce2e9", "found": "#d3c2a1"},
)
THEMES = (DARK, LIGHT)


def fitting(background: str) -> str:
    """Name of the theme that fits the terminal.

    Args:
        background: ``COLORFGBG`` as many terminals set it, such as "0;15"; "" where unknown.
    """
    colour = background.rpartition(";")[2]
    light = colour.isdigit() and int(colour) in (7, 15)
    return LIGHT.name if light else DARK.name
