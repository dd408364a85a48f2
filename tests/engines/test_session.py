"""What is said where Spark cannot be used, or fails."""

import sys

import pytest

from movierec.engines import session
from movierec.engines.base import open_engine


@pytest.fixture
def no_session(monkeypatch) -> None:
    """As in a process that has started none."""
    sql = pytest.importorskip("pyspark.sql", reason="PySpark is not installed")
    monkeypatch.setattr(sql.SparkSession, "getActiveSession", lambda: None)


def test_an_unknown_engine_is_refused():
    with pytest.raises(ValueError, match="no engine 'dask'; there are local and spark"):
        open_engine("dask")


def test_without_pyspark_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(
        session.SparkUnavailable, match=r"-m pip install -r requirements-spark\.txt"
    ):
        open_engine("spark")


def test_without_java_the_message_says_what_to_install(no_session, monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(session.SparkUnavailable, match="openjdk-17-jre-headless"):
        open_engine("spark")


def test_an_old_java_is_refused(no_session, monkeypatch, tmp_path):
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(session.SparkUnavailable, match="is Java 11"):
        open_engine("spark")


def test_a_master_that_does_not_answer_is_named_at_once(no_session, monkeypatch):
    monkeypatch.setattr(session, "_require_java", lambda: None)
    # Nobody listens on port 1.
    monkeypatch.setenv("SPARK_MASTER", "spark://127.0.0.1:1")
    with pytest.raises(session.SparkUnavailable, match=r"no Spark master answers at .*--master"):
        open_engine("spark")


@pytest.mark.parametrize(
    ("asked", "master"),
    [
        ("", "local[2,4]"),
        ("local", "local[1,4]"),
        ("local[*]", "local[*,4]"),
        ("local[3,1]", "local[3,1]"),
        ("spark://here:7077", "spark://here:7077"),
    ],
)
def test_tasks_are_tried_again_in_local_mode_too(monkeypatch, asked, master):
    monkeypatch.setenv("SPARK_MASTER", asked)
    assert session._master() == master


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (
            "An error occurred while calling o1.parquet.\n: org.apache.spark.SparkException: Job"
            " aborted.\n\tat x\nCaused by: java.io.IOException: No space left on device\n",
            "a disk is full (No space left on device): free some, or name another in"
            " SPARK_LOCAL_DIRS",
        ),
        (
            "Job aborted.\n  File 'x.py', line 3, in f\nValueError: hybrid gave scores\n\n\tat"
            " java\nCaused by: org.apache.spark.api.python.PythonException: Traceback\n",
            "hybrid gave scores",
        ),
        ("a: b\nCaused by: java.io.EOFException: one\nCaused by: x.Other: two\n", "two"),
        ("[PATH_NOT_FOUND] Path does not exist: file:/x. SQLSTATE: 42K03", None),
    ],
)
def test_of_a_java_error_the_cause_is_told(text, cause):
    assert session.cause(text) == (cause or text)
