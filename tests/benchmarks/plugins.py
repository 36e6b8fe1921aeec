"""What heads as plugins cost their authors and users.

    python tests/benchmarks/plugins.py [lines] [first] [kit] [faults] [listing] [reload]     all of them by default

lines    lines of code of the smallest head, of one with its own reader, and of what ``chatkit new`` writes
first    from nothing to seeing a head answer: the commands, and their seconds
kit      seconds of the contract kit on each head, warm
faults   planted faults that the kit catches, and checks that catch one
listing  ``chatkit heads`` with 50 plugins installed, every tenth of them broken
reload   from saving a head's file to its new answer on the screen, in the app

Seconds are of the clock, and in brackets of the processor, which other work on the machine does not add to.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOOD = """from chatkit.plugin_api import Classifier


class Mood(Classifier):
    name = "{name}"
    examples = [{{"text": "good fun", "label": "{label}"}}, {{"text": "awful and dull", "label": "sad"}}]
"""
CHATKIT = [sys.executable, "-m", "chatkit"]


def code_lines(source: str) -> int:
    """Lines that hold code."""
    return sum(bool(line.strip()) and not line.lstrip().startswith(("#", '"""')) for line in source.splitlines())


def lines(folder: Path) -> None:
    """Lines of code."""
    blocks = re.findall(r"```python\n(# (\w+\.py)\n.*?)```", (ROOT / "plugins" / "README.md").read_text(), re.DOTALL)
    readme = {name: code_lines(block) for block, name in blocks}
    _run(["new", "mood"], folder)
    print(f"smallest head (plugins/README.md)            {readme['mood.py']} lines   target 9")
    print(f"classifier with its own data, the same       {readme['topic.py']} lines  target 16")
    print(
        f"chatkit new mood                             {code_lines((folder / 'mood.py').read_text())} lines  target 12"
    )


def first(folder: Path) -> None:
    """From nothing to an answer."""
    total = cpu = 0.0
    for arguments in (["new", "mood"], ["ask", "--head", "./mood.py", "what a lovely day"]):
        seconds, processor, out = _run(arguments, folder)
        total, cpu = total + seconds, cpu + processor
        print(f"  chatkit {' '.join(arguments)}: {out.strip().splitlines()[0]}")
    print(f"2 commands, {total:.1f} s [{cpu:.1f}]   target 15")


def kit(folder: Path) -> None:
    """The kit, warm."""
    sys.path.insert(0, str(ROOT / "tests" / "contracts"))
    from chatkit_generation import Generation
    from chatkit_retrieval import Retrieval
    from chatkit_sentiment import Sentiment
    from chatkit_translation import Translation
    from planted_faults import SOUND, Mood

    from chatkit.testing import run_checks

    run_checks(Mood)
    for head in (*SOUND, Sentiment, Generation, Retrieval, Translation):
        clock, processor = time.perf_counter(), time.process_time()
        report = run_checks(head)
        seconds, processor = time.perf_counter() - clock, time.process_time() - processor
        print(f"kit of {head.__name__:12} {seconds:.2f} s [{processor:.2f}]   target 3   {report.summary}")
        for result in report.failed:
            print(f"  {result}")


def faults(folder: Path) -> None:
    """Planted faults."""
    sys.path.insert(0, str(ROOT / "tests" / "contracts"))
    from planted_faults import FAULTS
    from test_kit import IMPORT_FAULTS, NINE_LINES

    from chatkit.testing import run_checks
    from chatkit.testing.kit import Kit, check_names

    caught = [check for head, check in FAULTS.items() if Kit(head, limit=4.0).result(check).outcome == "failed"]
    for name, (line, _) in IMPORT_FAULTS.items():
        path = folder / f"{name}.py"
        path.write_text(NINE_LINES + line + "\n")
        caught += [r.check for r in run_checks(str(path)).failed if r.check == "import_is_cheap"]
    print(f"planted faults caught: {len(caught)} of {len(FAULTS) + len(IMPORT_FAULTS)}   target all, at least 20")
    print(f"checks that caught one: {len(set(caught))} of {len(check_names())}   target all")


