"""The commands in this process: what they print, and one clear line for whatever the user got wrong."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from chatkit.cli import COMMANDS, Commands, cli, run


class Shell:
    """Runs a command and keeps what it printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys, self._patch = capsys, monkeypatch

    def __call__(self, *argv: str, stdin: bytes | None = None) -> tuple[int, str, str]:
        self._patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin or b"")))
        self._capsys.readouterr()
        code = run(list(argv))
        out, err = self._capsys.readouterr()
        return code, out, err


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(capsys, monkeypatch)


def assert_one_line(result: tuple[int, str, str], message: str, code: int = 2) -> None:
    assert result[0] == code
    lines = result[2].strip().splitlines()
    assert lines, result
    assert message in lines[-1]
    assert lines[-1].startswith("chatkit: ")
    assert "Traceback" not in result[2]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_that_is_listed_has_help(shell: Shell, name: str) -> None:
    code, out, _ = shell(name, "--help")
    assert code == 0
    assert f"chatkit {name}" in out


def test_the_list_of_commands_says_what_each_command_says(shell: Shell) -> None:
    code, out, _ = shell("--help")
    assert code == 0
    assert all(name in out for name in COMMANDS)
    assert isinstance(cli, Commands)
    context = click.Context(cli)
    assert all(cli.get_command(context, name) is not None for name in COMMANDS)
    assert cli.get_command(context, "nothing") is None


def test_version(shell: Shell) -> None:
    import chatkit

    assert shell("--version")[1].strip().endswith(chatkit.__version__)


def test_ask_json_has_the_keys_of_the_contract(shell: Shell, trained: Path) -> None:
    code, out, err = shell("ask", "I love this", "--model", str(trained), "--json", "--seed", "5")
    assert (code, err) == (0, "")
    data = json.loads(out)
    assert set(data) == {"text", "answers", "familiarity", "model", "seed", "timing"}
    assert (data["text"], data["seed"]) == ("I love this", 5)
    answers = {answer["head"]: answer for answer in data["answers"]}
    assert {"label", "probabilities"} <= set(answers["sentiment"])
    assert all({"text", "score", "source"} <= set(item) for item in answers["retrieval"]["items"])
    assert isinstance(answers["generation"]["text"], str)


def test_ask_reads_stdin(shell: Shell, trained: Path) -> None:
    code, out, _ = shell("ask", "--model", str(trained), "--head", "sentiment", "--json", stdin="Größe 你好\n".encode())
    assert code == 0
    assert json.loads(out)["text"] == "Größe 你好"
    assert [a["head"] for a in json.loads(out)["answers"]] == ["sentiment"]
    code, out, _ = shell("ask", "--model", str(trained), "--head", "sentiment", "--json", stdin=b"bad \xff byte")
    assert json.loads(out)["text"] == "bad \ufffd byte"


def test_ask_weighs_what_the_dial_names(shell: Shell, trained: Path) -> None:
    given = ("ask", "hello", "--model", str(trained), "--head", "generation", "--max-tokens", "8", "--seed", "2")
    code, out, err = shell(*given, "--json", "--temperature", "1", "--dial", "warmth=1", "--dial", "brevity=-0.5")
    assert (code, err) == (0, "")
    choice = json.loads(out)["choices"]["generation"]
    assert {name: facts["weight"] for name, facts in choice["objectives"].items() if facts["weight"]} == {
        "warmth": 1.0,
        "brevity": -0.5,
    }
    said = choice["candidates"][choice["picked"]]
    assert said["text"] == json.loads(out)["answers"][0]["text"]
    assert said["score"] == max(row["score"] for row in choice["candidates"])
    for wrong, what in (("warmt=1", "did you mean warmth"), ("warmth", "NAME=NUMBER"), ("warmth=2", "-1..1")):
        code, out, err = shell(*given, "--dial", wrong)
        assert (code, out) == (2, "")
        assert what in err


def test_ask_in_plain_text(shell: Shell, trained: Path) -> None:
    code, out, _ = shell("ask", "I love this", "--model", str(trained), "--head", "sentiment")
    assert code == 0
    assert out.startswith("sentiment: ")
    assert "%" in out


