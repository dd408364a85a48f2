"""The command `compare`."""

import argparse
from pathlib import Path

from movierec import paths
from movierec.cli.options import Commands


def add(commands: Commands) -> None:
    compare = commands.add_parser("compare", help="compare the metrics of several runs")
    compare.set_defaults(command=_compare)
    compare.add_argument("runs", metavar="RUN", nargs="+", help="name of a run that was evaluated")
    compare.add_argument("--metric", default="ndcg@10", help="as in metrics.json [ndcg@10]")
    compare.add_argument("--model", action="append", help="only this; may be repeated [all]")
    compare.add_argument("--out", type=Path, help="folder for comparison.csv and .html [reports]")


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
