"""Speed of chatkit beside its peers, one command::

    python tests/benchmarks/speed.py [NAME]... [--sets FOLDER] [--wikitext2 DIR] [--peers] [--smoke] [--json FILE]
        [--markdown FILE]

Peers run in the same process and round after round, see ``frame``. ``--smoke`` takes sizes that prove nothing but that
the benchmark runs. Peers that are not installed are left out and named; ``pip install -e '.[bench]'`` installs those of
generation, ``retrieval_peers.py`` says what those of retrieval are; ``--peers`` installs llm and elia for the start.

``retrieval`` needs the FOLDER of the sets, ``wikitext2`` the DIR of runs that ``wikitext2.py`` has finished (hours of
processor time are not spent again); without them they are left out and named.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from frame import Result, machine, markdown

ALONE = ("generation", "products", "training", "softmax", "encoding", "distributed", "memory", "mapped", "start")
WITH_FOLDER = {"retrieval": "sets", "wikitext2": "wikitext2"}  # name -> the option that says where
NAMES = (*ALONE, *WITH_FOLDER)


def run(names: Sequence[str], *, smoke: bool, given: Mapping[str, Any] | None = None) -> list[Result]:
    """Run benchmarks by name, each ``speed_NAME.py`` beside this file.

    Args:
        names: Of ``NAMES``.
        smoke: Sizes that prove nothing.
        given: The options ``sets``, ``wikitext2`` and ``peers``.
    """
    given = given or {}
    results: list[Result] = []
    for name in names:
        more: dict[str, Any] = {}
        if name in WITH_FOLDER:
            more["folder"] = given.get(WITH_FOLDER[name])
            if more["folder"] is None:
                print(f"{name}: left out, it needs --{WITH_FOLDER[name]}", file=sys.stderr, flush=True)
                continue
        if name == "start":
            more["peers"] = bool(given.get("peers"))
        print(f"{name} ...", file=sys.stderr, flush=True)
        results += importlib.import_module(f"speed_{name}").run(smoke=smoke, **more)
    return results


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(NAMES)}; all by default")
    parser.add_argument("--sets", type=Path, metavar="FOLDER", help="The folder that holds the sets of retrieval.")
    parser.add_argument("--wikitext2", type=Path, metavar="DIR", help="Finished runs of wikitext2.py.")
    parser.add_argument("--peers", action="store_true", help="Install llm and elia, to measure their start.")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(NAMES)
    if unknown:
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}")
    described = machine()
    results = run(arguments.names or NAMES, smoke=arguments.smoke, given=vars(arguments))
    table = markdown(results, described)
    print(table)
    if arguments.markdown:
        arguments.markdown.write_text(table, encoding="utf-8")
    if arguments.json:
        data = {"machine": described, "benchmarks": {result.name: result.as_json() for result in results}}
        arguments.json.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
