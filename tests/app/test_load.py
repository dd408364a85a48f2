"""Twenty sessions at once on loopback: each gets what it would get alone."""

import re
import runpy
from concurrent.futures import ThreadPoolExecutor

import pytest

from movierec import paths
from movierec.app import profile as profiles
from movierec.app.profile import Profile

pytestmark = pytest.mark.slow

SESSIONS, ANSWERS = 20, 2


def test_many_sessions_get_what_each_would_get_alone(server, world):
    port = int(server.rsplit(":", 1)[1])
    script = paths.project() / "tests" / "benchmarks" / "app.py"
    ask_often = runpy.run_path(str(script), run_name="imported")["ask_often"]
    movies = world.SPACE + world.ROMANCE
    asked = [
        profiles.to_text(
            Profile({movies[place % 12]: 5.0, movies[(place * 5 + 1) % 12]: 1.0}), "two.genres"
        )
        for place in range(SESSIONS)
    ]

    def ask(profile: str) -> list[list[str]]:
        _, pages = ask_often(port, f"profile={profile}", ANSWERS)
        return [re.findall(r"<h4>\d+\. (.*?) <span>", page) for page in pages]

    with ThreadPoolExecutor(SESSIONS) as threads:
        at_once = list(threads.map(ask, asked))
    assert [len(answers) for answers in at_once] == [ANSWERS] * SESSIONS
    assert len({str(answers) for answers in at_once}) > SESSIONS / 3
    assert at_once[:5] == [ask(profile) for profile in asked[:5]]
