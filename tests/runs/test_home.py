"""The home of all runs: it lists each as it is now, and reads only what has changed."""

import re

import pytest

from movierec import paths
from movierec.paths import RunPaths
from movierec.runs import listing
from movierec.runs.home import render_home


def _home() -> str:
    render_home()
    return (paths.reports() / "index.html").read_text(encoding="utf-8")


@pytest.fixture
def read(monkeypatch) -> list[str]:
    """Names of the runs whose files were read."""
    names: list[str] = []
    summarise = listing.summarise_run

    def note(run: RunPaths) -> listing.RunSummary:
        names.append(run.name)
        return summarise(run)

    monkeypatch.setattr(listing, "summarise_run", note)
    return names


def test_a_run_is_listed_with_what_it_was_told_its_state_and_pages(executed):
    run = executed("03_als_training", values={"factors": 128})
    run.index.write_text("")
    run.report("try").write_text("")
    text = _home()
    assert '<a href="mine/index.html">mine</a>' in text
    assert '<a href="mine/try.html" aria-label="try it of mine">try it</a>' in text
    assert "factors 128" in text
    assert re.search(r'class="state unfinished">unfinished</span>: without 01_eda', text)
    assert "2026-05-04 12:00 UTC" in text


def test_names_and_settings_are_text(executed):
    executed("01_eda", values={"dataset": "<b>x</b>"})
    text = _home()
    assert "<b>x</b>" not in text


def test_a_run_that_has_not_changed_is_not_read_again(executed, read):
    executed("01_eda")
    assert _home() == _home()
    assert read == ["mine"]


def test_a_run_that_has_changed_is_read_again(executed, read):
    executed("01_eda")
    _home()
    executed("02_content_features", values={"max_features": 7})
    assert "max_features 7" in _home()
    assert read == ["mine", "mine"]


def test_a_run_that_is_gone_is_not_listed(executed):
    run = executed("01_eda")
    _home()
    run.notebook("01_eda").unlink()
    assert "<td>" not in _home()


@pytest.mark.parametrize("text", ["", "[]", '{"runs": 3}'])
def test_a_damaged_memory_of_earlier_runs_hinders_nothing(executed, text):
    executed("01_eda")
    (paths.reports() / ".runs.json").write_text(text)
    assert 'scope="row">mine' in _home()


def test_comparisons_are_linked(executed):
    executed("01_eda")
    folder = paths.reports() / "comparisons" / "a-b"
    folder.mkdir(parents=True)
    (folder / "comparison.html").write_text("")
    assert '<a href="comparisons/a-b/comparison.html">' in _home()
