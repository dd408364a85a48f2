"""Sweeps: what is swept, in which order runs start, what becomes of those that fail."""

import json
import sys

import pytest

from movierec.cli import main
from movierec.paths import RunPaths
from movierec.runs import sweep as sweeping
from movierec.runs.plan import plan_run
from movierec.runs.sweep import make_sweep, run_sweep


def test_every_combination_is_a_run_named_after_its_values():
    sweep = make_sweep(name="night", assignments=["factors=32,64", "alpha=1,2.5"])

    assert sweep.combinations == [
        {"factors": 32, "alpha": 1.0},
        {"factors": 32, "alpha": 2.5},
        {"factors": 64, "alpha": 1.0},
        {"factors": 64, "alpha": 2.5},
    ]
    assert [sweep.run_name(one) for one in sweep.combinations] == [
        "night-factors-32-alpha-1",
        "night-factors-32-alpha-2.5",
        "night-factors-64-alpha-1",
        "night-factors-64-alpha-2.5",
    ]


def test_a_single_value_is_of_every_run():
    sweep = make_sweep(assignments=["factors=32,64", "alpha=2"])

    assert (sweep.fixed, sweep.swept) == ({"alpha": 2.0}, {"factors": [32, 64]})
    assert sweep.name == "sweep-sample-factors"


def test_equal_values_are_one():
    assert make_sweep(assignments=["alpha=1,1.0,2"]).swept == {"alpha": [1.0, 2.0]}


def test_a_file_describes_a_sweep_and_what_is_typed_wins(tmp_path):
    file = tmp_path / "night.toml"
    file.write_text(
        'dataset = "ml-latest-small"\npreset = "start"\n'
        '[set]\nmodels = "als,hybrid"\ndiagnostics = false\n'
        "[sweep]\nfactors = [8, 16]\nalpha = [1, 2]\n"
    )

    sweep = make_sweep(file, assignments=["alpha=3"])

    assert (sweep.name, sweep.dataset, sweep.preset) == ("night", "ml-latest-small", "start")
    assert sweep.fixed == {"models": "als,hybrid", "diagnostics": False, "alpha": 3.0}
    assert sweep.swept == {"factors": [8, 16]}


def test_the_text_of_a_sweep_describes_it(tmp_path):
    sweep = make_sweep(name="night", preset="start", assignments=["factors=8,16", "models=als"])
    file = tmp_path / "night.toml"
    file.write_text(sweep.text())

    assert make_sweep(file) == sweep


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[sweep", "night.toml"),
        ("[sweep]\nfactor = [1, 2]", "did you mean factors"),
        ("[sweep]\nfactors = [0, 2]", "factors = 0 is not possible"),
        ("[sweeps]\nfactors = [1, 2]", "'sweeps' is none of dataset, preset"),
        ("sweep = 3", "sweep is not a table"),
        ("dataset = 3\n[sweep]\nfactors = [1, 2]", "dataset is not text"),
        ("[set]\nfactors = 3", "nothing is swept"),
    ],
)
def test_a_file_that_is_no_sweep_is_refused(tmp_path, text, message):
    file = tmp_path / "night.toml"
    file.write_text(text)

    with pytest.raises(ValueError, match=message):
        make_sweep(file)


def test_a_name_that_would_be_too_long_ends_in_a_hash_and_stays_its_own():
    sweep = make_sweep(name="n" * 95, assignments=["factors=32,64"])

    names = {sweep.run_name(one) for one in sweep.combinations}
    assert len(names) == 2
    assert all(len(name) == 100 for name in names)


class _Instant:
    """In place of a process: a run that has ended when it is asked a second time."""

    started: list[str]
    most = 0
    now = 0

    def __init__(self, _, plan, jobs):
        self.plan, self.asked = plan, 0
        _Instant.started.append(plan.run.name)
        _Instant.now += 1
        _Instant.most = max(_Instant.most, _Instant.now)

    @property
    def ended(self) -> bool:
        self.asked += 1
        if self.asked == 2:
            _Instant.now -= 1
            if not self.failure():
                _Instant.finished(self.plan)
        return self.asked >= 2

    def failure(self) -> str:
        return "no" if "factors-16" in self.plan.run.name else ""

    def interrupt(self) -> None:
        _Instant.now -= 1

    def wait(self) -> None:
        pass


