"""What every encoder promises, whatever its kind: the host's guarantees rest on it."""

from __future__ import annotations

import importlib.metadata

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from chatkit.assistant import Assistant
from chatkit.config import from_table
from chatkit.errors import ConfigError
from chatkit.head.ask import Branches
from chatkit.nn import encoder as module
from chatkit.nn.encoder import Encoder, EncoderConfig, LSTMEncoder, make_encoder
from chatkit.nn.step import Stepper
from chatkit.nn.vocabulary import Backbone
from chatkit.text.tokenizer import Tokenizer

V = 20
OPTIONS = {"transformer": {"heads": 2, "window": 5}, "lstm_attention": {"heads": 2, "window": 5}}
KINDS = [(kind, layers) for kind in ("lstm", "gru", "transformer", "lstm_attention") for layers in (1, 2)]


@pytest.fixture(scope="module", params=KINDS, ids=lambda p: f"{p[0]}-{p[1]}")
def model(request: pytest.FixtureRequest) -> Encoder:
    kind, layers = request.param
    torch.manual_seed(0)
    config = EncoderConfig(kind, embedding=6, hidden=8, layers=layers, dropout=0.3, options=OPTIONS.get(kind, {}))
    return make_encoder(config, V).eval()


def ids(batch: int, tokens: int, seed: int = 1) -> torch.Tensor:
    return torch.randint(V, (batch, tokens), generator=torch.Generator().manual_seed(seed))


def test_causal_and_padding_is_invisible(model: Encoder) -> None:
    x = ids(3, 17)
    states, _ = model(x)
    y = x.clone()
    y[:, 9:] = (y[:, 9:] + 1) % V
    torch.testing.assert_close(model(y)[0][:, :9], states[:, :9])
    assert not torch.allclose(model(y)[0][:, 9:], states[:, 9:])
    torch.testing.assert_close(model(x[:1, :9])[0], states[:1, :9])  # alone and short, or in a batch and padded


@settings(max_examples=15)
@given(cuts=st.lists(st.integers(1, 29), max_size=4, unique=True))
def test_a_carried_state_equals_one_pass_however_it_is_cut(model: Encoder, cuts: list[int]) -> None:
    x = ids(2, 30)
    whole, end = model(x)
    parts, state = [], None
    for start, stop in zip([0, *sorted(cuts)], [*sorted(cuts), 30], strict=True):
        states, state = model(x[:, start:stop], state)
        parts.append(states)
    torch.testing.assert_close(torch.cat(parts, 1), whole, rtol=1e-4, atol=1e-5)
    assert state is not None
    torch.testing.assert_close(state, end, rtol=1e-4, atol=1e-5)


