"""What would not fit is refused before it begins, with figures and a remedy."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse

from movierec import memory
from movierec.data.tables import read_tables
from movierec.evaluation.evaluate import evaluate
from movierec.memory import require_memory
from movierec.models.als import ALS
from movierec.models.ease import EASE
from movierec.models.popularity import Popularity
from movierec.settings import ALSSettings, PreferenceSettings

CONTAINERS = memory._CONTAINERS


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine whose free memory can be set, and its container's limit, use and files; bytes.

    As the second version of control groups tells them, or the first.
    """

    def having(available: int, limit: str | None = None, held: int = 0, files: int = 0, version=2):
        monkeypatch.setattr(
            memory.psutil, "virtual_memory", lambda: SimpleNamespace(available=available)
        )
        groups = [(tmp_path / str(number), *names) for number, (_, *names) in enumerate(CONTAINERS)]
        monkeypatch.setattr(memory, "_CONTAINERS", groups)
        if limit is not None:
            folder, limit_name, held_name, files_name = groups[2 - version]
            folder.mkdir()
            (folder / limit_name).write_text(f"{limit}\n")
            (folder / held_name).write_text(f"{held}\n")
            (folder / "memory.stat").write_text(f"anon 12\n{files_name} {files}\nactive 7\n")

    return having


def test_without_a_container_the_machine_counts(machine):
    machine(5_000)

    assert memory.free() == 5_000


@pytest.mark.parametrize("version", [1, 2])
def test_a_containers_limit_counts_where_it_is_tighter(machine, version):
    machine(5_000, "4000", held=1_500, version=version)

    assert memory.free() == 2_500


@pytest.mark.parametrize("version", [1, 2])
def test_files_that_a_container_can_let_go_are_free(machine, version):
    machine(5_000, "4000", held=4_000, files=1_200, version=version)

    assert memory.free() == 1_200


@pytest.mark.parametrize(("limit", "version"), [("max", 2), ("9223372036854771712", 1)])
def test_a_container_without_a_limit_has_all_of_the_machine(machine, limit, version):
    machine(5_000, limit, held=1_500, version=version)

    assert memory.free() == 5_000


def test_a_container_over_its_limit_has_nothing(machine):
    machine(5_000, "4000", held=4_500)

    assert memory.free() == 0


def test_what_fits_is_let_through(machine):
    machine(5_000)

    require_memory(5_000, "Something", "take less")


def test_the_refusal_gives_both_figures_and_the_remedy(machine):
    machine(1_500_000_000)

    with pytest.raises(memory.NotEnoughMemory) as refused:
        require_memory(8_800_000_000, "EASE", "lower top_movies")

    assert str(refused.value) == ("EASE needs about 8.8 GB, and 1.5 GB are free; lower top_movies")


def test_ease_asks_before_it_starts(machine, two_tastes):
    machine(1_000)

    with pytest.raises(memory.NotEnoughMemory, match=r"ease needs .* lower top_movies"):
        EASE(10.0, PreferenceSettings()).fit(two_tastes)


def test_als_asks_before_it_starts(machine, two_tastes):
    machine(1_000)

    with pytest.raises(memory.NotEnoughMemory, match=r"als needs .* lower factors"):
        ALS(ALSSettings()).fit(two_tastes)


def test_reading_asks_before_it_starts(machine, tmp_path):
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,10,4.0,100\n")
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n10,Ten,Drama\n")
    machine(10)

    with pytest.raises(memory.NotEnoughMemory, match="Reading"):
        read_tables(tmp_path)


def test_ratings_in_another_order_ask_once_more(machine, tmp_path):
    many = "".join(f"{user},10,4.0,100\n" for user in range(100, 0, -1))
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n" + many)
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n10,Ten,Drama\n")
    machine(5_000)

    with pytest.raises(memory.NotEnoughMemory, match=r"Sorting .* sort ratings\.csv by userId"):
        read_tables(tmp_path)


def test_an_evaluation_asks_before_it_starts(machine, two_tastes):
    split = SimpleNamespace(
        relevant=lambda threshold: two_tastes,
        training=None,
        known=sparse.csr_array(two_tastes.shape, dtype=np.float32),
    )
    machine(1_000)

    with pytest.raises(memory.NotEnoughMemory, match=r"models"):
        evaluate([Popularity()], split)
