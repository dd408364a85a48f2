"""Starting the app: where it listens, what it sends, and what is missing."""

import importlib.util
import os
from collections.abc import Callable

import pytest

from movierec import cli, paths
from movierec.app import launch


class _Replaced(BaseException):
    """This process is another's from here on."""


@pytest.fixture
def started(monkeypatch) -> Callable[..., tuple[list[str], dict[str, str]]]:
    """Words and environment of what a command line becomes."""

    def replace(program, words, environment):
        raise _Replaced(words, environment)

    monkeypatch.setattr(os, "execve", replace)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)

    def call(*arguments: str) -> tuple[list[str], dict[str, str]]:
        with pytest.raises(_Replaced) as replaced:
            cli.main(["app", *arguments])
        return replaced.value.args

    return call


def test_it_listens_to_this_machine_alone_and_sends_nothing(started, world):
    world.save("sample")
    words, environment = started()
    assert {"--server.address=127.0.0.1", "--server.port=8501"} <= set(words)
    assert {"--browser.gatherUsageStats=false", "--client.showErrorDetails=none"} <= set(words)
    assert environment[launch.RUN_VARIABLE] == "sample"


def test_run_address_and_port_can_be_chosen(started, world):
    world.save("mine")
    words, environment = started(*"--run mine --port 9000 --address 0.0.0.0".split())
    assert {"--server.address=0.0.0.0", "--server.port=9000"} <= set(words)
    assert environment[launch.RUN_VARIABLE] == "mine"


def test_a_run_without_a_model_is_refused_with_the_remedy(started, capsys):
    assert cli.main(["app", "--run", "nowhere"]) == 1
    assert "--to 04_hybrid_similarity" in capsys.readouterr().err


def test_the_sample_is_made_where_it_is_missing(started, world, monkeypatch):
    from movierec.cli import app

    monkeypatch.setattr(app, "_make_sample", lambda: world.save("sample"))
    _, environment = started()
    assert environment[launch.RUN_VARIABLE] == "sample"
    assert (paths.RunPaths("sample").artifacts / "model.pkl").exists()


def test_without_streamlit_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert cli.main(["app"]) == 1
    assert "requirements-app.txt" in capsys.readouterr().err
