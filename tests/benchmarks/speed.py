"""Speed of chatkit beside its peers, one command::

    python tests/benchmarks/speed.py [NAME]... [--smoke] [--json FILE] [--markdown FILE]

Peers run in the same process and round after round, see ``frame``. ``--smoke`` takes sizes that prove nothing but that
the benchmark runs. Peers that are not installed are left out and named; ``pip install -e '.[bench]'`` installs them.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from frame import Result, machine, markdown

NAMES = ("generation", "products", "training", "softmax", "encoding", "distributed")


def run(names: Sequence[str], *, smoke: bool) -> list[Result]:
    """Run benchmarks by name, each ``speed_NAME.py`` beside this file."""
    results: list[Result] = []
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        results += importlib.import_module(f"speed_{name}").run(smoke=smoke)
    return results


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(NAMES)}; all by default")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(NAMES)
    if unknown:
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}")
    described = machine()
    results = run(arguments.names or NAMES, smoke=arguments.smoke)
    table = markdown(results, described)
    print(table)
    if arguments.markdown:
        arguments.markdown.write_text(table, encoding="utf-8")
    if arguments.json:
        data = {"machine": described, "benchmarks": {result.name: result.as_json() for result in results}}
        arguments.json.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
