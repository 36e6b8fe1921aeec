"""Stands for ``chatkit`` in ``chatkit index add``: the real index without an assistant: no test waits for torch.

``FAKE_INDEXER`` names a file: after the first file nothing is read before it exists.
"""

import json
import os
import sys
import time
from pathlib import Path

from chatkit.errors import ChatkitError
from chatkit.runtime.index import DocumentIndex


def tell(step):
    print(json.dumps(step._asdict()), file=sys.stderr, flush=True)
    gate = os.environ.get("FAKE_INDEXER")
    while gate and step.done > 0 and not os.path.exists(gate):
        time.sleep(0.01)


def main(arguments):
    assert arguments[:2] == ["index", "add"]
    at = arguments.index("--")
    index = arguments[arguments.index("--index") + 1] if "--index" in arguments[:at] else None
    try:
        done = DocumentIndex(index).add([Path(place) for place in arguments[at + 1 :]], progress=tell)
    except ChatkitError as error:
        print(f"chatkit: {error}", file=sys.stderr)
        sys.exit(2)
    skipped = [{"path": str(path), "why": why} for path, why in done.skipped]
    figures = {name: getattr(done, name) for name in ("added", "updated", "unchanged", "removed")}
    print(json.dumps({**figures, "skipped": skipped}))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
