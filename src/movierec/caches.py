"""Where libraries keep what they compile and look up, if the user has no home to write to."""

import os
import tempfile
from pathlib import Path

# Variables by which libraries take another folder: numba, matplotlib, IPython, Jupyter.
_VARIABLES = (
    "NUMBA_CACHE_DIR",
    "MPLCONFIGDIR",
    "IPYTHONDIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_CONFIG_DIR",
)


def use_temporary_caches() -> None:
    """Where there is no writable home, name folders below the system's temporary one instead.

    What the environment names already stays. Processes started later inherit it.
    """
    try:
        if os.access(Path.home(), os.W_OK):
            return
    except RuntimeError:  # the system knows of no home at all
        pass
    folder = _own_folder()
    for name in _VARIABLES:
        path = folder / name.lower()
        path.mkdir(exist_ok=True)
        os.environ.setdefault(name, str(path))


def _own_folder() -> Path:
    """A folder that lasts and nobody else may write to: what lies in it is run."""
    folder = Path(tempfile.gettempdir()) / f"movierec-caches-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid != os.getuid() or status.st_mode & 0o077:
        return Path(tempfile.mkdtemp(prefix="movierec-caches-"))
    return folder
