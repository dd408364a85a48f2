"""Free memory within a container and without, and the steps that stop early."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse

from movierec import memory
from movierec.data.tables import read_tables
from movierec.evaluation.evaluate import evaluate
from movierec.memory import NotEnoughMemory, require_memory
from movierec.models.als import ALS
from movierec.models.ease import EASE
from movierec.models.popularity import Popularity
from movierec.settings import ALSSettings, PreferenceSettings

CONTROL_GROUPS = memory._CONTROL_GROUPS


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Sets the machine's free memory, and a container's limit, use and file cache, in bytes."""

    def having(
        available: int, limit: str | None = None, used: int = 0, file_cache: int = 0, version=2
    ) -> None:
        monkeypatch.setattr(
            memory.psutil, "virtual_memory", lambda: SimpleNamespace(available=available)
        )
        groups = [(tmp_path / str(n), *files) for n, (_, *files) in enumerate(CONTROL_GROUPS)]
        monkeypatch.setattr(memory, "_CONTROL_GROUPS", groups)
        if limit is not None:
            folder, limit_file, used_file, cache_key = groups[2 - version]
            folder.mkdir()
            (folder / limit_file).write_text(f"{limit}\n")
            (folder / used_file).write_text(f"{used}\n")
            (folder / "memory.stat").write_text(f"anon 12\n{cache_key} {file_cache}\nactive 7\n")

    return having


def test_without_a_container_the_machine_counts(machine):
    machine(5_000)
    assert memory.free() == 5_000


@pytest.mark.parametrize("version", [1, 2])
def test_a_container_s_limit_counts_where_it_is_tighter(machine, version):
    machine(5_000, "4000", used=1_500, version=version)
    assert memory.free() == 2_500


@pytest.mark.parametrize("version", [1, 2])
def test_a_container_s_file_cache_is_free(machine, version):
    machine(5_000, "4000", used=4_000, file_cache=1_200, version=version)
    assert memory.free() == 1_200


@pytest.mark.parametrize(("limit", "version"), [("max", 2), ("9223372036854771712", 1)])
def test_a_container_without_a_limit_has_all_of_the_machine(machine, limit, version):
    machine(5_000, limit, used=1_500, version=version)
    assert memory.free() == 5_000


def test_a_container_over_its_limit_has_nothing(machine):
    machine(5_000, "4000", used=4_500)
    assert memory.free() == 0


def test_a_step_that_just_fits_goes_on(machine):
    machine(5_000)
    require_memory(5_000, "Something", "take less")


def test_the_error_names_both_amounts_and_the_remedy(machine):
    machine(1_500_000_000)
    with pytest.raises(NotEnoughMemory) as error:
        require_memory(8_800_000_000, "EASE", "lower top_movies")
    message = "EASE needs about 8.8 GB, but only 1.5 GB are free; lower top_movies"
    assert str(error.value) == message


def test_ease_stops_early(machine, two_tastes):
    machine(1_000)
    with pytest.raises(NotEnoughMemory, match=r"ease needs .* lower top_movies"):
        EASE(10.0, PreferenceSettings()).fit(two_tastes)


def test_als_stops_early(machine, two_tastes):
    machine(1_000)
    with pytest.raises(NotEnoughMemory, match=r"als needs .* lower factors"):
        ALS(ALSSettings()).fit(two_tastes)


@pytest.mark.parametrize(
    ("available", "error"),
    [(10, "Reading .*ratings.csv"), (5_000, "Sorting .* sort the ratings by userId")],
)
def test_reading_and_sorting_stop_early(machine, tmp_path, available, error):
    unsorted = "".join(f"{user},10,4.0,100\n" for user in range(100, 0, -1))
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n" + unsorted)
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n10,Ten,Drama\n")
    machine(available)
    with pytest.raises(NotEnoughMemory, match=error):
        read_tables(tmp_path)


def test_an_evaluation_stops_early(machine, two_tastes):
    split = SimpleNamespace(
        relevant=lambda threshold: two_tastes,
        training=None,
        known=sparse.csr_array(two_tastes.shape, dtype=np.float32),
    )
    machine(1_000)
    with pytest.raises(NotEnoughMemory, match="models"):
        evaluate([Popularity()], split)
