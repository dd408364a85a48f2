"""The package as a library: its public names, how they read, and that importing it is quick."""

import pydoc
import subprocess
import sys

import nbformat
import pytest

import movierec
from movierec import paths


def _python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("name", movierec.__all__)
def test_a_public_name_is_there_and_documented(name):
    assert getattr(movierec, name).__doc__


def test_another_name_is_not():
    with pytest.raises(AttributeError, match="'movierec' has no attribute 'load'"):
        _ = movierec.load


def test_pydoc_shows_what_a_model_can_be_asked():
    shown = pydoc.plain(pydoc.render_doc(movierec))
    assert "load_model(path" in shown
    assert "recommend_for(self, ratings" in shown


@pytest.mark.parametrize("argument", ["", "--help"])
def test_neither_import_nor_help_brings_in_a_model(argument):
    code = (
        f"import sys; sys.argv = ['movierec', {argument!r}]\n"
        "import movierec\n"
        "if sys.argv[1]:\n"
        "    from movierec.cli import main\n"
        "    try: main()\n"
        "    except SystemExit: pass\n"
        "print({'implicit', 'pandas', 'numpy'} & sys.modules.keys())"
    )
    assert _python(code).endswith("set()\n")


@pytest.mark.slow
def test_rendering_reports_waits_for_no_grammar_of_urls():
    assert _python("import movierec.runs.reports, sys; print('lark' in sys.modules)") == "False\n"


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["01_eda", "03_als_training"])
def test_a_stage_without_text_or_heatmaps_waits_for_neither_scikit_learn_nor_seaborn(stage):
    notebook = nbformat.read(paths.notebooks() / f"{stage}.ipynb", as_version=4)
    cells = [cell.source for cell in notebook.cells if cell.source.startswith(("from ", "import "))]
    code = "\n".join([*cells, "import sys; print({'sklearn', 'seaborn'} & sys.modules.keys())"])
    assert "movierec" in code
    assert _python(code) == "set()\n"
