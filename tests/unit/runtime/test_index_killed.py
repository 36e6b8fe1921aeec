"""An index whose process is killed at any moment: it opens, and holds whole files only."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from chatkit.runtime.index import DocumentIndex
from chatkit.runtime.searcher import Searcher

KILLED = """
import sys, time
from pathlib import Path
import numpy as np
from chatkit.runtime import indexing
from chatkit.runtime.index import DocumentIndex

indexing.BATCH = 100  # less than a file has: each is written before the next is read
calls = 0

def slow(texts):
    global calls
    calls += 1
    time.sleep(0.02 if calls < 30 else 600)  # it is killed before its end, however late the killer comes
    return np.ones((len(texts), 4))

index = DocumentIndex(sys.argv[2])
index.add([Path(sys.argv[1])], slow, lineage="one", progress=lambda step: print(step.done, flush=True))
"""


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_a_killed_add_leaves_whole_files_only(tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for i in range(20):
        (folder / f"{i:02}.txt").write_text("\n\n".join(f"{i} {j} " + "word " * 100 for j in range(150)))
    command = [sys.executable, "-c", KILLED, str(folder), str(tmp_path / "index.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while process.stdout.readline().strip() != "5":
            pass
        time.sleep(0.03)
        process.send_signal(signal.SIGKILL)
    index = DocumentIndex(tmp_path / "index.db")
    assert index.rows("PRAGMA integrity_check")[0][0] == "ok"
    entries = index.entries()
    assert 5 <= len(entries) < 20
    assert {entry.passages for entry in entries} == {150}
    assert Searcher([index]).search("3 77 word")
    done = index.add([folder], lambda texts: np.ones((len(texts), 4)), lineage="one")
    assert (done.unchanged, done.added) == (len(entries), 20 - len(entries))
    index.close()


KILLED_COMMAND = """
import sys
from chatkit.runtime import indexing, loading, library
import numpy as np

indexing.BATCH = 5
library.Library.encode = property(lambda self: lambda texts: np.ones((len(texts), 4)))
library.Library.lineage = property(lambda self: "one")
library.Library.warm = lambda self: None
loading.load = lambda model: type("Loaded", (), {"assistant": None})
from chatkit.cli import main
sys.exit(main(["index", "add", "--progress", "--json", "--index", sys.argv[2], sys.argv[1]]))
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_the_command_killed_at_any_moment_leaves_an_index_that_opens(tmp_path):
    """Within one large file and between files; the next run goes on, and ends with all of them."""
    folder = tmp_path / "many"
    folder.mkdir()
    for i in range(8):
        (folder / f"{i}.txt").write_text("\n\n".join(f"{i} {j} " + "word " * 100 for j in range(40 if i == 3 else 10)))
    command = [sys.executable, "-c", KILLED_COMMAND, str(folder), str(tmp_path / "index.db")]
    for moment in (1, 9, 14, 19):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            for _ in range(moment):
                process.stderr.readline()
            process.send_signal(signal.SIGKILL)
        index = DocumentIndex(tmp_path / "index.db")
        assert index.rows("PRAGMA integrity_check")[0][0] == "ok"
        assert {e.passages for e in index.entries()} <= {10, 40}
        assert index.rows("SELECT count(*) FROM passage WHERE file NOT IN (SELECT id FROM file)")[0][0] == 0
        index.close()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["added"] + json.loads(done.stdout)["unchanged"] == 8
    index = DocumentIndex(tmp_path / "index.db")
    assert sum(e.passages for e in index.entries()) == 110
    assert index.places()[folder] is not None
    assert Searcher([index]).search("3 37 word")
    index.close()
