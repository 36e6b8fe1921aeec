"""What a head that writes would say now: text samples in the middle of training.

B = 1, D = width of the hidden states
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from chatkit.assistant import Assistant
from chatkit.data.records import record_texts
from chatkit.errors import ChatkitError
from chatkit.head.answer import Answer
from chatkit.head.ask import Ask, Services
from chatkit.head.guard import guard, source_file
from chatkit.head.head import Head, Record
from chatkit.nn.encoder import State
from chatkit.text.tokenizer import ASSISTANT
from chatkit.text.views import conversation_ids


def prompts_of(records: Sequence[Record], most: int) -> list[str]:
    """The first text of each of the first records that have one."""
    firsts = (next(iter(record_texts(record)), "") for record in records)
    return [text for text in firsts if text][:most]


def sample(assistant: Assistant, head: Head, prompt: str, *, max_tokens: int = 40, seed: int = 0) -> str:
    """What a streaming head says to a prompt, with the weights as they are; why it could not, where it fails.

    Neither dropout nor the random numbers of training are touched: the assistant must be in ``eval``.
    """
    said = ""
    try:
        with torch.inference_mode(), guard(head.name, source_file(type(head)), stage="stream"):
            for item in head.stream(_ask(assistant, prompt, max_tokens, seed)):
                said = item.plain if isinstance(item, Answer) else said + item.text
    except ChatkitError as error:
        return f"({error.message})"
    return said


def _ask(assistant: Assistant, prompt: str, max_tokens: int, seed: int) -> Ask:
    encoder, tokenizer = assistant.backbone.encoder, assistant.tokenizer
    device = encoder.embedding.weight.device

    said = conversation_ids(tokenizer, {"turns": [{"speaker": "user", "text": prompt}]})
    ids = torch.tensor([*said, tokenizer.special(ASSISTANT)], device=device)

    def begin() -> tuple[Tensor, State]:
        states, state = encoder(ids[None])
        return states[:, -1], state

    def context() -> tuple[Tensor, Tensor]:
        return ids, encoder(ids[None])[0][0]

    def step(ids: Tensor, state: State) -> tuple[Tensor, State]:
        states, after = encoder(ids.to(device)[:, None], state)
        return states[:, -1], after

    services = Services(
        begin,
        step,
        lambda text, view: assistant.encode([text], view),
        lambda vector, text, k: (),
        lambda: False,
        lambda texts, view: assistant.encode(texts, view),
        context=context,
    )
    return Ask(prompt, services, {"max_tokens": max_tokens}, seed)
