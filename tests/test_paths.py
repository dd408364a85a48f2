"""Where files lie, and how they take the place of older ones."""

import os
import subprocess
import sys

import pytest

from movierec import locks, paths
from movierec.paths import RunPaths, atomic_folder, atomic_write


@pytest.fixture
def folder(tmp_path):
    """A folder with a file in it, alone in its own folder."""
    path = tmp_path / "here" / "data"
    path.mkdir(parents=True)
    (path / "old.txt").write_text("old")
    return path


def _break_off(*_):
    raise RuntimeError("broken off")


@pytest.mark.parametrize("name", ["", "a/b", "a/", "/a", "../a", ".", "..", ".a"])
def test_a_run_is_named_like_a_folder(name):
    with pytest.raises(ValueError, match="not a plain name"):
        RunPaths(name)


@pytest.mark.parametrize(
    "name",
    ["index.html", "README.md", "comparison.csv", "Index.HTML", "-rf", "--", "a.", "a" * 101],
)
def test_names_that_collide_with_files_or_options_are_refused(name):
    with pytest.raises(ValueError, match=r"give (one|another name) with --run"):
        RunPaths(name)


@pytest.mark.parametrize("name", ["v1.5", "ml-latest-small", "größe", "2024"])
def test_a_plain_name_is_taken(name):
    assert RunPaths(name).artifacts.name == name


def test_home_is_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("MOVIEREC_HOME", str(tmp_path))
    run = RunPaths("mine")
    assert paths.datasets() == tmp_path / "data"
    assert run.artifacts == tmp_path / "artifacts" / "mine"
    assert run.report("01_eda") == tmp_path / "reports" / "mine" / "01_eda.html"
    assert run.notebook("01_eda") == tmp_path / "reports" / "mine" / "01_eda.ipynb"
    assert run.index == tmp_path / "reports" / "mine" / "index.html"


def test_home_is_the_checkout_where_the_environment_says_nothing(monkeypatch):
    monkeypatch.setenv("MOVIEREC_HOME", "")
    assert (paths.home() / "pyproject.toml").exists()


def test_home_is_the_current_folder_where_the_package_lies_in_no_checkout(tmp_path, monkeypatch):
    monkeypatch.setenv("MOVIEREC_HOME", "")
    monkeypatch.setattr(paths, "__file__", str(tmp_path / "site-packages/movierec/paths.py"))
    monkeypatch.chdir(tmp_path)
    assert paths.project() is None
    assert paths.home() == tmp_path


def test_notebooks_stay_with_the_project():
    assert (paths.notebooks() / "01_eda.ipynb").exists()


def test_a_finished_file_takes_the_place_of_the_old_one(folder):
    path = folder / "old.txt"
    with atomic_write(path) as draft:
        draft.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(folder.iterdir()) == [path]


def test_a_file_broken_off_leaves_the_old_one_alone(folder):
    path = folder / "old.txt"
    with pytest.raises(RuntimeError, match="broken off"), atomic_write(path) as draft:
        _break_off(draft.write_text("half"))
    assert path.read_text() == "old"
    assert list(folder.iterdir()) == [path]


def test_a_first_file_broken_off_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), atomic_write(tmp_path / "new.txt") as draft:
        _break_off(draft.write_text("half"))
    assert not list(tmp_path.iterdir())


def test_a_draft_has_the_suffix_of_its_file(tmp_path):
    with atomic_write(tmp_path / "als.npz") as draft:
        assert draft.suffix == ".npz"
        draft.touch()


def test_a_finished_folder_takes_the_place_of_the_old_one(folder):
    with atomic_folder(folder) as draft:
        (draft / "new.txt").write_text("new")
        assert [path.name for path in folder.iterdir()] == ["old.txt"]
    assert [path.name for path in folder.iterdir()] == ["new.txt"]
    assert list(folder.parent.iterdir()) == [folder]


def test_a_folder_broken_off_leaves_the_old_one_alone(folder):
    with pytest.raises(RuntimeError, match="broken off"), atomic_folder(folder) as draft:
        _break_off((draft / "new.txt").write_text("half"))
    assert [path.name for path in folder.iterdir()] == ["old.txt"]
    assert list(folder.parent.iterdir()) == [folder]


def _dead() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_leftovers_of_dead_processes_are_cleared_and_those_of_living_ones_kept(tmp_path):
    run = RunPaths("mine")
    for folder in (run.artifacts, run.reports / "figures", paths.datasets() / ".cache"):
        (folder / f".writing-{_dead()}-a").mkdir(parents=True)
        (folder / ".writing-ofold").mkdir()
        (folder / f".writing-{os.getpid()}-a").mkdir()
    locks.clear_leftovers()
    left = [path.name for path in paths.home().rglob(".writing-*")]
    assert left == [f".writing-{os.getpid()}-a"] * 3


def test_leftovers_hold_nothing_that_would_be_lost(tmp_path):
    draft = paths.datasets() / f".writing-{_dead()}-a"
    (draft / "old" / "sample").mkdir(parents=True)
    (draft / "old" / "sample" / "ratings.csv").touch()
    locks.clear_leftovers()
    assert (paths.datasets() / "sample" / "ratings.csv").exists()
    assert not draft.exists()


def test_a_full_disk_is_named_with_the_file(tmp_path):
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
    full += "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    write = (
        "import sys, pathlib; from movierec.paths import atomic_write\n"
        "with atomic_write(pathlib.Path(sys.argv[1])) as draft: draft.write_text('x' * 5000)"
    )
    target = tmp_path / "als.npz"
    target.write_text("old")
    done = subprocess.run(
        [sys.executable, "-c", full + write, target], capture_output=True, text=True, check=False
    )
    assert done.stderr.endswith(f"OSError: {target} could not be written: File too large\n")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.skipif(os.getuid() != 0, reason="needs another user to be")
def test_a_folder_that_may_not_be_written_is_named_with_the_file(tmp_path):
    target = tmp_path / "als.npz"
    tmp_path.chmod(0o755)
    write = (
        "import os, sys, pathlib; from movierec.paths import atomic_write\n"
        "target = pathlib.Path(sys.argv[1]); os.chdir(target.parent); os.seteuid(65534)\n"
        "with atomic_write(pathlib.Path(target.name)) as draft: draft.touch()"
    )
    done = subprocess.run(
        [sys.executable, "-c", write, target], capture_output=True, text=True, check=False
    )
    assert done.stderr.endswith("OSError: als.npz could not be written: Permission denied\n")


def test_a_first_folder_needs_none_above_it(tmp_path):
    with atomic_folder(tmp_path / "data" / "sample") as draft:
        (draft / "new.txt").touch()
    assert (tmp_path / "data" / "sample" / "new.txt").exists()
