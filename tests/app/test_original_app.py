"""The promise of the pickle: the original's kind of app works with it, and without this package."""

import ast
import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from scipy import sparse

SCRIPT = Path(__file__).with_name("original_app.py")
ALLOWED = {"pickle", "sys", "numpy", "streamlit"}

# Runs the script where this package cannot be imported; prints the titles it recommends.
DRIVER = """
import json, sys
sys.modules["movierec"] = None
script, model, liked, weight = sys.argv[1:]
from streamlit.testing.v1 import AppTest
sys.argv = [script, model]
at = AppTest.from_file(script, default_timeout=60).run()
at.multiselect(key="liked").set_value(json.loads(liked))
at.slider(key="weight").set_value(float(weight)).run()
assert not at.exception, at.exception
print(json.dumps([one.value for one in at.markdown]))
"""


def _recommended(model: Path, liked: list[int], weight: float) -> list[str]:
    pytest.importorskip("streamlit", reason="the app needs pip install -r requirements-app.txt")
    words = [sys.executable, "-c", DRIVER, SCRIPT, model, json.dumps(liked), str(weight)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def test_the_script_imports_nothing_of_this_package():
    tree = ast.walk(ast.parse(SCRIPT.read_text()))
    imported = {one.name for node in tree if isinstance(node, ast.Import) for one in node.names}
    assert imported == ALLOWED
    assert "from " not in SCRIPT.read_text().replace("from __", "")


@pytest.mark.slow
def test_it_recommends_by_audience_and_by_words(world):
    model = world.save().artifacts / "model.pkl"
    titles = world.movies.set_index("movieId")["title"]
    by_audience = _recommended(model, [10, 20], 1.0)
    assert set(by_audience[:4]) == set(titles[[30, 40, 50, 60]])
    assert titles[world.BY_WORDS] in _recommended(model, [10, 20], 0.0)[:5]


@pytest.mark.slow
def test_it_takes_the_sparse_cosines_of_large_catalogues(world, tmp_path):
    bundle = world.bundle | {"cosine_sim": sparse.csr_matrix(world.bundle["cosine_sim"])}
    model = tmp_path / "model.pkl"
    model.write_bytes(pickle.dumps(bundle))
    dense = world.save().artifacts / "model.pkl"
    assert _recommended(model, [10], 0.3) == _recommended(dense, [10], 0.3)
