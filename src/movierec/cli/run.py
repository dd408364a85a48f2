"""The command `run`."""

import argparse
import os
import sys
from typing import TYPE_CHECKING

from movierec.cli.options import Commands, add_assignments
from movierec.cli.terminal import StageLine
from movierec.data.movielens import NAMES

if TYPE_CHECKING:
    from movierec.runs.plan import Plan
    from movierec.runs.runner import StageResult


def add(commands: Commands) -> None:
    run = commands.add_parser("run", help="run the notebooks, leave reports and the model pickle")
    run.set_defaults(command=_run)
    run.add_argument("--dataset", help=f"{', '.join(NAMES)}, or a folder [sample; --from: kept]")
    run.add_argument("--run", help="name under artifacts/ and reports/ [the dataset's name]")
    run.add_argument("--preset", help="tuned, original, start or TOML file [tuned; --from: kept]")
    run.add_argument("--engine", help="short for -p engine=ENGINE: local or spark [local]")
    run.add_argument("--master", help="Spark's cluster [$SPARK_MASTER, else local[2]]")
    add_assignments(run, "set a parameter of the notebooks; may be repeated")
    run.add_argument("--from", dest="first", metavar="STAGE", help="first stage, as 03 [01_eda]")
    run.add_argument("--to", dest="last", metavar="STAGE", help="last stage [06_recommend]")
    run.add_argument("--force", action="store_true", help="run stages that need not run too")
    run.add_argument("--why", action="store_true", help="only say what would run, and why")


def _run(args: argparse.Namespace) -> int:
    from movierec import locks
    from movierec.runs.checks import check_plan
    from movierec.runs.listing import changed_settings, settings_text
    from movierec.runs.log import RunLog
    from movierec.runs.plan import plan_run
    from movierec.runs.runner import run_stages

    if args.master:
        os.environ["SPARK_MASTER"] = args.master
    told = args.p + ([f"engine={args.engine}"] if args.engine else [])
    plan = plan_run(args.dataset, args.run, args.preset, told, args.first, args.last, args.force)
    if args.why:
        _why(plan)
        return 0
    check_plan(plan)
    line = StageLine(live=sys.stdout.isatty())
    with locks.whole_run(plan.run), RunLog(plan.run, line.show).open() as log:
        told = {stage.name: values.model_dump() for stage, values in plan.steps.items()}
        settings = settings_text(changed_settings(told)) or "the defaults"
        log.note(f"began {', '.join(told)} with {settings}")

        def announce(stage: str) -> None:
            log.note(f"{stage} began")
            line.begin(stage)

        try:
            for result in run_stages(plan, announce):
                line.end(_went(result))
                log.note(f"{result.stage} {' '.join(_went(result).split())}")
                for why in result.unshown:
                    print(f"{result.stage}: a section cannot be shown: {why}", file=sys.stderr)
                    log.note(f"{result.stage}: a section cannot be shown: {why}")
                if result.failure:
                    report = plan.run.report(result.stage)
                    print(f"{result.stage}: {result.failure}\nreport: {report}", file=sys.stderr)
                    log.note(f"{result.stage}: {result.failure}")
        except BaseException as error:
            how = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
            line.end(how)
            log.note(f"{how}: {error}" if str(error) else how)
            if how == "failed":
                raise
            print("the same command goes on where this run stood", file=sys.stderr)
            return 130
        log.note("ended")
    print(f"report: {plan.run.index}")
    model = plan.run.artifacts / "model.pkl"
    if model.exists() and max(stage.number for stage in plan.steps) >= "04":
        print(f"model:  {model}")
    return 0


def _why(plan: "Plan") -> None:
    from movierec.runs.runner import why

    for stage, reasons in why(plan).items():
        print(f"{stage:<22}{'; '.join(reasons) or 'unchanged'}")


def _went(result: "StageResult") -> str:
    if result.failure:
        return "failed (optional stage; the run continues)"
    if result.unchanged:
        return "unchanged"
    return f"{result.seconds:7.1f} s {result.peak_memory / 1e6:8,.0f} MB"
