"""Sums in a message, and what they come to: "what is 15% of 80?", "12 * (3 + 4)", "seven times eight".

They are worked out exactly, in fractions; a language model would guess. English.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Final

from chatkit_generation.amounts import IN_WORDS, number, plain

_ASKS = re.compile(
    r"(?:(?:so|and|ok|okay|hey|hi|please|quick question|can you|could you|do you know|tell me|help me) )*"
    r"(?:what(?:'s| is| does| do| are|s)?|how much(?: is| are| does)?|calculate|compute|solve|work out|add up)? *"
)
_ENDS = re.compile(r"(?: (?:make|equal|come to|equals|please|then|for me|in total))*[ ?=.!]*$")
_MEANT = (
    (r"(?<=\d)[, ](?=\d{3}\b)", ""),
    (r"(?:the )?square root of (\d+(?:\.\d+)?)", r"sqrt(\1)"),
    (r"(\d)\s*%\s*of\s*", r"\1/100*"),
    (r"(\d) percent of ", r"\1/100*"),
    (r"\b(?:a )?half of ", "1/2*"),
    (r"\b(?:a )?third of ", "1/3*"),
    (r"\b(?:a )?quarter of ", "1/4*"),
    (r"\b(?:twice|double) ", "2*"),
    (r"\bplus\b|\band\b(?=[^+*/-]*$)(?<=^and)", "+"),
    (r"\bminus\b|\bless\b", "-"),
    (r"\bto the power of\b|\^", "**"),
    (r"\b(?:multiplied by|times)\b|(?<=\d) ?x ?(?=\d)|×|·", "*"),
    (r"\bdivided by\b|\bover\b|÷", "/"),
    (r"\bsquared\b", "**2"),
    (r"\bcubed\b", "**3"),
)
_REPLACED: Final = tuple((re.compile(form), by) for form, by in _MEANT)
_PLAIN = re.compile(r"(?:sqrt\(|[\d.+\-*/() ])+")
_IS_A_SUM = re.compile(r"\d[\d.) ]*(?:\*{1,2}|[+/]|-(?! ?\d{1,2}-))[ (]*(?:sqrt\()?-?\d|sqrt")
_LONGEST, _MOST_POWER, _LARGEST = 120, 64, 10**15
_SHOWN = 8  # significant digits of what is no whole number
_DO: Final[dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def sum_in(text: str) -> str:
    """The sum that a message asks for, in figures: "12 * 7"; "" where it asks for none."""
    said = text.strip().lower().replace("\u2019", "'")
    if len(said) > _LONGEST:
        return ""
    said = _ENDS.sub("", said)
    said = said[_ASKS.match(said).end() :]  # type: ignore[union-attr]
    said = IN_WORDS.sub(lambda found: plain(number(found[0])), said)
    for form, by in _REPLACED:
        said = form.sub(by, said)
    said = said.strip()
    is_date = re.fullmatch(r"\d+[/.-]\d+(?:[/.-]\d+)?", said) and said == text.strip(" ?!.").lower()
    if not _PLAIN.fullmatch(said) or not _IS_A_SUM.search(said) or is_date:
        return ""
    return said


def worked_out(said: str) -> str:
    """What a sum comes to, as it is written: "84", "0.33333333"; "" where it is none, or too large.

    Raises:
        ZeroDivisionError: If it divides by zero.
    """
    try:
        value = _of(ast.parse(said, mode="eval").body)
    except (ValueError, SyntaxError, OverflowError, RecursionError, MemoryError):
        return ""
    return shown(value)


def shown(value: Fraction) -> str:
    """A number as it is written."""
    if value.denominator == 1:
        return f"{value.numerator:,}"
    text = f"{float(value):,.{_SHOWN}g}"
    return text if "e" in text else text.rstrip("0").rstrip(".") if "." in text else text


def _of(node: ast.expr) -> Fraction:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return Fraction(str(node.value))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_of(node.operand)
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "sqrt"
        and len(node.args) == 1
    ):
        root = _of(node.args[0])
        exact = Fraction(math.isqrt(root.numerator), math.isqrt(root.denominator))
        return exact if exact**2 == root else Fraction(math.sqrt(root))
    if not isinstance(node, ast.BinOp):
        raise ValueError("no sum")
    left, right = _of(node.left), _of(node.right)
    if isinstance(node.op, ast.Pow):
        if right.denominator != 1 or abs(right) > _MOST_POWER or abs(left) > _LARGEST:
            raise ValueError("too large")
        return left ** int(right)
    if type(node.op) not in _DO:
        raise ValueError("no sum")
    return _DO[type(node.op)](left, right)
