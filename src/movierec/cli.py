"""The command `movierec`, also `python -m movierec`."""

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from movierec.data.columns import MOVIE, RATING, TITLE
from movierec.data.movielens import MOVIELENS, NAMES, SAMPLE

# The commands bring in what they need: help and refusals are to come at once.
if TYPE_CHECKING:
    from collections.abc import Iterator

    from optuna import Study
    from optuna.trial import FrozenTrial

    from movierec.serving.recommender import Recommender


def main(arguments: list[str] | None = None) -> int:
    """Run the command that the arguments name; return its exit status."""
    typed = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(typed, argparse.Namespace(typed=typed))
    try:
        return options.command(options)
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    except (ValueError, OSError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="movierec")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="run the notebooks, leave reports and the model pickle")
    run.add_argument(
        "--dataset",
        help=f"one of {', '.join(NAMES)}, or a folder [sample, or with --from what the run had]",
    )
    run.add_argument("--run", help="name under artifacts/ and reports/ [the dataset's name]")
    run.add_argument(
        "--preset",
        help="tuned, original, start or a TOML file [tuned, or with --from what the run had]",
    )
    _add_assignments(run, "set a parameter of the notebooks; may be repeated")
    run.add_argument(
        "--from", dest="first", metavar="STAGE", help="first stage, as 03_als_training or 03"
    )
    run.add_argument("--to", dest="last", metavar="STAGE", help="last stage")
    run.set_defaults(command=_run)

    tune = commands.add_parser(
        "tune", help="search a model's hyperparameters on validation splits, leave a preset"
    )
    tune.add_argument("--dataset", default=SAMPLE, help="as for run [sample]")
    tune.add_argument("--model", default="hybrid", help="whose hyperparameters [hybrid]")
    tune.add_argument(
        "--trials", type=int, default=50, help="trials in all, with those done before [50]"
    )
    tune.add_argument("--minutes", type=float, help="start no trial after so many [no limit]")
    tune.add_argument("--protocol", help="short for -p protocol=PROTOCOL [user-random]")
    tune.add_argument(
        "--preset", default="tuned", help="where to start, and what is not searched [tuned]"
    )
    tune.add_argument(
        "--run", help="name under artifacts/ and reports/ [tune-DATASET-MODEL(-PROTOCOL)]"
    )
    _add_assignments(
        tune,
        "fix a parameter of data, TF-IDF, protocol or models, which is then not searched;"
        " may be repeated",
    )
    tune.set_defaults(command=_tune)

    compare = commands.add_parser("compare", help="compare the metrics of several runs")
    compare.add_argument("runs", metavar="RUN", nargs="+", help="name of a run that was evaluated")
    compare.add_argument("--metric", default="ndcg@10", help="as in metrics.json [ndcg@10]")
    compare.add_argument(
        "--model", action="append", help="only this model; may be repeated [all of them]"
    )
    compare.add_argument("--out", type=Path, help="folder for comparison.csv and .html [reports]")
    compare.set_defaults(command=_compare)

    recommend = commands.add_parser("recommend", help="recommend movies by the model of a run")
    _add_model(recommend)
    somebody = recommend.add_mutually_exclusive_group(required=True)
    somebody.add_argument("--user", type=int, help="a userId of the run's data")
    somebody.add_argument(
        "--rate",
        dest="ratings",
        metavar="TITLE=STARS",
        action="append",
        help='a rating of a cold-start user, as "Alien=4.5"; may be repeated',
    )
    recommend.add_argument("--why", action="store_true", help="explain the first one")
    recommend.set_defaults(command=_recommend)

    similar = commands.add_parser("similar", help="list the movies most similar to one")
    _add_model(similar)
    similar.add_argument("title", help="or nearly: the nearest one is taken")
    similar.add_argument(
        "--cf-weight", type=float, help="from content (0) to collaborative (1) [that of the run]"
    )
    similar.set_defaults(command=_similar)

    fetch = commands.add_parser("fetch", help="download a MovieLens dataset from GroupLens")
    fetch.add_argument("dataset", choices=MOVIELENS)
    fetch.set_defaults(command=_fetch)

    simulate = commands.add_parser(
        "simulate", help="write simulated ratings, movies and tags of a dataset's size"
    )
    simulate.add_argument("--like", choices=MOVIELENS, required=True, help="whose size to take")
    simulate.add_argument("--out", type=Path, required=True, help="folder to write")
    simulate.add_argument("--seed", type=int, default=0)
    simulate.set_defaults(command=_simulate)
    return parser


