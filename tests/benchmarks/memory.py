"""Memory of the engine with an assistant: after loading, and after messages; what torch alone takes beside it.

    python tests/benchmarks/memory.py [--model DIR] [--messages 30] [--json FILE]

Resident memory of the engine's own process as the app starts it, read once it rests; a fresh home, so that the shipped
pages are indexed first. The target is 350 MB after the messages.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TARGET = 350
TEXTS = ("hello there", "how do I train a model on my own text?", "I love this, thank you", "this is awful", "why?")


def resident(pid: int | str) -> dict[str, float]:
    """MB resident in a process: in all, its own (``anonymous``), and pages of files."""
    table = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    whole, own, file = (int(table[key].split()[0]) / 1024 for key in ("VmRSS", "RssAnon", "RssFile"))
    return {"all": whole, "anonymous": own, "of files": file}


def torch_alone() -> dict[str, float]:
    """What a process takes that has imported torch and nothing else."""
    script = "import torch; print(open('/proc/self/status').read())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    table = dict(line.split(":", 1) for line in done.stdout.splitlines() if ":" in line)
    return {"all": int(table["VmRSS"].split()[0]) / 1024}


async def engine(model: str | None, messages: int) -> dict[str, dict[str, float]]:
    """Memory of an engine at rest, after loading and after messages."""
    from chatkit.runtime.process import COMMAND, EngineProcess

    process = EngineProcess(COMMAND, None)
    await process.start()
    events = process.events()
    process.send({"do": "load", "model": model})
    async for event in events:
        if event["event"] == "ready":
            break
    out: dict[str, dict[str, float]] = {}
    history: list[dict[str, str]] = []
    for number in range(messages + 1):
        if number in (0, 1, messages):
            await asyncio.sleep(2.0 if number else 15.0)  # at rest: what is freed is given back then
            name = "loaded" if not number else f"after {number} message{'s' if number > 1 else ''}"
            out[name] = resident(process.pid or 0)
        if number == messages:
            break
        text = TEXTS[number % len(TEXTS)]
        process.send({"do": "ask", "turn": number, "text": text, "history": history[-20:], "seed": number})
        reply = ""
        async for event in events:
            if event["event"] == "piece":
                reply += event["text"]
            if event["event"] == "done":
                break
        history += [{"speaker": "user", "text": text}, {"speaker": "assistant", "text": reply or "well"}]
    await process.close()
    return out


def measure(model: str | None, messages: int) -> dict[str, dict[str, float]]:
    """torch alone, and the engine in a home of its own."""
    with tempfile.TemporaryDirectory() as home:
        before = os.environ.get("CHATKIT_HOME")
        os.environ["CHATKIT_HOME"] = home
        try:
            return {"torch alone": torch_alone()} | asyncio.run(engine(model, messages))
        finally:
            os.environ.pop("CHATKIT_HOME")
            if before is not None:
                os.environ["CHATKIT_HOME"] = before


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--model")
    parser.add_argument("--messages", type=int, default=30)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    start = time.monotonic()
    found = measure(arguments.model, arguments.messages)
    print("| resident memory, MB | all | own | pages of files |\n|---|---:|---:|---:|")
    for name, row in found.items():
        cells = (f"{row[key]:.0f}" if key in row else "" for key in ("all", "anonymous", "of files"))
        print(f"| {name} | {' | '.join(cells)} |")
    last = list(found.values())[-1]["all"]
    print(f"\nengine: {last:.0f} MB, target {TARGET}: {'met' if last <= TARGET else 'missed'}")
    print(f"{time.monotonic() - start:.0f} s")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
