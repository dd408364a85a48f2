"""Starting the app: where it listens, what it sends, and what is missing."""

import importlib.util
import subprocess
from types import SimpleNamespace

import pytest

from movierec import cli
from movierec.app import launch


@pytest.fixture
def started(monkeypatch) -> list:
    """What is started in place of Streamlit: (words, environment)."""
    calls = []

    def run(words, env, check):
        calls.append((words, env))
        return subprocess.CompletedProcess(words, 0)

    monkeypatch.setattr(launch, "subprocess", SimpleNamespace(run=run))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    return calls


def test_it_listens_to_this_machine_alone_and_sends_nothing(started, world):
    world.save("sample")
    assert cli.main(["app"]) == 0
    [(words, environment)] = started
    assert {"--server.address=127.0.0.1", "--server.port=8501"} <= set(words)
    assert {"--browser.gatherUsageStats=false", "--client.showErrorDetails=none"} <= set(words)
    assert environment[launch.RUN_VARIABLE] == "sample"


def test_run_address_and_port_can_be_chosen(started, world):
    world.save("mine")
    assert cli.main("app --run mine --port 9000 --address 0.0.0.0".split()) == 0
    [(words, environment)] = started
    assert {"--server.address=0.0.0.0", "--server.port=9000"} <= set(words)
    assert environment[launch.RUN_VARIABLE] == "mine"


def test_a_run_without_a_model_is_refused_with_the_remedy(started, capsys):
    assert cli.main(["app", "--run", "nowhere"]) == 1
    assert "--to 04_hybrid_similarity" in capsys.readouterr().err
    assert started == []


def test_the_sample_is_made_where_it_is_missing(started, world, monkeypatch):
    from movierec.cli import app

    monkeypatch.setattr(app, "_make_sample", lambda: world.save("sample"))
    assert cli.main(["app"]) == 0
    assert len(started) == 1


def test_without_streamlit_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert cli.main(["app"]) == 1
    assert "requirements-app.txt" in capsys.readouterr().err