def _add_assignments(command: argparse.ArgumentParser, text: str) -> None:
    command.add_argument(
        "-p", dest="assignments", metavar="NAME=VALUE", action="append", default=[], help=text
    )


def _add_model(command: argparse.ArgumentParser) -> None:
    """The options of every command that loads the model of a run."""
    command.add_argument("--run", default=SAMPLE, help=f"whose model [{SAMPLE}]")
    command.add_argument("-n", type=int, default=10, help="how many movies [10]")


def _run(options: argparse.Namespace) -> int:
    from movierec.runs.plan import plan_run
    from movierec.runs.runner import run_stages

    plan = plan_run(
        options.dataset,
        options.run,
        options.preset,
        options.assignments,
        options.first,
        options.last,
    )
    try:
        for result in run_stages(plan, lambda stage: print(f"{stage:<22}", end="", flush=True)):
            if result.failure:
                print("failed (optional stage; the run continues)")
                report = plan.run.report(result.stage)
                print(f"{result.stage}: {result.failure}\nreport: {report}", file=sys.stderr)
            else:
                print(f"{result.seconds:7.1f} s {result.peak_memory / 1e6:8,.0f} MB")
    except BaseException as error:
        print("interrupted" if isinstance(error, KeyboardInterrupt) else "failed")
        raise
    print(f"report: {plan.run.index}")
    model = plan.run.artifacts / "model.pkl"
    if model.exists() and max(stage.number for stage in plan.steps) >= "04":
        print(f"model:  {model}")
    return 0


def _tune(options: argparse.Namespace) -> int:
    import matplotlib as mpl

    from movierec.paths import RunPaths, atomic_write
    from movierec.plots.theme import set_theme
    from movierec.runs.reports import render_page
    from movierec.tuning import report, search

    protocol = [f"protocol={options.protocol}"] if options.protocol else []
    task = search.load_task(
        options.dataset, options.model, options.preset, options.assignments + protocol
    )
    run = RunPaths(options.run or task.run_name)
    study = search.open_study(task, run.output("tuning.db"))
    trials = search.run_search(task, study, options.trials, options.minutes)
    interrupted = _show_search(study, trials, options.trials)
    if interrupted:
        print("interrupted; the same command continues the search", file=sys.stderr)
    if study.trials:
        best, command = study.best_trial, shlex.join(["python", "-m", "movierec", *options.typed])
        print(f"best of {len(study.trials)}: trial {best.number + 1}, NDCG@10 {best.value:.4f}")
        with atomic_write(run.output("preset.toml")) as draft:
            draft.write_text(report.preset_text(task, study, command), encoding="utf-8")
        print(f"preset: {run.output('preset.toml')}")
        mpl.use("Agg")  # A terminal may have no display.
        set_theme()
        run.reports.mkdir(parents=True, exist_ok=True)
        print(f"report: {render_page(run.report('tuning'), *report.page(task, study))}")
    elif not interrupted:
        raise ValueError("no trial was run: raise --trials or --minutes")
    return 130 if interrupted else 0


def _show_search(study: "Study", trials: "Iterator[FrozenTrial]", total: int) -> bool:
    """Print each improvement, on a terminal above a bar; return whether Ctrl-C ended the search."""
    from tqdm import tqdm

    done = len(study.trials)
    if done:
        print(f"continued after trial {done}, best NDCG@10 {study.best_value:.4f}", flush=True)
    try:
        for trial in (bar := tqdm(trials, "trials", total, initial=done, disable=None)):
            if trial.number == study.best_trial.number:
                with bar.external_write_mode():
                    print(f"trial {trial.number + 1}: NDCG@10 {trial.value:.4f}", flush=True)
    except KeyboardInterrupt:
        return True
    return False


