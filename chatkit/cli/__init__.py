"""The command line: arguments -> calls -> exit codes. Each command lives in a module that is imported when it is run.

Exit codes: 0 done; 1 a check or figure fell short; 2 the user's mistake, one clear line; 130 Ctrl-C.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
from typing import Any, NoReturn

import click

from chatkit import __version__
from chatkit.cli import passphrase
from chatkit.errors import ChatkitError

COMMANDS = {
    "chat": "Open the chat (also: chatkit without a command).",
    "ask": "Answer one message and print it.",
    "train": "Train an assistant on your data.",
    "sweep": "Train with many weightings and seeds, and each objective alone.",
    "report": "Show what a run or a sweep has found.",
    "eval": "Measure the heads of an assistant.",
    "audit": "Say what a model remembers of text that it saw a few times.",
    "calibrate": "Fit how far an assistant's answers can be trusted.",
    "compress": "Make an assistant smaller, and show what that costs.",
    "export": "Write an assistant for use elsewhere: ONNX or safetensors.",
    "heads": "List, enable, disable and check heads.",
    "new": "Write a new head to start from.",
    "check": "Prove a head or a tokenizer sound.",
    "shift": "Say how your text differs from the training text, and what that costs.",
    "adapt": "Let an assistant read a new domain's text.",
    "augment": "Make more training text out of what is there.",
    "index": "Index documents for ranking.",
    "search": "Rank passages of the indexed documents.",
    "sessions": "List, search, export, encrypt and delete chats.",
    "web": "Serve the chat to a browser of this machine.",
    "doctor": "Check terminal, model, history and heads, and say what to mend.",
}


class Commands(click.Group):
    """Lists commands without importing them; what is no command is given to ``chat``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of one command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"chatkit.cli.{cmd_name}_command").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table, so that help imports none of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``chat`` before arguments that name no command."""
        if not args or (args[0].startswith("-") and args[0] not in ("--help", "-h", "--version")):
            args = ["chat", *args]
        return super().parse_args(ctx, args)


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="chatkit")
def cli() -> None:
    """A private assistant that you train, extend and steer on your own machine."""


def main(argv: list[str] | None = None) -> NoReturn:
    """Run a command and exit."""
    # Threads that spin long at a barrier while others hold the cores make a training step several times slower; ones
    # that sleep at once, twice as slow on an idle machine. Read when torch loads; whoever set either knows better.
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "300000")
    sys.exit(run(argv))


def run(argv: list[str] | None = None) -> int:
    """Run a command.

    Returns:
        The exit code.
    """
    passphrase.use()
    for stream in (sys.stdout, sys.stderr):  # text that a terminal cannot show must not end the command
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        result: Any = cli.main(args=argv, prog_name="chatkit", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except ChatkitError as error:
        return _fail(str(error))
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.Abort:
        return 130
    except KeyboardInterrupt:
        return 130
    except click.ClickException as error:
        usage = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "chatkit"
        return _fail(f"{error.format_message()} (see: {usage} --help)")
    except SystemExit:  # so click ends when whoever read our output has enough
        return 0
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _fail(f"{where}{error.strerror or error}")


def _fail(message: str) -> int:
    print(f"chatkit: {message}", file=sys.stderr)
    return 2
