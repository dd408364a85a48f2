"""The command `sweep`."""

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from movierec import paths
from movierec.cli.options import Commands, add_assignments

if TYPE_CHECKING:
    from movierec.runs.sweep import Progress, Sweep


def add(commands: Commands) -> None:
    sweep = commands.add_parser("sweep", help="run all combinations of some settings' values")
    sweep.set_defaults(command=_sweep)
    sweep.add_argument("file", type=Path, nargs="?", help="a TOML file that describes the sweep")
    sweep.add_argument("--dataset", help="as for run [the file's; sample]")
    sweep.add_argument("--preset", help="as for run [the file's; tuned]")
    sweep.add_argument("--name", help="beginning of the runs' names [the file's]")
    sweep.add_argument("--jobs", type=int, default=1, help="runs at a time [1]")
    sweep.add_argument("--metric", default="ndcg@10", help="what ranks [ndcg@10]")
    add_assignments(sweep, "a setting of every run, or several values to sweep: factors=32,64")


def _sweep(args: argparse.Namespace) -> int:
    from tqdm import tqdm

    from movierec.runs.listing import summarise_run
    from movierec.runs.sweep import make_sweep, run_sweep

    if args.jobs < 1:
        raise ValueError(f"--jobs {args.jobs}: at least one run at a time")
    sweep = make_sweep(args.file, args.name, args.dataset, args.preset, args.p)
    total = len(sweep.combinations)
    bar = tqdm(total=total, desc=sweep.name, unit="run", disable=None)

    def tell(run: str, progress: "Progress") -> None:
        bar.set_postfix_str(_running(progress), refresh=False)
        bar.update(progress.done - bar.n)
        bar.refresh()
        if run:
            summary = summarise_run(paths.RunPaths(run), args.metric)
            how = f"failed: {progress.failed[run]}" if run in progress.failed else summary.headline
            with tqdm.external_write_mode():
                print(f"{progress.done:>3} of {total}  {run}  {how.splitlines()[0]}", flush=True)

    # Its runs end with it, whoever ends it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        progress = run_sweep(sweep, args.jobs, tell)
    except KeyboardInterrupt:
        bar.close()
        print("\ninterrupted; the same command goes on with the sweep", file=sys.stderr)
        return 130
    bar.close()
    _publish(sweep, progress, args.metric)
    return 1 if progress.failed else 0


def _running(progress: "Progress") -> str:
    """As "night-factors-32 05_evaluation model 6 of 13, bpr, about 40 s left"."""
    from movierec.runs.log import last_line

    return "; ".join(f"{run} {last_line(paths.RunPaths(run))}" for run in progress.running)


def _publish(sweep: "Sweep", progress: "Progress", metric: str) -> None:
    """Print the leaderboard; leave it as a page and a table, and the sweep as a file."""
    import matplotlib as mpl

    from movierec.cli.terminal import print_sections
    from movierec.plots.theme import set_theme
    from movierec.runs import comparing, leaderboard, reports

    mpl.use("Agg")  # A terminal may have no display.
    set_theme()
    board = leaderboard.make_leaderboard(sweep, progress.whole, progress.failed)
    found = leaderboard.sections(sweep, board, metric)
    print()
    print_sections(found)
    with paths.atomic_write(sweep.folder / "sweep.toml") as draft:
        draft.write_text(sweep.text(), encoding="utf-8")
    if board.questions:
        with paths.atomic_write(sweep.folder / "leaderboard.csv") as draft:
            leaderboard.table(board, metric).to_csv(draft)
        print(f"table:  {sweep.folder / 'leaderboard.csv'}")
    found |= leaderboard.links(board)
    about, path = comparing.about(board.runs), sweep.folder / "leaderboard.html"
    page = reports.render_page(path, f"Sweep {sweep.name}", found, about)
    print(f"report: {page}")