def _compare(options: argparse.Namespace) -> int:
    from movierec import paths
    from movierec.evaluation import comparison
    from movierec.runs import reports

    runs = [paths.RunPaths(name) for name in dict.fromkeys(options.runs)]
    metrics, protocols = comparison.read_metrics(runs)
    tables = {}
    if comparison.poolable(metrics, protocols, options.metric):
        heading = f"hybrid minus others, {options.metric}, mean over {len(runs)} splits"
        gains = comparison.pooled_differences(runs, options.metric)
        tables[heading] = gains.round(4).rename_axis(index=None)
    if options.model:
        metrics = comparison.only_models(metrics, options.model)
    print(comparison.side_by_side(metrics, options.metric).to_string())
    for heading, table in tables.items():
        print(f"\n{heading}\n{table.to_string()}")
    if not tables and (differing := comparison.differing(protocols)):
        print(f"not on the same test split: the runs differ in {', '.join(differing)}")
    tables |= comparison.report_tables(metrics, protocols, options.metric)
    folder = options.out or paths.reports()
    folder.mkdir(parents=True, exist_ok=True)
    with paths.atomic_write(folder / "comparison.csv") as draft:
        metrics.to_csv(draft, index=False)
    title = "Comparison of " + ", ".join(protocols.index)
    sections = {heading: [table] for heading, table in tables.items()}
    print(f"report: {reports.render_page(folder / 'comparison.html', title, sections)}")
    print(f"table:  {folder / 'comparison.csv'}")
    return 0


def _recommender(options: argparse.Namespace) -> "Recommender":
    from movierec.paths import RunPaths
    from movierec.serving.bundle import load_model
    from movierec.stages import artifact

    return load_model(artifact(RunPaths(options.run), "model.pkl"))


def _recommend(options: argparse.Namespace) -> int:
    from movierec.serving import tables, title_search

    recommender = _recommender(options)
    if options.ratings:
        resolved = title_search.resolve_ratings(recommender, options.ratings)
        title_search.refuse_unmatched(resolved)
        asked = title_search.user_history(resolved)
        found = recommender.recommend_for(asked, options.n)
        for typed, title, stars in resolved[["typed", TITLE, RATING]].to_numpy():
            print(f'"{typed}" is {title}: {stars:g} of 5 stars')
    else:
        asked = options.user
        found = recommender.recommend(asked, options.n)
        rated = recommender.rated(asked)
        print(f"user {asked} rated {len(rated)} movies; best: {'; '.join(rated[TITLE][:3])}")
    print(f"\n{tables.as_text(tables.readable(found))}")
    if options.why and len(found):
        first = found.iloc[0]
        reasons = tables.strongest_contributions(recommender.explain(asked, first[MOVIE]))
        print(f"\nWhy {first[TITLE]}?\n{tables.as_text(reasons)}")
    return 0


def _similar(options: argparse.Namespace) -> int:
    from movierec.serving import tables, title_search

    recommender = _recommender(options)
    resolved = title_search.resolve_titles(recommender, [options.title])
    title_search.refuse_unmatched(resolved)
    taken = resolved.iloc[0]
    found = recommender.similar(taken[MOVIE], options.n, options.cf_weight)
    print(f'"{options.title}" is {taken[TITLE]}')
    print(f"\n{tables.as_text(tables.readable(found))}")
    return 0


def _fetch(options: argparse.Namespace) -> int:
    from movierec.data.download import fetch

    print(f"{options.dataset} is in {fetch(options.dataset)}")
    return 0


def _simulate(options: argparse.Namespace) -> int:
    from movierec.simulation.simulator import Shape, simulate

    if options.out.exists() and any(options.out.iterdir()):
        raise ValueError(f"{options.out} is not empty; name a new folder")
    simulate(options.out, Shape.like(options.like), options.seed, progress=sys.stderr.isatty())
    print(f"simulated ratings like {options.like} are in {options.out}")
    return 0
