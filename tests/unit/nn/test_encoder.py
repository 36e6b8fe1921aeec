"""The encoder: causal, its state can be carried, dropout only in training."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from chatkit.assistant import Assistant
from chatkit.config import from_table
from chatkit.errors import ConfigError
from chatkit.nn.encoder import EncoderConfig, LSTMEncoder, make_encoder
from chatkit.nn.vocabulary import VocabularySoftmax
from chatkit.training.precision import bfloat16_runs


def encoder(layers: int = 2, dropout: float = 0.5) -> LSTMEncoder:
    torch.manual_seed(0)
    made = make_encoder(EncoderConfig(embedding=6, hidden=8, layers=layers, dropout=dropout), 20)
    assert isinstance(made, LSTMEncoder)
    return made.eval()


def ids(batch: int = 3, tokens: int = 9) -> torch.Tensor:
    return torch.randint(20, (batch, tokens), generator=torch.Generator().manual_seed(1))


def test_states_depend_on_what_came_before_only() -> None:
    model, x = encoder(), ids()
    states, _ = model(x)
    y = x.clone()
    y[:, 5:] = (y[:, 5:] + 1) % 20
    changed, _ = model(y)
    assert torch.equal(states[:, :5], changed[:, :5])
    assert not torch.allclose(states[:, 5:], changed[:, 5:])


def test_a_carried_state_equals_one_pass() -> None:
    model, x = encoder(), ids()
    whole, end = model(x)
    first, state = model(x[:, :4])
    second, state = model(x[:, 4:], state)
    torch.testing.assert_close(torch.cat((first, second), 1), whole)
    torch.testing.assert_close(state, end)


def test_no_state_is_the_zero_state() -> None:
    model, x = encoder(), ids()
    assert torch.equal(model(x)[0], model(x, model.zero_state(3))[0])


def test_dropout_is_locked_over_time_and_off_in_evaluation() -> None:
    model, x = encoder(layers=1), ids(2, 12)
    assert torch.equal(model(x)[0], model(x)[0])
    model.train()
    states, _ = model(x)
    dropped = states == 0
    assert 0 < dropped[:, 0].sum() < dropped[:, 0].numel()
    assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))  # the same units at every step
    torch.manual_seed(3)
    once = model(x)[0]
    torch.manual_seed(3)
    assert torch.equal(once, model(x)[0])


def test_the_softmax_shares_the_embedding_and_does_not_own_it() -> None:
    model = encoder()
    softmax = VocabularySoftmax(model)
    assert softmax.weight is model.embedding.weight
    assert sorted(softmax.state_dict()) == ["bias", "projection.bias", "projection.weight"]
    hidden = torch.randn(4, 8)
    expected = softmax.projection(hidden) @ model.embedding.weight.T + softmax.bias
    torch.testing.assert_close(softmax(hidden), expected)


@pytest.mark.parametrize(
    ("key", "value"),
    [("hidden", 0), ("hidden", 9000), ("layers", 0), ("dropout", 1.0), ("dropout", -0.1), ("kind", "rnn")],
)
def test_a_shape_out_of_range_is_named(key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=rf"encoder\.?.*{key}"):
        from_table(EncoderConfig, {key: value}, where="my.toml", prefix="encoder")


def test_the_state_stays_bounded_in_a_long_run_from_zero(assistant: Assistant) -> None:
    """Two layers ran away from the zero state in a prototype: |c| in the thousands."""
    model = assistant.backbone.encoder
    vocab = len(assistant.tokenizer)
    texts = torch.randint(vocab, (4, 5000), generator=torch.Generator().manual_seed(0))
    texts[1] = assistant.tokenizer.special("<user>")  # the same id for ever
    texts[2] = assistant.tokenizer.pad
    spoken = assistant.tokenizer.encode("hello, how are you today? ")
    texts[3] = torch.tensor((spoken * 5000)[:5000])
    with torch.inference_mode():
        states, (h, c) = model(texts)
    assert bool(torch.isfinite(states).all())
    assert float(h.abs().max()) <= 1.0
    assert float(c.abs().max()) < 500


def test_the_trained_encoder_has_the_shape_of_its_config(assistant: Assistant, trained: Path) -> None:
    assert assistant.backbone.encoder.width == 96
    assert assistant.backbone.encoder.embedding.weight.shape == (len(assistant.tokenizer), 48)


@pytest.mark.skipif(not bfloat16_runs(), reason="torch has no LSTM in bfloat16 for this processor")
def test_bfloat16_is_for_training_only_and_comes_out_wide() -> None:
    model, x = encoder(dropout=0.0), ids()
    wide, _ = model(x)
    model.narrow = True
    assert torch.equal(model(x)[0], wide)  # what is measured is float32
    low, state = model.train()(x)
    assert {low.dtype, *(part.dtype for part in state)} == {torch.float32}
    assert not torch.equal(low, wide)
    torch.testing.assert_close(low, wide, rtol=0, atol=0.02)
