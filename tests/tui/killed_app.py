"""The app with the scripted engine, as a process of its own that ``killing`` kills: ``killed_app.py SESSION|new``."""

import os
import sys
from pathlib import Path

from chatkit.runtime import recorder
from chatkit.tui.app import ChatkitApp
from chatkit.tui.opening import Options

FAKE = (sys.executable, str(Path(__file__).with_name("fake_engine.py")))

if __name__ == "__main__":
    recorder.FLUSH_SECONDS = float(os.environ.get("KILLED_APP_FLUSH") or recorder.FLUSH_SECONDS)  # a planted fault
    session = None if sys.argv[1] == "new" else int(sys.argv[1])
    ChatkitApp(Options(command=FAKE, session=session)).run()
