"""How far a long step is, in a log or as a bar."""

from itertools import count

import pytest

from movierec import progress
from movierec.progress import LOG, duration, track


@pytest.fixture
def log(tmp_path, monkeypatch):
    monkeypatch.setenv(LOG, str(tmp_path / "run.log"))
    return tmp_path / "run.log"


@pytest.fixture
def slow(monkeypatch):
    """Ten seconds pass between two looks at the clock."""
    seconds = count(0, 10)
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(seconds))


def test_items_come_as_they_are(log):
    assert list(track("abc", "letter")) == ["a", "b", "c"]


def test_the_log_tells_item_name_and_time_left(log, slow):
    list(track(["als", "bpr", "ease"], "model", str.upper))

    # The first look is before the first item: the second begins 20 s later, the third 30 s.
    assert [line[21:] for line in log.read_text().splitlines()] == [
        "    model 1 of 3, ALS",
        "    model 2 of 3, BPR, about 40 s left",
        "    model 3 of 3, EASE, about 15 s left",
    ]


def test_fast_items_are_not_noted_one_by_one(log):
    list(track(range(1000), "item"))

    assert len(log.read_text().splitlines()) < 10


def test_without_a_log_there_is_a_bar(monkeypatch, capsys):
    monkeypatch.delenv(LOG, raising=False)

    assert list(track(["als"], "model", str.upper)) == ["als"]

    assert "ALS: 100%" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "text"), [(3.4, "3 s"), (89, "89 s"), (600, "10 min"), (9000, "2.5 h")]
)
def test_durations_read_well(seconds, text):
    assert duration(seconds) == text
