"""A Spark session, or the reason why there is none."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from movierec.paths import project

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# Names the cluster; the option --master of `run` sets it.
MASTER = "SPARK_MASTER"
_LOCAL = "local[2]"
_JAVA = 17
# A task that fails is tried so often; by default Spark's local mode gives up at once.
_ATTEMPTS = 4
# Rows, users or lines, in an Arrow batch between Java and Python: some 30 MB at most.
_BATCH_ROWS = 16_384
_FILE_BYTES = 512 << 20
# Tasks use the cores, so what runs in one uses a single thread.
_ONE_THREAD = ("OMP", "OPENBLAS", "MKL", "NUMBA")


class SparkUnavailable(RuntimeError):
    """Something that Spark needs is missing; the message says what to install or to start."""


class SparkFailed(RuntimeError):
    """A job failed on the cluster; the message has the reason, and where Spark's log is."""


def session() -> "SparkSession":
    """The session of this process, started where there is none. Raises SparkUnavailable."""
    _require_pyspark()
    from pyspark import SparkConf, SparkContext
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    running = SparkSession.getActiveSession()
    if running is not None:
        return running
    require_spark()
    master = _master()
    # Workers take the system's Python otherwise.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    options = {
        "spark.app.name": "movierec",
        "spark.master": master,
        "spark.driver.memory": os.environ.get("SPARK_DRIVER_MEMORY", "2g"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.execution.arrow.maxRecordsPerBatch": str(_BATCH_ROWS),
        # A file of users is a partition: a task holds all of one, so none may be joined.
        "spark.sql.files.maxPartitionBytes": str(_FILE_BYTES),
        "spark.sql.files.openCostInBytes": str(_FILE_BYTES),
        "spark.sql.session.timeZone": "UTC",
    }
    options |= {f"spark.executorEnv.{name}_NUM_THREADS": "1" for name in _ONE_THREAD}
    conf = SparkConf()
    for name, value in options.items():
        if not conf.contains(name) or name == "spark.master":
            conf.set(name, value)
    # Reports are no place for what Java logs.
    with log_file().open("w") as log:
        gateway = launch_gateway(conf=conf, popen_kwargs={"stdout": log, "stderr": log})
    with readable_errors():
        context = SparkContext(conf=conf, gateway=gateway)
        _ship(context)
        return SparkSession(context)


def require_spark() -> None:
    """Raise SparkUnavailable without PySpark, Java, or a cluster that answers."""
    _require_pyspark()
    _require_java()
    _require_reachable(_master())


def log_file() -> Path:
    """What Java writes in this process's session."""
    return Path(tempfile.gettempdir()) / f"movierec-spark-{os.getpid()}.log"


@contextmanager
def readable_errors() -> Iterator[None]:
    """Raise SparkFailed with the cause alone, in place of pages of Java."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        with warnings.catch_warnings():
            # Pandas stays out of what Spark does here.
            warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")
            yield
    except (Py4JError, PySparkException) as error:
        raise SparkFailed(f"{cause(str(error))} (Spark's log: {log_file()})") from None


def cause(text: str) -> str:
    """The innermost reason in the text of a Java or PySpark error."""
    if full := re.search(r"No space left on device", text):
        return f"a disk is full ({full[0]}): free some, or name another in SPARK_LOCAL_DIRS"
    # An error in a task of ours stands at the end of a Python traceback within.
    ours = re.findall(r"^(?:[\w.]*\.)?(\w+(?:Error|Exception|Diverged|Memory)): (.*)$", text, re.M)
    python = [message for kind, message in ours if not kind.startswith(("Py4J", "Spark"))]
    if python:
        return python[-1]
    causes = re.findall(r"Caused by: [\w.$]+: (.*)", text)
    return (causes or [text.strip()])[-1].splitlines()[0]


def _master() -> str:
    master = os.environ.get(MASTER) or _LOCAL
    cores = re.fullmatch(r"local(?:\[(\d+|\*)\])?", master)
    return f"local[{cores[1] or 1},{_ATTEMPTS}]" if cores else master


def _require_pyspark() -> None:
    try:
        import pyspark  # noqa: F401
    except ImportError:
        raise SparkUnavailable(
            'engine = "spark" needs PySpark (about 440 MB):'
            " python -m pip install -r requirements-spark.txt"
        ) from None


def _require_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    remedy = (
        f"Spark needs Java {_JAVA} or later: on Debian, apt-get install openjdk-17-jre-headless;"
        " or name another in JAVA_HOME"
    )
    try:
        done = subprocess.run([java or "java", "-version"], capture_output=True, text=True)
    except OSError:
        raise SparkUnavailable(f"there is no Java here ({java or 'java'}). {remedy}") from None
    version = re.search(r'version "(?:1\.)?(\d+)', done.stderr)
    if version is None or int(version[1]) < _JAVA:
        found = version[1] if version else "something else"
        raise SparkUnavailable(f"{java} is Java {found}. {remedy}")


def _require_reachable(master: str) -> None:
    """Spark itself tries for a minute."""
    for host, port in re.findall(r"([\w.-]+):(\d+)", master.partition("spark://")[2]):
        try:
            socket.create_connection((host, int(port)), timeout=5).close()
            return
        except OSError as error:
            last = f"{host}:{port}: {error}"
    if master.startswith("spark://"):
        raise SparkUnavailable(
            f"no Spark master answers at {master} ({last}); start it, or name another with"
            f" --master or {MASTER}"
        )


def _ship(context: Any) -> None:
    """Where the package is a checkout, give it to workers on other machines."""
    checkout = project()
    if checkout is None or context.master.startswith("local"):
        return
    with tempfile.TemporaryDirectory() as folder:
        archive = shutil.make_archive(f"{folder}/movierec", "zip", checkout / "src", "movierec")
        context.addPyFile(archive)
