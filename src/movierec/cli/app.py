"""The command `app`."""

import argparse
import sys

from movierec import paths
from movierec.cli.options import Commands
from movierec.data.movielens import SAMPLE


def add(commands: Commands) -> None:
    app = commands.add_parser("app", help="serve an app in the browser that asks a run's model")
    app.set_defaults(command=_app)
    app.add_argument("--run", default=SAMPLE, help="whose model [sample, made if it is missing]")
    app.add_argument("--port", type=int, default=8501, help="port to serve at [8501]")
    app.add_argument("--address", default="127.0.0.1", help="address to serve at [127.0.0.1]")


def _app(args: argparse.Namespace) -> int:
    from movierec.app import launch
    from movierec.stages import artifact

    launch.command(args.address, args.port)  # refused before a model is made
    run = paths.RunPaths(args.run)
    if args.run == SAMPLE and not (run.artifacts / "manifest.json").exists():
        _make_sample()
    if not (run.artifacts / "model.pkl").exists():
        artifact(run, "model.pkl")  # says what to do
    return launch.serve(args.run, args.address, args.port)


def _make_sample() -> None:
    """Run the stages up to the evaluation on the embedded sample."""
    from movierec.runs.plan import plan_run
    from movierec.runs.runner import run_stages

    print("The sample has no model yet; it is being made:", file=sys.stderr)
    plan = plan_run(SAMPLE, None, None, [], None, "05")
    for result in run_stages(plan, lambda stage: print(f"{stage} ...", file=sys.stderr)):
        if result.failure:
            raise RuntimeError(f"{result.stage}: {result.failure}")
