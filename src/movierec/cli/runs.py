"""The command `runs`."""

import argparse

from movierec.cli.options import Commands


def add(commands: Commands) -> None:
    runs = commands.add_parser("runs", help="list runs: dataset, settings, result, state, size")
    runs.set_defaults(command=_runs)
    runs.add_argument("--metric", default="ndcg@10", help="as in metrics.json [ndcg@10]")


def _runs(args: argparse.Namespace) -> None:
    from movierec.runs import listing

    found = listing.list_runs(args.metric)
    if not found:
        print("there are no runs yet: python -m movierec run")
        return
    rows = [("run", "began", "dataset", "protocol", args.metric, "state", "size", "settings")]
    rows += [
        (
            run.name,
            f"{run.date.astimezone():%Y-%m-%d %H:%M}" if run.date else "",
            run.dataset,
            run.protocol,
            run.headline,
            run.state,
            listing.size_text(run.size),
            listing.settings_text(run.changed, most=4),
        )
        for run in found
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
    for run in found:
        if run.reason:
            print(f"{run.name}: {run.reason}")
