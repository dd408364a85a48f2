"""Starting the app: on this machine alone, and with nothing sent to another."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

# Tells the app whose model to load.
RUN_VARIABLE = "MOVIEREC_APP_RUN"
_SCRIPT = Path(__file__).with_name("main.py")
# What a user's own configuration of Streamlit could say otherwise.
_OPTIONS = {
    "browser.gatherUsageStats": "false",
    "runner.magicEnabled": "false",
    "server.showEmailPrompt": "false",
    "server.fileWatcherType": "none",
    "server.maxUploadSize": "20",
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
}
# Answers take milliseconds on one thread; many threads of many sessions only wait for each other.
ENVIRONMENT = {"NUMBA_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def command(address: str, port: int) -> list[str]:
    """The command that serves the app. Raises RuntimeError where Streamlit is not installed."""
    if importlib.util.find_spec("streamlit") is None:
        raise RuntimeError(
            "the app needs Streamlit: python -m pip install -r requirements-app.txt,"
            ' or "movierec[app]"'
        )
    options = {"server.address": address, "server.port": str(port), **_OPTIONS}
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "streamlit", "run", str(_SCRIPT), *flags]


def serve(run: str, address: str, port: int) -> int:
    """Serve the model of a run until interrupted; returns the exit status.

    On POSIX systems the server takes the place of this process, so that signals reach it.
    """
    words = command(address, port)
    environment = ENVIRONMENT | os.environ | {RUN_VARIABLE: run}
    if os.name == "posix":
        sys.stdout.flush()
        os.execve(words[0], words, environment)
    return subprocess.run(words, env=environment, check=False).returncode
