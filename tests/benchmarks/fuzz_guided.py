"""Fuzzes one target guided by coverage: python tests/benchmarks/fuzz_guided.py TARGET [--runs N] [--corpus DIR]

By atheris (``pip install atheris``; Linux, CPython with a wheel of it), which mutates what reaches new lines of
chatkit. What counts as a finding is the same as in ``fuzz.py``; the input of one is written beside the corpus.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")


def main() -> None:
    """Run until a finding, or so many inputs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target")
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--corpus", type=Path, help="folder of inputs that reach different lines; kept and gone on from"
    )
    given = parser.parse_args()
    try:
        import atheris
    except ImportError:
        sys.exit("fuzz_guided needs atheris: pip install atheris")
    with tempfile.TemporaryDirectory() as place:
        os.environ["CHATKIT_HOME"] = place
        with atheris.instrument_imports(include=["chatkit"]):
            import fuzz
            from fuzz_targets import Targets
        targets = Targets(Path(place))
        if given.target not in targets.all:
            sys.exit(f"no target {given.target}; known: {', '.join(targets.all)}")
        corpus = given.corpus or Path(place) / "corpus"
        corpus.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(targets.all[given.target][0]):
            (corpus / f"seed{number}").write_bytes(seed)

        def once(data: bytes) -> None:
            if found := fuzz.judge(given.target, targets, data):
                raise AssertionError(found)

        flags = [f"-runs={given.runs}", f"-seed={given.seed}", f"-artifact_prefix={corpus}/finding-", "-max_len=20000"]
        atheris.Setup([sys.argv[0], *flags, str(corpus)], once)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
