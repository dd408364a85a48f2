"""The command line: python -m movierec run | compare | fetch | simulate."""

import argparse
import sys
from pathlib import Path

from movierec.data.registry import MOVIELENS, NAMES, SAMPLE


def main(arguments: list[str] | None = None) -> int:
    """Parse and obey; return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    except (ValueError, OSError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m movierec")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="run the notebooks, leave reports and the model pickle")
    run.add_argument(
        "--dataset",
        help=f"one of {', '.join(NAMES)}, or a folder [sample, or with --from what the run had]",
    )
    run.add_argument("--run", help="name under artifacts/ and reports/ [the dataset's name]")
    run.add_argument(
        "--preset", help="tuned, original or a TOML file [tuned, or with --from what the run had]"
    )
    run.add_argument(
        "-p",
        dest="assignments",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="set a parameter of the notebooks; may be repeated",
    )
    run.add_argument(
        "--from", dest="first", metavar="STAGE", help="first stage, as 03_als_training or 03"
    )
    run.add_argument("--to", dest="last", metavar="STAGE", help="last stage")
    run.set_defaults(command=_run)

    compare = commands.add_parser("compare", help="hold the metrics of several runs side by side")
    compare.add_argument("runs", metavar="RUN", nargs="+", help="name of a run that was evaluated")
    compare.add_argument("--metric", default="ndcg@10", help="as in metrics.json [ndcg@10]")
    compare.add_argument(
        "--model", action="append", help="only this model; may be repeated [all of them]"
    )
    compare.add_argument("--out", type=Path, help="folder for comparison.csv and .html [reports]")
    compare.set_defaults(command=_compare)

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


def _run(options: argparse.Namespace) -> int:
    from movierec import parameters, pipeline, report
    from movierec.data.datasets import locate
    from movierec.paths import RunPaths

    stages = pipeline.stage_range(options.first, options.last)
    known = pipeline.stage_parameters()
    preset = parameters.read_preset(options.preset or "tuned", known)
    given = parameters.parse_assignments(options.assignments, pipeline.stage_parameters(stages))
    for name in ("dataset", "run"):
        if name in given:
            raise parameters.ParameterError(f"give --{name}, not -p {name}=...")
    run = RunPaths(options.run or locate(options.dataset or SAMPLE).name)
    # A run taken up again goes on with what it was told, unless it is told otherwise.
    recorded = pipeline.recorded_parameters(run) if options.first else {}
    values = recorded | preset if options.preset else preset | recorded
    values |= given
    dataset = options.dataset or recorded.get("dataset", SAMPLE)
    folder = locate(dataset)
    values["dataset"] = dataset if dataset in NAMES else str(folder)
    values["run"] = run.name

    results = pipeline.run_stages(stages, run, values)
    for stage in stages:
        print(f"{stage:<22}", end="", flush=True)
        try:
            result = next(results)
        except BaseException as error:
            print("interrupted" if isinstance(error, KeyboardInterrupt) else "failed")
            if run.notebook(stage).exists():
                report.render_run(run)
            if isinstance(error, pipeline.StageFailed):
                print(f"error: {stage}: {error}\nreport: {run.report(stage)}", file=sys.stderr)
                return 1
            raise
        report.render_stage(run, stage)
        print(f"{result.seconds:7.1f} s {result.peak_memory / 1e6:8,.0f} MB")
    print(f"report: {report.render_run(run)}")
    if stages[-1] >= "04" and run.artifacts.joinpath("model.pkl").exists():
        print(f"model:  {run.input('model.pkl')}")
    return 0


def _compare(options: argparse.Namespace) -> int:
    from movierec import paths, report
    from movierec.evaluation import runs
    from movierec.paths import RunPaths, replacing

    metrics, protocols = runs.read_metrics(RunPaths(name) for name in dict.fromkeys(options.runs))
    if options.model:
        metrics = runs.only_models(metrics, options.model)
    shown = runs.side_by_side(metrics, options.metric)
    print(shown.to_string())
    if differing := runs.differing(protocols):
        print(f"not on the same test part: the runs differ in {', '.join(differing)}")
    folder = options.out or paths.reports()
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / "comparison.csv") as draft:
        metrics.to_csv(draft, index=False)
    length = options.metric.partition("@")[2]
    others = [name for name in metrics["metric"].unique() if name.endswith(f"@{length}")]
    hashes = protocols.columns[protocols.columns.str.startswith("sha256")]
    tables = {"On what": protocols.drop(columns=hashes).T} | {
        metric: runs.side_by_side(metrics, metric)
        for metric in dict.fromkeys([options.metric, *others])
    }
    title = "Comparison of " + ", ".join(protocols.index)
    print(f"report: {report.render_tables(folder / 'comparison.html', title, tables)}")
    print(f"table:  {folder / 'comparison.csv'}")
    return 0


def _fetch(options: argparse.Namespace) -> int:
    from movierec.data.download import fetch

    print(f"{options.dataset} is in {fetch(options.dataset)}")
    return 0


def _simulate(options: argparse.Namespace) -> int:
    from movierec.data.simulation import Shape, simulate

    if options.out.exists() and any(options.out.iterdir()):
        raise ValueError(f"{options.out} is not empty; name a new folder")
    simulate(options.out, Shape.like(options.like), options.seed, progress=sys.stderr.isatty())
    print(f"simulated ratings like {options.like} are in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