@pytest.fixture
def instant(monkeypatch, finished):
    monkeypatch.setattr(sweeping, "_Job", _Instant)
    monkeypatch.setattr(sweeping, "_POLL_SECONDS", 0)
    _Instant.started, _Instant.most, _Instant.now = [], 0, 0
    monkeypatch.setattr(_Instant, "finished", staticmethod(finished), raising=False)
    return _Instant


@pytest.fixture
def sweep(tiny):
    return make_sweep(None, "night", tiny, None, ["factors=8,16,32"])


def ignore(*_) -> None:
    pass


def test_a_failure_is_kept_and_the_rest_goes_on(instant, sweep):
    progress = run_sweep(sweep, 1, ignore)

    assert progress.whole == ["night-factors-8", "night-factors-32"]
    assert progress.failed == {"night-factors-16": "no"}


def test_what_is_whole_is_left_and_what_failed_is_tried_again(instant, sweep):
    run_sweep(sweep, 1, ignore)
    instant.started.clear()

    progress = run_sweep(sweep, 1, ignore)

    assert instant.started == ["night-factors-16"]
    assert progress.done == 3


def test_no_more_runs_than_jobs_are_at_work(instant, sweep):
    run_sweep(sweep, 2, ignore)

    assert instant.most <= 2


def test_a_run_waits_for_the_stages_it_has_in_common_with_a_running_one(tiny, finished):
    first, second = (plan_run(tiny, f"f{n}", None, [f"factors={n}"]) for n in (8, 16))
    plans = {"f8": first, "f16": second}

    assert sweeping._ready(["f8", "f16"], [], plans) == ["f8"]
    assert sweeping._ready(["f16"], ["f8"], plans) == []
    finished(first, "01_eda", "02_content_features")
    assert sweeping._ready(["f16"], ["f8"], plans) == ["f16"]


def test_bad_settings_are_refused_before_any_run_starts(instant, tiny):
    sweep = make_sweep(None, "night", tiny, "tunned", ["factors=8,16"])

    with pytest.raises(ValueError, match="original, start, tuned"):
        run_sweep(sweep, 1, ignore)

    assert instant.started == []
    assert not RunPaths("night-factors-8").artifacts.exists()


def test_an_interrupt_ends_the_runs_and_says_how_to_go_on(instant, sweep, monkeypatch, capsys):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(sweeping.time, "sleep", interrupt)

    assert main(["sweep", "--dataset", sweep.dataset, "-p", "factors=8,16"]) == 130

    assert instant.now == 0
    assert "the same command goes on" in capsys.readouterr().err


@pytest.fixture
def job(tmp_path, tiny, monkeypatch):
    """A run of two at a time on eight processors, by a program that says how it was called."""
    program = tmp_path / "program"
    program.write_text(
        f"#!{sys.executable}\nimport json, os, sys\n"
        f"called = {{'words': sys.argv[1:], 'env': dict(os.environ)}}\n"
        f"json.dump(called, open({str(tmp_path / 'called.json')!r}, 'w'))\n"
        "print('error: 03_als_training: an error: no luck', file=sys.stderr)\nsys.exit(1)\n"
    )
    program.chmod(0o755)
    monkeypatch.setattr(sweeping.sys, "executable", str(program))
    monkeypatch.setattr(sweeping, "_processors", lambda: 8)
    sweep = make_sweep(None, "night", tiny, "start", ["factors=8,16", "diagnostics=false"])
    job = sweeping._Job(sweep, sweep.plans()["night-factors-16"], 2)
    job._process.wait()
    yield job, json.loads((tmp_path / "called.json").read_text())
    job.wait()


def test_jobs_divide_the_processors(job):
    env = job[1]["env"]
    assert {env[name] for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS")} == {"4"}


def test_a_run_of_a_sweep_is_a_command_that_can_be_typed(job, tiny):
    assert job[1]["words"][2:] == [
        *("run", "--dataset", tiny, "--run", "night-factors-16", "--preset", "start"),
        *("-p", "diagnostics=False", "-p", "factors=16"),
    ]


def test_a_failure_is_told_in_the_words_of_the_run(job):
    assert job[0].ended
    assert job[0].failure() == "03_als_training: an error: no luck"
