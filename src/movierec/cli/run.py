"""The command `run`."""

import argparse
import sys
from typing import TYPE_CHECKING

from movierec.cli.options import Commands, add_assignments
from movierec.data.movielens import NAMES

if TYPE_CHECKING:
    from movierec.runs.plan import Plan


def add(commands: Commands) -> None:
    run = commands.add_parser("run", help="run the notebooks, leave reports and the model pickle")
    run.set_defaults(command=_run)
    run.add_argument("--dataset", help=f"{', '.join(NAMES)}, or a folder [sample; --from: kept]")
    run.add_argument("--run", help="name under artifacts/ and reports/ [the dataset's name]")
    run.add_argument("--preset", help="tuned, original, start or TOML file [tuned; --from: kept]")
    add_assignments(run, "set a parameter of the notebooks; may be repeated")
    run.add_argument("--from", dest="first", metavar="STAGE", help="first stage, as 03 [01_eda]")
    run.add_argument("--to", dest="last", metavar="STAGE", help="last stage [06_recommend]")
    run.add_argument("--force", action="store_true", help="run stages that need not run too")
    run.add_argument("--why", action="store_true", help="only say what would run, and why")


def _run(args: argparse.Namespace) -> None:
    from movierec.runs.plan import plan_run
    from movierec.runs.runner import run_stages

    plan = plan_run(args.dataset, args.run, args.preset, args.p, args.first, args.last, args.force)
    if args.why:
        _why(plan)
        return
    try:
        for result in run_stages(plan, lambda stage: print(f"{stage:<22}", end="", flush=True)):
            if result.failure:
                print("failed (optional stage; the run continues)")
                report = plan.run.report(result.stage)
                print(f"{result.stage}: {result.failure}\nreport: {report}", file=sys.stderr)
            elif result.unchanged:
                print("unchanged")
            else:
                print(f"{result.seconds:7.1f} s {result.peak_memory / 1e6:8,.0f} MB")
    except BaseException as error:
        print("interrupted" if isinstance(error, KeyboardInterrupt) else "failed")
        raise
    print(f"report: {plan.run.index}")
    model = plan.run.artifacts / "model.pkl"
    if model.exists() and max(stage.number for stage in plan.steps) >= "04":
        print(f"model:  {model}")


def _why(plan: "Plan") -> None:
    from movierec.runs.runner import why

    for stage, reasons in why(plan).items():
        print(f"{stage:<22}{'; '.join(reasons) or 'unchanged'}")