def test_ask_says_that_nothing_was_found_to_who_asked(shell: Shell, trained: Path) -> None:
    for text, said in (("hello there", False), ("where is zyxxoq?", True)):
        code, out, _ = shell("ask", text, "--model", str(trained), "--max-tokens", "4")
        assert code == 0
        assert ("retrieval: no passage found" in out) is said, text


def test_ask_with_a_head_of_ones_own(shell: Shell, trained: Path, tmp_path: Path) -> None:
    file = tmp_path / "mood.py"
    file.write_text(
        "from chatkit.plugin_api import Classifier\n\nclass Mood(Classifier):\n    name = 'mood'\n"
        "    examples = [{'text': 'good fun', 'label': 'happy'}, {'text': 'so dull', 'label': 'sad'}]\n"
    )
    code, out, _ = shell("ask", "good fun", "--model", str(trained), "--head", str(file), "--json")
    assert code == 0
    assert [a["head"] for a in json.loads(out)["answers"]] == ["mood"]


def test_bytes_of_the_command_line_that_are_no_text(shell: Shell, trained: Path) -> None:
    code, out, _ = shell("ask", "a \udcff b", "--model", str(trained), "--head", "sentiment", "--json")
    assert code == 0
    assert json.loads(out)["text"] == "a \udcff b"
    assert "\\udcff" in out


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["ask", "x", "--model", "nowhere"], "nowhere: no such model folder (make one with: chatkit train"),
        (["ask", "x", "--model", "~nobody-of-that-name/x"], "~nobody-of-that-name/x: no such model folder"),
        (["ask", "x", "--model", "MODEL", "--head", "nobody"], "no head nobody"),
        (["ask", "x", "--model", "MODEL", "--head", "gone.py"], "gone.py"),
        (["ask", "x", "--colour"], "No such option '--colour'"),
        (["ask", "x", "--temperature", "-1"], "--temperature"),
        (["ask", "x", "--temperature", "hot"], "--temperature"),
        (["ask", "x", "--max-tokens", "0"], "--max-tokens"),
        (["ask", "x", "--seed", "-1"], "--seed"),
        (["ask", "x", "y"], "unexpected extra argument"),
        (["ask", "--model", "MODEL"], "no text to answer (chatkit ask TEXT, or pipe it in)"),
        (["ask", " \n", "--model", "MODEL"], "no text to answer"),
        (["nonsense"], "No such command 'nonsense'"),
        (["eval", "--model", "nowhere"], "nowhere: no such model folder"),
        (["eval", "--data", "x"], "--data needs --head"),
        (["eval", "--model", "MODEL", "--head", "sentiment", "--data", "none.csv"], "no such file or folder"),
        (["eval", "--split", "train"], "--split"),
        (["train", "none.toml", "--out", "x"], "none.toml: no such file"),
        (["train", "~nobody-of-that-name/x.toml", "--out", "x"], "x.toml: no such file"),
        (["train", ".", "--out", "x"], ": is a folder"),
        (["train", "none.toml"], "Missing option '--out'"),
        (["train", "MICRO", "--out", "x", "--set", "train.stepz=1"], "unknown key train.stepz (did you mean steps?)"),
        (["train", "MICRO", "--out", "x", "--minutes", "0"], "--minutes"),
        (["train", "MICRO", "--out", "x", "--device", "tpu"], "--device"),
        (["train", "MICRO", "--out", "MODEL"], "holds a run already"),
        (["train", "MICRO", "--out", "x", "--resume"], "x: no run to resume (start it without --resume)"),
        (["heads", "disable", "nobody"], "no head is called nobody"),
        (["heads", "enable"], "Missing argument 'NAME'"),
    ],
)
def test_the_users_mistakes_are_one_line_and_exit_2(
    shell: Shell,
    trained: Path,
    config_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    argv: list[str],
    message: str,
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    given = {"MODEL": str(trained), "MICRO": str(config_file)}
    result = shell(*[given.get(arg, arg) for arg in argv])
    assert_one_line(result, message)
    assert result[1] == ""
    assert len(result[2].strip().splitlines()) == 1
    assert list(work.iterdir()) == []


def test_a_broken_row_with_on_error_stop_is_exit_2(shell: Shell, config_file: Path, tmp_path: Path) -> None:
    data = tmp_path / "rows.jsonl"
    rows = ['{"text": "a b", "label": "positive"}'] * 16 + ['{"text": "broken'] + ['{"text": "c", "label": "negative"}']
    data.write_text("\n".join(rows))
    argv = ["train", str(config_file), "--out", str(tmp_path / "out"), "--set", f'heads.sentiment.data=["{data}"]']
    assert_one_line(shell(*argv, "--set", "data.on_error=stop"), "rows.jsonl, line 17: broken JSON")


def test_train_and_eval(shell: Shell, config_file: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    code, stdout, err = shell("train", str(config_file), "--out", out, "--set", "train.steps=2", "--json")
    assert code == 0, err
    data = json.loads(stdout)
    assert (data["model"], data["steps"], set(data["heads"])) == (out, 2, {"generation", "sentiment"})
    code, stdout, _ = shell("eval", "--model", out, "--head", "sentiment", "--json")
    assert code == 0
    row = json.loads(stdout)["heads"]["sentiment"]
    assert {"data", "split", "examples", "accuracy", "macro_f1"} <= set(row)
    code, stdout, _ = shell("eval", "--model", out, "--head", "sentiment")
    assert code == 0
    assert "macro_f1" in stdout


def test_eval_names_the_rows_that_it_leaves_out(shell: Shell, trained: Path, tmp_path: Path) -> None:
    rows = ['{"text": "good fun", "label": "positive"}'] * 20
    rows[16] = '{"text": "good '
    (tmp_path / "rows.jsonl").write_text("\n".join(rows))
    data = ("--data", str(tmp_path / "rows.jsonl"))
    code, stdout, stderr = shell("eval", "--model", str(trained), "--head", "sentiment", *data, "--json")
    assert (code, json.loads(stdout)["heads"]["sentiment"]["examples"]) == (0, 19)
    assert "1 bad row skipped" in stderr
    assert "rows.jsonl, line 17: broken JSON" in stderr


def test_heads_are_listed_switched_off_and_on(shell: Shell) -> None:
    code, out, _ = shell("heads", "--json")
    assert code == 0
    assert {"generation", "sentiment", "retrieval"} <= {head["name"] for head in json.loads(out)["heads"]}
    assert shell("heads", "disable", "sentiment")[0] == 0
    states = {head["name"]: head["state"] for head in json.loads(shell("heads", "--json")[1])["heads"]}
    assert states["sentiment"] == "disabled"
    assert shell("heads", "enable", "sentiment")[0] == 0
    assert "disabled" not in shell("heads")[1]


def test_a_head_that_fails_in_check_is_exit_1(shell: Shell, tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("1 / 0\n")
    code, out, _ = shell("heads", "--check", "--head", str(bad))
    assert code == 1
    assert "ZeroDivisionError" in out


def test_a_head_that_fails_in_ask_is_told_on_stderr(shell: Shell, trained: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text(
        "from chatkit.plugin_api import Head\n\nclass Bad(Head):\n    name = 'bad'\n    examples = [{'text': 'a'}]\n"
        "    def build(self, info, vocabulary, **options): pass\n"
        "    def answer(self, encoded, examples): return 1 / 0\n"
    )
    code, out, err = shell("ask", "x", "--model", str(trained), "--head", str(bad), "--json")
    assert code == 1  # nobody answered
    assert json.loads(out)["failures"][0]["place"] == "bad.py:7"
    assert "ZeroDivisionError" in err
    assert "bad.py:7" in err


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (KeyboardInterrupt(), 130, ""),
        (PermissionError(13, "Permission denied", "some/file"), 2, "chatkit: some/file: Permission denied\n"),
        (OSError(28, "No space left on device"), 2, "chatkit: No space left on device\n"),
    ],
)
def test_accidents_have_their_exit_codes(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, told: str
) -> None:
    from chatkit.registry import Registry

    def fail(self: Any) -> None:
        raise error

    monkeypatch.setattr(Registry, "entries", fail)
    status, out, err = shell("heads")
    assert (status, out) == (code, "")
    assert err.lstrip("\n") == told  # a line break parts it from the ^C of the terminal
