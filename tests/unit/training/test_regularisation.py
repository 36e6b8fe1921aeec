"""Keys of the config against overfitting and mismatched domains."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from chatkit import cli
from chatkit.assistant import Assistant
from chatkit.checkpoint import load_tensors
from chatkit.data.domains import DomainBatches
from chatkit.errors import ConfigError
from chatkit.nn.encoder import EncoderConfig, make_encoder
from chatkit.training.average import WeightAverage
from chatkit.training.optimiser import shrink
from chatkit.training.progress import Progress
from chatkit.training.recipe import Recipe, load_recipe
from chatkit.training.run import Run
from chatkit.training.stopping import BEST

Micro = Callable[..., Recipe]
ENGLISH, CHINESE = "corpora:english/sentiment", "corpora:chinese/sentiment"


def run(recipe: Recipe, folder: Path) -> Run:
    made = Run(recipe, folder, Progress(quiet=True), device="cpu")
    made.start()
    return made


def weights(made: Run) -> dict[str, torch.Tensor]:
    return made.trainer.weights()


def finished(recipe: Recipe, folder: Path, stop_at: int | None = None) -> Run:
    """A whole run; with ``stop_at``, killed after so many steps and resumed from its checkpoint."""
    made = run(recipe, folder)
    if stop_at is not None:
        for _ in range(stop_at):
            made.trainer.train_step()
        made.checkpoint()
        made = Run(recipe, folder, Progress(quiet=True), device="cpu")
        made.resume()
    assert made.train()
    return made


@pytest.mark.slow
@pytest.mark.parametrize(
    "overrides",
    [
        (
            "heads.sentiment.augment.subword=0.2",
            "heads.sentiment.augment.delete=0.2",
            "heads.sentiment.augment.typo=0.1",
        ),
        ("train.average=ema", "train.average_decay=0.9"),
        ("train.average=swa",),
        (
            "heads.sentiment.domains=dro",
            'heads.sentiment.data=["corpora:english/sentiment","corpora:chinese/sentiment"]',
        ),
        ("encoder.embedding_dropout=0.1", "encoder.weight_dropout=0.3"),
        ("train.patience=1", "train.evaluate=4"),
        ("train.l1=0.5",),
        ("train.softmax=sampled", "train.frequent=100", "train.sampled=60"),
        ("tokenizer.kind=word",),
    ],
    ids=["augment", "ema", "swa", "dro", "dropouts", "patience", "l1", "sampled", "words"],
)
def test_a_run_with_the_key_resumes_bit_for_bit(overrides: tuple[str, ...], micro: Micro, tmp_path: Path) -> None:
    recipe = micro(*overrides)
    plain, resumed = finished(recipe, tmp_path / "a"), finished(recipe, tmp_path / "b", stop_at=5)
    for name, tensor in weights(plain).items():
        assert torch.equal(tensor, weights(resumed)[name]), name


def test_augmentation_changes_what_is_trained_on_and_nothing_else(micro: Micro, tmp_path: Path) -> None:
    varied = run(micro("heads.sentiment.augment.delete=0.5", "heads.sentiment.augment.share=1"), tmp_path / "a")
    plain = run(micro(), tmp_path / "b")
    a, b = next(varied.trainer.batches["sentiment"]), next(plain.trainer.batches["sentiment"])
    assert a.records == b.records
    assert a.fields["text"].lengths.sum() < b.fields["text"].lengths.sum()
    with pytest.raises(ConfigError, match=r"generation.augment: running conversations"):
        run(micro("heads.generation.augment.delete=0.5"), tmp_path / "c")


def test_the_average_is_the_mean_of_the_weights() -> None:
    layer = torch.nn.Linear(2, 2)
    for kind in ("swa", "ema"):
        average, seen = WeightAverage(layer, kind, 0.5), []
        for step in range(4):
            with torch.no_grad():
                layer.weight.fill_(float(step))
            average.update(0.5 if step == 0 else 1.0)
            seen.append(float(step))
        with average.applied():
            value = float(layer.weight.detach().mean())
        assert float(layer.weight.detach().mean()) == 3.0
        assert value == pytest.approx(2.0) if kind == "swa" else 1.5 < value < 3.0
        again = WeightAverage(layer, kind, 0.5)
        again.restore(average.tensors())
        again.settle()
        assert float(layer.weight.detach().mean()) == pytest.approx(value)


def test_l1_takes_small_weights_to_zero_and_leaves_biases_alone(micro: Micro, tmp_path: Path) -> None:
    made, plain = run(micro("train.l1=20"), tmp_path / "a"), run(micro(), tmp_path / "b")
    for _ in range(3):
        made.trainer.train_step()
        plain.trainer.train_step()

    def zeros(trained: Run) -> float:
        table = trained.assistant.backbone.encoder.embedding.weight
        return float((table == 0).float().mean())

    assert zeros(made) > 0.05 > zeros(plain)
    layer = torch.nn.Linear(2, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[0.3, -0.3], [0.05, -0.05]]))
    optimiser = torch.optim.SGD([{"params": [layer.weight], "l1": True}, {"params": [layer.bias]}], lr=0.1)
    bias = layer.bias.detach().clone()
    layer(torch.ones(1, 2)).sum().backward()
    shrink(optimiser, 1.0)
    assert torch.allclose(layer.weight, torch.tensor([[0.2, -0.2], [0.0, 0.0]]))
    assert torch.equal(layer.bias, bias)


def test_a_run_that_fits_nothing_ends_with_the_average_too(micro: Micro, tmp_path: Path) -> None:
    made = run(micro("train.average=swa"), tmp_path / "a")
    assert made.train(finish=False)
    mean, last = made.trainer.average.tensors(), load_tensors(tmp_path / "a" / "run" / "checkpoint.safetensors")[0]
    now = weights(made)
    assert all(torch.equal(tensor, now[name]) for name, tensor in mean.items() if name != "count")
    assert not all(torch.equal(tensor, last[f"model.{name}"]) for name, tensor in now.items())


def test_early_stopping_ends_and_goes_back_to_the_best(micro: Micro, tmp_path: Path) -> None:
    recipe = micro("train.patience=1", "train.evaluate=6", "train.learning_rate=3.0", "train.clip=0", "train.steps=24")
    made = run(recipe, tmp_path / "a")
    assert made.train()
    assert made.trainer.step < 24
    best, metadata = load_tensors(tmp_path / "a" / "run" / BEST)
    assert json.loads(metadata["state"])["step"] < made.trainer.step
    assert all(torch.equal(tensor, best[name]) for name, tensor in weights(made).items())
    last, _ = load_tensors(tmp_path / "a" / "run" / "checkpoint.safetensors")  # from there a longer run goes on
    assert not all(torch.equal(last[f"model.{name}"], tensor) for name, tensor in best.items())


class Fixed:
    """Batches of one domain, which say which one they are."""

    epochs = 0.0

    def __init__(self, name: str) -> None:
        self.name = name

    def __next__(self) -> str:
        return self.name

    def state(self) -> dict[str, int]:
        return {}

    def restore(self, state: dict[str, int]) -> None:
        pass


def test_domains_are_drawn_evenly_or_by_loss() -> None:
    losses = {"easy": 0.1, "hard": 2.0}
    for mode, share in (("balanced", 0.5), ("dro", 0.85)):
        made = DomainBatches({name: Fixed(name) for name in losses}, mode, 3)  # type: ignore[arg-type]
        drawn = []
        for _ in range(400):
            drawn.append(str(next(made)))
            made.observe(losses[drawn[-1]])
        assert np.mean(np.array(drawn[100:]) == "hard") == pytest.approx(share, abs=0.07)
        assert min(made.shares.values()) >= 0.125


def test_balanced_sets_of_unequal_size(micro: Micro, tmp_path: Path) -> None:
    data = (
        'heads.sentiment.data=[{path="corpora:english/sentiment", most=60}, {path="corpora:chinese/sentiment", most=8}]'
    )
    made = run(micro(data, "heads.sentiment.domains=balanced"), tmp_path / "a")
    seen = [next(made.trainer.batches["sentiment"]).records[0]["source"] for _ in range(60)]
    assert len(set(seen)) <= 2
    assert isinstance(made.trainer.batches["sentiment"], DomainBatches)


def test_dropouts_act_in_training_alone() -> None:
    torch.manual_seed(0)
    ids = torch.arange(12).reshape(2, 6)
    for rates in ({"embedding_dropout": 0.5}, {"weight_dropout": 0.5}):
        encoder = make_encoder(EncoderConfig(embedding=8, hidden=8, dropout=0.0, **rates), 20)
        encoder.eval()
        still = [encoder(ids)[0] for _ in range(2)]
        encoder.train()
        moved = [encoder(ids)[0] for _ in range(2)]
        assert torch.equal(*still)
        assert not torch.allclose(*moved)
        moved[0].sum().backward()
        assert all(p.grad is not None for p in encoder.parameters())
    with pytest.raises(ValueError, match="weight_dropout"):
        EncoderConfig(weight_dropout=1.0)


def test_label_smoothing_counts_in_training_alone(assistant: Assistant, micro: Micro, tmp_path: Path) -> None:
    head = run(micro("heads.sentiment.options.label_smoothing=0.3"), tmp_path / "a").assistant.heads["sentiment"]
    made = run(micro(), tmp_path / "b").assistant
    records = list(made.heads["sentiment"].examples)
    with torch.no_grad():
        encoded = made.encode_records(made.heads["sentiment"], records)
        head.eval()
        plain = float(head.loss(encoded, records).total)
        head.train()
        torch.manual_seed(0)
        smooth = float(head.loss(encoded, records).total)
    assert smooth != plain
    bad = type(head)()
    with pytest.raises(ValueError, match="label_smoothing"):
        bad.build(*_info(made), label_smoothing=2)


def _info(assistant: Assistant) -> tuple[object, object]:
    from chatkit.head.encoded import Info

    return Info(assistant.backbone.encoder.width, ("a", "b")), assistant.vocabulary


def test_the_command_writes_varied_rows_with_their_labels(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows = [
        {"text": f"I really liked the good food at place {i} and the staff", "label": "positive"} for i in range(20)
    ]
    source.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    args = ["augment", str(source), "--out", str(out), "--rate", "0.5", "--copies", "2", "--model", str(trained)]
    assert cli.run([*args, "--method", "swap", "--method", "synonym"]) == 0
    written = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert 40 < len(written) <= 60
    assert {row["label"] for row in written} == {"positive"}
    assert [row["text"] for row in written if row["text"] in {r["text"] for r in rows}][:1] == [rows[0]["text"]]
    assert "+ " in capsys.readouterr().out
    assert cli.run(["augment", str(source), "--out", str(out), "--rate", "0"]) == 2


def test_an_unknown_key_is_named(config_file: Path) -> None:
    with pytest.raises(ConfigError, match="augment"):
        load_recipe(str(config_file), ["heads.sentiment.augment.subwrod=0.1"])
