"""Time and memory of every stage as the data grow, to MovieLens-32M's size and its whole catalogue.

    python tests/benchmarks/growth.py

Runs the pipeline on a hundredth, a tenth and all of the users, all movies and all ratings kept,
all users evaluated, and draws reports/growth.png. Files and runs lie under data/benchmark.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import bench
import matplotlib.pyplot as plt
import pandas as pd

from movierec import paths
from movierec.plots.theme import set_theme
from movierec.simulation import simulator as simulation

PARTS = (100, 10, 1)


def files_of(part: int) -> Path:
    """Simulated files with one in `part` of the users, of their ratings and of their tags."""
    if part == 1:
        return bench.FILES
    folder = bench.HOME / f"ml-32m-like-{part}"
    if not (folder / simulation.RECORD).exists():
        full = simulation.Shape.like("ml-32m")
        fewer = {name: getattr(full, name) // part for name in ("users", "ratings", "tags")}
        simulation.simulate(folder, replace(full, **fewer))
    return folder


def measured(part: int) -> pd.DataFrame:
    """Seconds and GB of every stage; of all ratings as bench.py last measured them, if it did."""
    known = json.loads(bench.RESULTS.read_text())["jobs"] if bench.RESULTS.exists() else {}
    if part == 1 and "catalogue" in known:
        stages = known["catalogue"]["turns"]["ours"][0]
    else:
        stages = bench.pipeline(f"growth-{part}", *bench.CATALOGUE, files=str(files_of(part)))
    table = pd.DataFrame(stages["stages"], index=["s", "GB"]).T.rename_axis("stage")
    return table / [1, 1e3]


def draw(table: pd.DataFrame) -> None:
    """Seconds and GB against ratings, a line a stage, and how steep proportional growth is."""
    set_theme()
    figure, axes = plt.subplots(1, 2, figsize=(10.0, 4.4))
    for column, ax in zip(("s", "GB"), axes, strict=True):
        by_stage = table[column].unstack("ratings")
        for stage, values in by_stage.iterrows():
            ax.plot(values.index, values, "o-", label=stage[:2] + " " + stage[3:].replace("_", " "))
        sizes, highest = by_stage.columns.to_numpy(), by_stage.iloc[:, -1].max()
        ax.plot(sizes, highest * sizes / sizes[-1], "--", color="0.6", lw=1, label="in proportion")
        ax.set(xscale="log", yscale="log", xlabel="ratings")
        ax.yaxis.set_major_formatter("{x:g}")
    axes[0].set(title="Time of each stage", ylabel="seconds")
    axes[1].set(title="Memory of each stage", ylabel="GB held at most")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    figure.savefig(paths.reports() / "growth.png", dpi=150, bbox_inches="tight")


def steepness(table: pd.DataFrame) -> pd.DataFrame:
    """By how many times each stage grows while the ratings grow tenfold, step by step."""
    wide = table["s"].unstack("ratings")
    return wide / wide.shift(axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", type=int, nargs="+", default=PARTS, help="one in so many")
    asked = parser.parse_args()
    bench.prepare()
    found = {}
    for part in asked.parts:
        ratings = simulation.Shape.like("ml-32m").ratings // part
        found[ratings] = measured(part)
        print(f"{ratings:,} ratings\n{found[ratings].to_string()}", flush=True)
    table = pd.concat(found, names=["ratings"])
    draw(table)
    print(f"times slower at ten times the ratings\n{steepness(table).round(1).to_string()}")
    minutes = table["s"].groupby("ratings").sum() / 60
    print(f"minutes of all stages\n{minutes.round(1).to_string()}")


if __name__ == "__main__":
    main()
