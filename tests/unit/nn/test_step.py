"""One token at a time gives what the whole sequence gives."""

from __future__ import annotations

import pytest
import torch

from chatkit.assistant import Assistant
from chatkit.nn import step
from chatkit.nn.encoder import Encoder, EncoderConfig, make_encoder
from chatkit.nn.step import Stepper, best_precision
from chatkit.nn.vocabulary import Backbone


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("batch", [1, 4])
def test_float32_steps_equal_the_lstm(layers: int, batch: int) -> None:
    torch.manual_seed(0)
    backbone = Backbone(make_encoder(EncoderConfig(embedding=12, hidden=20, layers=layers), 50)).eval()
    stepper = Stepper(backbone, "float32")
    ids = torch.randint(50, (batch, 30))
    with torch.inference_mode():
        states, (h, c) = backbone.encoder(ids)
        state = backbone.encoder.zero_state(batch)
        for t in range(30):
            hidden, state = stepper.step(ids[:, t], state)
            torch.testing.assert_close(hidden, states[:, t], rtol=1e-5, atol=1e-5)
            torch.testing.assert_close(stepper.logits(hidden), backbone.softmax(states[:, t]), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(state, (h, c), rtol=1e-5, atol=1e-5)


NEAR_TIE = 0.01  # nats: which of two such pieces is the greater depends on the processor even in float32


@pytest.mark.parametrize(("reduced", "least"), [(None, 0.98), (True, 0.96)])
def test_int8_agrees_with_float32_on_a_trained_assistant(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch, reduced: bool | None, least: float
) -> None:
    if best_precision() != "int8":
        pytest.skip("no int8 kernel here")
    if reduced:  # as on processors whose kernel would overflow
        monkeypatch.setattr(step, "_saturates", lambda: True)
    stepper = Stepper(assistant.backbone, "int8")
    tokenizer = assistant.tokenizer
    text = "hello! could you tell me where the station is? yes, of course. it is behind the old market. thank you! " * 6
    ids = torch.tensor([[tokenizer.special("<user>"), *tokenizer.encode(text)]])
    costs = []
    with torch.inference_mode():
        states, _ = assistant.backbone.encoder(ids)
        logits = assistant.backbone.softmax(states[0])
        state = assistant.backbone.encoder.zero_state(1)
        for t in range(ids.shape[1]):
            hidden, state = stepper.step(ids[:, t], state)
            chosen = stepper.logits(hidden).argmax(-1).item()
            costs.append(float(logits[t].max() - logits[t, chosen]))  # in nats: 0 where both choose the same
    assert ids.shape[1] > 200
    assert sum(cost < NEAR_TIE for cost in costs) / len(costs) >= least


def test_an_encoder_that_writes_no_step_out_is_stepped_by_passes() -> None:
    backbone = Backbone(make_encoder(EncoderConfig(embedding=4, hidden=4), 10)).eval()
    stepper = Stepper(backbone, "float32")
    state = backbone.encoder.zero_state(2)
    ids = torch.tensor([3, 7])
    plain = Encoder.make_step(backbone.encoder, lambda weight, bias: lambda x: x)
    torch.testing.assert_close(plain(ids, state), stepper.step(ids, state))
