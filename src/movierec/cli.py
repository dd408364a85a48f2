"""The command `movierec`, also `python -m movierec`."""

import argparse
import shlex
import sys
from pathlib import Path

from movierec import paths
from movierec.data.columns import MOVIE, RATING, TITLE
from movierec.data.movielens import MOVIELENS, NAMES, SAMPLE

# The commands bring in what else they need: help and refusals are to come at once.


def main(arguments: list[str] | None = None) -> int:
    """Run the command that the arguments name; return its exit status."""
    args = _parser().parse_args(arguments)
    try:
        return args.command(args) or 0
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
    run.set_defaults(command=_run)
    run.add_argument("--dataset", help=f"{', '.join(NAMES)}, or a folder [sample; --from: kept]")
    run.add_argument("--run", help="name under artifacts/ and reports/ [the dataset's name]")
    run.add_argument("--preset", help="tuned, original, start or TOML file [tuned; --from: kept]")
    _add_assignments(run, "set a parameter of the notebooks; may be repeated")
    run.add_argument("--from", dest="first", metavar="STAGE", help="first stage, as 03 [01_eda]")
    run.add_argument("--to", dest="last", metavar="STAGE", help="last stage [06_recommend]")

    tune = commands.add_parser("tune", help="search hyperparameters on validation splits")
    tune.set_defaults(command=_tune)
    tune.add_argument("--dataset", default=SAMPLE, help="as for run [sample]")
    tune.add_argument("--model", default="hybrid", help="whose hyperparameters [hybrid]")
    tune.add_argument("--trials", type=int, default=50, help="trials in all [50]")
    tune.add_argument("--minutes", type=float, help="start no trial after so many [no limit]")
    tune.add_argument("--protocol", help="short for -p protocol=PROTOCOL [user-random]")
    tune.add_argument("--preset", default="tuned", help="where to start [tuned]")
    tune.add_argument("--run", help="name as for run [tune-DATASET-MODEL(-PROTOCOL)]")
    _add_assignments(tune, "fix a parameter, which is then not searched; may be repeated")

    compare = commands.add_parser("compare", help="compare the metrics of several runs")
    compare.set_defaults(command=_compare)
    compare.add_argument("runs", metavar="RUN", nargs="+", help="name of a run that was evaluated")
    compare.add_argument("--metric", default="ndcg@10", help="as in metrics.json [ndcg@10]")
    compare.add_argument("--model", action="append", help="only this; may be repeated [all]")
    compare.add_argument("--out", type=Path, help="folder for comparison.csv and .html [reports]")

    recommend = commands.add_parser("recommend", help="recommend movies by the model of a run")
    recommend.set_defaults(command=_recommend)
    recommend.add_argument("--run", default=SAMPLE, help="whose model [sample]")
    recommend.add_argument("-n", type=int, default=10, help="how many movies [10]")
    recommend.add_argument("--why", action="store_true", help="explain the first one")
    somebody = recommend.add_mutually_exclusive_group(required=True)
    somebody.add_argument("--user", type=int, help="a userId of the run's data")
    somebody.add_argument(
        "--rate",
        metavar="TITLE=STARS",
        action="append",
        help='a rating of a cold-start user, as "Alien=4.5"; may be repeated',
    )

    similar = commands.add_parser("similar", help="list the movies most similar to one")
    similar.set_defaults(command=_similar)
    similar.add_argument("--run", default=SAMPLE, help="whose model [sample]")
    similar.add_argument("-n", type=int, default=10, help="how many movies [10]")
    similar.add_argument("title", help="or nearly: the nearest one is taken")
    similar.add_argument("--cf-weight", type=float, help="0: content; 1: collaborative [the run's]")

    fetch = commands.add_parser("fetch", help="download a MovieLens dataset from GroupLens")
    fetch.set_defaults(command=_fetch)
    fetch.add_argument("dataset", choices=MOVIELENS)

    simulate = commands.add_parser("simulate", help="write simulated data of a dataset's size")
    simulate.set_defaults(command=_simulate)
    simulate.add_argument("--like", choices=MOVIELENS, required=True, help="whose size to take")
    simulate.add_argument("--out", type=Path, required=True, help="folder to write")
    simulate.add_argument("--seed", type=int, default=0)
    return parser


def _add_assignments(command: argparse.ArgumentParser, text: str) -> None:
    command.add_argument("-p", metavar="NAME=VALUE", action="append", default=[], help=text)


