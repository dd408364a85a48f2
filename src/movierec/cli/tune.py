"""The command `tune`."""

import argparse
import shlex
import sys
from typing import TYPE_CHECKING

from movierec import locks, paths
from movierec.cli.options import Commands, add_assignments
from movierec.data.movielens import SAMPLE

if TYPE_CHECKING:
    from movierec.tuning.search import TuningTask


def add(commands: Commands) -> None:
    tune = commands.add_parser("tune", help="search hyperparameters on validation splits")
    tune.set_defaults(command=_tune)
    tune.add_argument("--dataset", default=SAMPLE, help="as for run [sample]")
    tune.add_argument("--model", default="hybrid", help="whose hyperparameters [hybrid]")
    tune.add_argument("--trials", type=int, default=50, help="trials in all [50]")
    tune.add_argument("--minutes", type=float, help="start no trial after so many [no limit]")
    tune.add_argument("--protocol", help="short for -p protocol=PROTOCOL [user-random]")
    tune.add_argument("--preset", default="tuned", help="where to start [tuned]")
    tune.add_argument("--run", help="name as for run [tune-DATASET-MODEL(-PROTOCOL)]")
    add_assignments(tune, "fix a parameter, which is then not searched; may be repeated")


def _tune(args: argparse.Namespace) -> int:
    from movierec.tuning import search

    protocol = [f"protocol={args.protocol}"] if args.protocol else []
    task = search.load_task(args.dataset, args.model, args.preset, args.p + protocol)
    run = paths.RunPaths(args.run or task.run_name)
    with locks.whole_run(run):
        return _search(args, task, run)


def _search(args: argparse.Namespace, task: "TuningTask", run: paths.RunPaths) -> int:
    import matplotlib as mpl

    from movierec.plots.theme import set_theme
    from movierec.runs.reports import render_page
    from movierec.tuning import report, search

    study = search.open_study(task, run.output("tuning.db"))
    trials = search.run_search(task, study, args.trials, args.minutes)
    interrupted = report.show_progress(study, trials, args.trials)
    if interrupted:
        print("interrupted; the same command continues the search", file=sys.stderr)
    if study.trials:
        best, command = study.best_trial, shlex.join(["python", "-m", "movierec", *sys.argv[1:]])
        print(f"best of {len(study.trials)}: trial {best.number + 1}, NDCG@10 {best.value:.4f}")
        with paths.atomic_write(run.output("preset.toml")) as draft:
            draft.write_text(report.preset_text(task, study, command), encoding="utf-8")
        print(f"preset: {run.output('preset.toml')}")
        mpl.use("Agg")  # A terminal may have no display.
        set_theme()
        print(f"report: {render_page(run.report('tuning'), *report.page(task, study))}")
    elif not interrupted:
        raise ValueError("no trial was run: raise --trials or --minutes")
    return 130 if interrupted else 0
