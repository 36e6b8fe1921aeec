"""Every check that is made of a head, in order. A new check is a function in one of these rooms."""

from __future__ import annotations

from chatkit.testing.check import Check
from chatkit.testing.checks import answers, cost, declaration, filling, isolation, learning, loss, saving, streaming

HEAD_CHECKS: tuple[Check, ...] = (
    *declaration.CHECKS,
    *loss.CHECKS,
    *answers.CHECKS,
    *isolation.CHECKS,
    *saving.CHECKS,
    *filling.CHECKS,
    *learning.CHECKS,
    *streaming.CHECKS,
    *cost.CHECKS,
)