def _run(args: argparse.Namespace) -> None:
    from movierec.runs.plan import plan_run
    from movierec.runs.runner import run_stages

    plan = plan_run(args.dataset, args.run, args.preset, args.p, args.first, args.last)
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


def _tune(args: argparse.Namespace) -> int:
    import matplotlib as mpl

    from movierec.plots.theme import set_theme
    from movierec.runs.reports import render_page
    from movierec.tuning import report, search

    protocol = [f"protocol={args.protocol}"] if args.protocol else []
    task = search.load_task(args.dataset, args.model, args.preset, args.p + protocol)
    run = paths.RunPaths(args.run or task.run_name)
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


def _compare(args: argparse.Namespace) -> None:
    from movierec.evaluation import comparison
    from movierec.evaluation.statistics import INTERVALS
    from movierec.runs import reports

    runs = [paths.RunPaths(name) for name in dict.fromkeys(args.runs)]
    metrics, protocols = comparison.read_metrics(runs)
    tables = {}
    if comparison.poolable(metrics, protocols, args.metric):
        heading = f"hybrid minus others, {args.metric}, mean over {len(runs)} splits"
        gains = comparison.pooled_differences(runs, args.metric)
        tables[heading] = gains.round(4).rename_axis(index=None)
    if args.model:
        metrics = comparison.only_models(metrics, args.model)
    print(comparison.side_by_side(metrics, args.metric).to_string())
    for heading, table in tables.items():
        print(f"\n{heading}\n{table.to_string()}")
    if not tables and (differing := comparison.differing(protocols)):
        print(f"not on the same test split: the runs differ in {', '.join(differing)}")
    print(INTERVALS)
    tables |= comparison.report_tables(metrics, protocols, args.metric)
    folder = args.out or paths.reports()
    with paths.atomic_write(folder / "comparison.csv") as draft:
        metrics.to_csv(draft, index=False)
    title = "Comparison of " + ", ".join(protocols.index)
    sections = {heading: [table] for heading, table in tables.items()}
    sections["Intervals"] = [INTERVALS]
    print(f"report: {reports.render_page(folder / 'comparison.html', title, sections)}")
    print(f"table:  {folder / 'comparison.csv'}")


def _recommend(args: argparse.Namespace) -> None:
    from movierec.serving import answers, bundle, title_search
    from movierec.stages import artifact

    recommender = bundle.load_model(artifact(paths.RunPaths(args.run), "model.pkl"))
    if args.rate:
        resolved = title_search.resolve_ratings(recommender, args.rate)
        title_search.refuse_unmatched(resolved)
        asked = title_search.user_history(resolved)
        found = recommender.recommend_for(asked, args.n)
        for typed, title, stars in resolved[["typed", TITLE, RATING]].to_numpy():
            print(f'"{typed}" is {title}: {stars:g} of 5 stars')
    else:
        asked = args.user
        found = recommender.recommend(asked, args.n)
        rated = recommender.rated(asked)
        print(f"user {asked} rated {len(rated)} movies; best: {'; '.join(rated[TITLE][:3])}")
    print(f"\n{answers.as_text(answers.readable(found))}")
    if args.why and len(found):
        first = found.iloc[0]
        reasons = answers.strongest_contributions(recommender.explain(asked, first[MOVIE]))
        print(f"\nWhy {first[TITLE]}?\n{answers.as_text(reasons)}")


def _similar(args: argparse.Namespace) -> None:
    from movierec.serving import answers, bundle, title_search
    from movierec.stages import artifact

    recommender = bundle.load_model(artifact(paths.RunPaths(args.run), "model.pkl"))
    resolved = title_search.resolve_titles(recommender, [args.title])
    title_search.refuse_unmatched(resolved)
    taken = resolved.iloc[0]
    found = recommender.similar(taken[MOVIE], args.n, args.cf_weight)
    print(f'"{args.title}" is {taken[TITLE]}')
    print(f"\n{answers.as_text(answers.readable(found))}")


def _fetch(args: argparse.Namespace) -> None:
    from movierec.data.download import fetch

    print(f"{args.dataset} is in {fetch(args.dataset)}")


def _simulate(args: argparse.Namespace) -> None:
    from movierec.simulation.simulator import Shape, simulate

    if args.out.exists() and any(args.out.iterdir()):
        raise ValueError(f"{args.out} is not empty; name a new folder")
    simulate(args.out, Shape.like(args.like), args.seed, progress=sys.stderr.isatty())
    print(f"simulated ratings like {args.like} are in {args.out}")
