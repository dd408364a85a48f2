"""What would not fit is refused before it begins, with figures and a remedy."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse

from movierec import memory
from movierec.data.tables import read_tables
from movierec.evaluation.experiment import evaluate
from movierec.models.als import ALS
from movierec.models.ease import EASE
from movierec.models.popularity import Popularity


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine whose free memory, and whose container's limit and use, can be set; bytes."""

    def having(available: int, limit: str | None = None, held: int = 0):
        monkeypatch.setattr(
            memory.psutil, "virtual_memory", lambda: SimpleNamespace(available=available)
        )
        monkeypatch.setattr(memory, "_LIMIT", tmp_path / "max")
        monkeypatch.setattr(memory, "_HELD", tmp_path / "current")
        if limit is not None:
            (tmp_path / "max").write_text(f"{limit}\n")
            (tmp_path / "current").write_text(f"{held}\n")

    return having


def test_without_a_container_the_machine_counts(machine):
    machine(5_000)

    assert memory.free() == 5_000


def test_a_containers_limit_counts_where_it_is_tighter(machine):
    machine(5_000, "4000", held=1_500)

    assert memory.free() == 2_500


def test_a_container_without_a_limit_has_all_of_the_machine(machine):
    machine(5_000, "max", held=1_500)

    assert memory.free() == 5_000


def test_a_container_over_its_limit_has_nothing(machine):
    machine(5_000, "4000", held=4_500)

    assert memory.free() == 0


def test_what_fits_is_let_through(machine):
    machine(5_000)

    memory.ask(5_000, "Something", "take less")


def test_the_refusal_gives_both_figures_and_the_remedy(machine):
    machine(1_500_000_000)

    with pytest.raises(memory.NotEnoughMemory) as refused:
        memory.ask(8_800_000_000, "EASE", "lower top_movies")

    assert str(refused.value) == ("EASE needs about 8.8 GB, and 1.5 GB are free; lower top_movies")


def test_ease_asks_before_it_starts(machine, two_tastes):
    machine(1_000)

    with pytest.raises(memory.NotEnoughMemory, match=r"ease needs .* lower top_movies"):
        EASE(10.0, 3.0).fit(two_tastes)


def test_als_asks_before_it_starts(machine, two_tastes):
    machine(1_000)

    with pytest.raises(memory.NotEnoughMemory, match=r"als needs .* lower factors"):
        ALS(64, 1.0, 1.0, 1, 3.0, seed=0).fit(two_tastes)


def test_reading_asks_before_it_starts(machine, tmp_path):
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,10,4.0,100\n")
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n10,Ten,Drama\n")
    machine(10)

    with pytest.raises(memory.NotEnoughMemory, match="Reading"):
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