def listing(folder: Path) -> None:
    """``chatkit heads`` with 50 plugins."""
    site = folder / "site"
    for number in range(50):
        name = f"plugin{number}"
        info = site / f"chatkit_{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: chatkit-{name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[chatkit.heads]\n{name} = chatkit_{name}:Mood\n")
        broken = "1 / 0\n" if number % 10 == 0 else ""
        (site / f"chatkit_{name}.py").write_text(broken + MOOD.format(name=name, label="happy"))
    pairs = [(_run(["heads"], folder, site), _run(["heads"], folder)) for _ in range(5)]
    found, bare = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    listed = len(set(re.findall(r"^plugin\d+", found[0][2], re.MULTILINE)))
    print(f"chatkit heads with 50 plugins: {_median(found)}   target 0.5   {listed} of them listed")
    print(f"  without them, in turn:       {_median(bare)}")
    code = "import sys; from chatkit.cli import run; run(['heads']); print('torch' in sys.modules or any(m.startswith("
    code += "'chatkit_plugin') for m in sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=_environment(folder, site), capture_output=True, text=True
    )
    print(f"imports torch or a plugin: {done.stderr.strip()}")
    _, _, out = _run(["ask", "--head", "sentiment", "I love this"], folder, site)
    print(f"another head beside them answers: {out.strip().splitlines()[0]}")


def reload(folder: Path) -> None:
    """Hot reload in the app."""
    file = folder / "mood.py"
    file.write_text(MOOD.format(name="mood", label="label0"))
    seconds, processor = [], []
    screen = Screen([*CHATKIT, "--head", str(file)], _environment(folder))
    try:
        screen.until("ready")
        screen.type("@mood good fun")
        screen.until("label0")
        for number in range(1, 8):
            start, before = time.perf_counter(), screen.processor()
            file.write_text(MOOD.format(name="mood", label=f"label{number}"))
            screen.type("@mood good fun")
            screen.until(f"label{number} ")
            seconds.append(time.perf_counter() - start)
            processor.append(screen.processor() - before)
    finally:
        screen.close()
    least, most = min(seconds), max(seconds)
    median = f"{statistics.median(seconds):.2f} s [{statistics.median(processor):.2f}]"
    print(f"saved to answering, median: {median}, {least:.2f} to {most:.2f}   target 1")


class Screen:
    """The app in a pseudo-terminal; what it writes is searched, not drawn."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, {**environment, "TERM": "xterm-256color"})
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 130, 0, 0))
        self.seen = ""

    def type(self, text: str) -> None:
        """Type a line."""
        self.seen = ""
        os.write(self.terminal, text.encode())
        os.write(self.terminal, b"\r")

    def until(self, word: str) -> None:
        """Wait for a word."""
        while word not in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.seen):
            if not select.select([self.terminal], [], [], 240)[0]:
                raise TimeoutError(f"no {word!r} within 240 s; last: {self.seen[-500:]!r}")
            self.seen += os.read(self.terminal, 1 << 16).decode(errors="replace")

    def processor(self) -> float:
        """Seconds of the processor that the app and its engine have taken."""
        total = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:  # it has ended
                continue
            if self.pid in (int(stat.parent.name), int(fields[1])):
                total += int(fields[11]) + int(fields[12])
        return total / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGTERM)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


def _environment(folder: Path, *paths: Path) -> dict[str, str]:
    known = os.pathsep.join(map(str, [*paths, *filter(None, [os.environ.get("PYTHONPATH")])]))
    return {**os.environ, "PYTHONPATH": known, "CHATKIT_HOME": str(folder / "home")}


def _run(arguments: list[str], folder: Path, *paths: Path) -> tuple[float, float, str]:
    """Seconds of the clock, of the processor, and what it printed."""
    before, start = os.times(), time.perf_counter()
    done = subprocess.run(
        [*CHATKIT, *arguments], cwd=folder, env=_environment(folder, *paths), capture_output=True, text=True
    )
    seconds, after = time.perf_counter() - start, os.times()
    if done.returncode:
        raise RuntimeError(f"chatkit {' '.join(arguments)}: {done.stderr}")
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, processor, done.stdout


def _median(found: list[tuple[float, float, str]]) -> str:
    clock, processor = (statistics.median(run[i] for run in found) for i in (0, 1))
    return f"{clock:.2f} s [{processor:.2f}]"


MEASURES: dict[str, Callable[[Path], None]] = {
    "lines": lines,
    "first": first,
    "kit": kit,
    "faults": faults,
    "listing": listing,
    "reload": reload,
}


def main() -> None:
    """Print what was asked for."""
    for name in sys.argv[1:] or MEASURES:
        folder = Path(tempfile.mkdtemp(prefix="chatkit-"))
        try:
            MEASURES[name](folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