def test_a_step_equals_a_pass(model: Encoder) -> None:
    backbone = Backbone(model).eval()
    stepper = Stepper(backbone, "float32")
    x = ids(2, 24)
    with torch.no_grad():
        whole, _ = model(x)
        state = model.zero_state(2)
        for t in range(24):
            hidden, state = stepper.step(x[:, t], state)
            torch.testing.assert_close(hidden, whole[:, t], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(stepper.logits(hidden), backbone.softmax(hidden), rtol=1e-4, atol=1e-5)


def test_no_state_is_the_zero_state(model: Encoder) -> None:
    x = ids(3, 7)
    torch.testing.assert_close(model(x)[0], model(x, model.zero_state(3))[0])


def test_rows_that_start_afresh_forget_and_the_others_do_not(model: Encoder) -> None:
    _, carried = model(ids(3, 12))
    fresh = torch.tensor([True, False, True])
    y = ids(3, 9, seed=2)
    blended = model(y, model.blend(carried, fresh))[0]
    torch.testing.assert_close(blended[fresh], model(y[fresh])[0], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(blended[~fresh], model(y, carried)[0][~fresh], rtol=1e-4, atol=1e-5)
    assert not torch.allclose(blended[fresh], model(y, carried)[0][fresh])
    again, _ = model(y, model.blend(model(y, model.blend(carried, fresh))[1], ~fresh))
    torch.testing.assert_close(again[1:2], model(y[1:2])[0], rtol=1e-4, atol=1e-5)


def test_branches_are_chosen_and_repeated_by_anyone(model: Encoder) -> None:
    states, state = model(ids(1, 8))
    step = Stepper(Backbone(model).eval(), "float32").step
    many = tuple(part.expand(-1, 3, -1) for part in state)
    with torch.no_grad():
        branches = Branches(states[:, -1].expand(3, -1), many, step)
        branches.step([4, 5, 6])
        branches.keep([2, 0])
        hidden = branches.step([7, 8])
        expected = [model(torch.tensor([[b, c]]), state)[0][:, -1] for b, c in ((6, 7), (4, 8))]
    torch.testing.assert_close(hidden, torch.cat(expected), rtol=1e-4, atol=1e-5)


def test_what_is_carried_is_bounded(model: Encoder) -> None:
    _, short = model(ids(1, 30))
    _, long = model(ids(1, 400))
    assert [part.shape for part in short] == [part.shape for part in long]
    assert all(bool(torch.isfinite(part).all()) for part in long)
    assert all(part.ndim == 3 and part.shape[1] == 1 for part in long)


def test_every_parameter_learns_and_dropout_is_locked(model: Encoder) -> None:
    model.train()
    states, _ = model(ids(4, 11))
    states.square().sum().backward()
    model.eval()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert bool(parameter.grad.abs().sum() > 0), name
        parameter.grad = None
    assert torch.equal(model(ids(1, 5))[0], model(ids(1, 5))[0])


@pytest.mark.parametrize("kind", ["gru", "transformer", "lstm_attention"])
def test_an_assistant_of_any_kind_comes_back_from_disk(tokenizer: Tokenizer, tmp_path, kind: str) -> None:
    torch.manual_seed(1)
    options = {"heads": 2, "window": 16} if kind in OPTIONS else {}
    made = Assistant(tokenizer, EncoderConfig(kind, embedding=16, hidden=16, options=options)).eval()
    made.save(tmp_path / "a")
    back = Assistant.load(tmp_path / "a", lambda name: pytest.fail(name))
    assert back.config == made.config
    assert torch.equal(back.encode(["hello"], "message").states, made.encode(["hello"], "message").states)
    made.save(tmp_path / "b", precision="int8")
    small = Assistant.load(tmp_path / "b", lambda name: pytest.fail(name))
    torch.testing.assert_close(
        small.encode(["hello"], "message").states, made.encode(["hello"], "message").states, rtol=0.1, atol=0.05
    )


@pytest.mark.parametrize(
    ("table", "what"),
    [
        ({"kind": "rnn"}, "kind must be one of lstm, gru, transformer, lstm_attention"),
        ({"options": {"window": 3}}, "unknown key window: encoder lstm has no options"),
        ({"kind": "transformer", "options": {"windw": 3}}, "unknown key windw.*did you mean window"),
        ({"kind": "transformer", "options": {"window": 0}}, "window must lie in"),
        ({"kind": "transformer", "hidden": 20}, "multiple of twice the attention heads"),
    ],
)
def test_a_config_that_cannot_be_is_refused(table: dict[str, object], what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        make_encoder(from_table(EncoderConfig, table, where="my.toml", prefix="encoder"), V)


class Third(LSTMEncoder):
    """An encoder of somebody else."""


def _bring(monkeypatch: pytest.MonkeyPatch, *points: tuple[str, str]) -> None:
    made = [importlib.metadata.EntryPoint(name, value, module.GROUP) for name, value in points]
    monkeypatch.setattr(module, "_plugins", lambda: made)


def test_a_package_brings_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    _bring(monkeypatch, ("third", f"{__name__}:Third"), ("lstm", "nowhere:Evil"))
    assert type(make_encoder(EncoderConfig("third"), V)) is Third
    assert type(make_encoder(EncoderConfig("lstm"), V)) is LSTMEncoder


@pytest.mark.parametrize(
    ("points", "what"),
    [
        ([("third", "nowhere:X")], "cannot be imported"),
        ([("third", f"{__name__}:V")], "is no chatkit.nn.encoder.Encoder|not callable"),
        ([("third", "builtins:dict"), ("third", "builtins:list")], "several packages bring it"),
    ],
)
def test_a_package_that_brings_none_is_named(
    monkeypatch: pytest.MonkeyPatch, points: list[tuple[str, str]], what: str
) -> None:
    _bring(monkeypatch, *points)
    with pytest.raises(ConfigError, match=f"encoder.kind third: .*({what})"):
        make_encoder(EncoderConfig("third"), V)
