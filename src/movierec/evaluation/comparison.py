"""Metrics of several runs in one table."""

import json
from collections.abc import Iterable

import pandas as pd

from movierec.data.columns import USER
from movierec.evaluation.summary import differences
from movierec.models.registry import TARGET
from movierec.paths import RunPaths
from movierec.stages import artifact


def read_metrics(runs: Iterable[RunPaths]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Metrics and protocols of some runs.

    The first frame is a long table, columns run, model, metric (such as "ndcg@10"), mean, low,
    high, NaN where a metric has no interval; the second has a row per run.
    Raises MissingArtifact for a run without an evaluation, ValueError for a malformed
    metrics.json.
    """
    rows, protocols = [], {}
    for run in runs:
        path = artifact(run, "metrics.json")
        try:
            document = json.loads(path.read_text())
            protocols[run.name] = pd.json_normalize(dict(document["protocol"])).iloc[0]
            for model, metrics in document["models"].items():
                for metric, found in metrics.items():
                    low, high = found.get("ci95", (None, None))
                    mean = found["mean"] if "mean" in found else found["value"]
                    rows.append((run.name, model, metric, mean, low, high))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"{path} is not what stage 05_evaluation writes ({error!r}): run it again"
            ) from error
    table = pd.DataFrame(rows, columns=["run", "model", "metric", "mean", "low", "high"])
    numbers = dict.fromkeys(["mean", "low", "high"], float)
    return table.astype(numbers), pd.DataFrame(protocols).T.rename_axis("run")


def differing(protocols: pd.DataFrame) -> list[str]:
    """Names of the columns in which the runs' protocols differ."""
    return [name for name, column in protocols.items() if len(set(map(str, column))) > 1]


def poolable(metrics: pd.DataFrame, protocols: pd.DataFrame, metric: str) -> bool:
    """Whether several runs differ in their seed alone and have per-user values of TARGET."""
    drawn = {"seed", "test_users", "test_ratings"}
    if (protocols.get("selection.ratings_fraction", pd.Series(0.0)) == 1).all():
        drawn.add("selection.seed")  # nothing was drawn with it
    rows = metrics[(metrics["model"] == TARGET) & (metrics["metric"] == metric)]
    per_user = rows["low"].notna().sum() == len(protocols) > 1
    return per_user and drawn.issuperset(differing(protocols))


def pooled_differences(
    runs: Iterable[RunPaths], metric: str, target: str = TARGET, seed: int = 0
) -> pd.DataFrame:
    """The target model minus every other (see `summary.differences`), over several splits.

    A user's value is the mean over the runs that have one: more seeds are more knowledge about
    the same users, not more users. Models that a run lacks are left out.
    metric: a column of per_user.parquet, such as "ndcg@10".
    """
    columns = [USER, "model", metric]
    frames = [pd.read_parquet(artifact(run, "per_user.parquet"), columns=columns) for run in runs]
    wide = [frame.pivot(index=USER, columns="model", values=metric) for frame in frames]
    means = pd.concat(wide, join="inner").groupby(level=0).mean()
    return differences(means.astype(float), target, seed)


def only_models(metrics: pd.DataFrame, models: Iterable[str]) -> pd.DataFrame:
    """The rows of some models. Raises ValueError for one that no run has."""
    if unknown := set(models) - set(metrics["model"]):
        names = ", ".join(metrics["model"].unique())
        raise ValueError(f"no run has a model {', '.join(sorted(unknown))}; there are {names}")
    return metrics[metrics["model"].isin(models)]


def side_by_side(metrics: pd.DataFrame, metric: str) -> pd.DataFrame:
    """One metric as text "mean [low, high]": a row per model, best first, and a column per run.

    The last column is the mean over several runs, for models that all of them have. With more
    runs than models the table is transposed. Raises ValueError for a metric that no run has.
    """
    rows = metrics[metrics["metric"] == metric]
    if rows.empty:
        names = ", ".join(metrics["metric"].unique())
        raise ValueError(f"no run has a metric {metric!r}; there are {names}")
    bounds = rows["low"].map(" [{:.4f}, ".format) + rows["high"].map("{:.4f}]".format)
    text = rows["mean"].map("{:.4f}".format) + bounds.mask(rows["low"].isna(), "")
    runs, models = rows["run"].unique(), rows.groupby("model")["mean"]
    table = rows.assign(text=text).pivot(index="model", columns="run", values="text")[runs]
    if len(runs) > 1:
        table["mean"] = models.mean()[models.size() == len(runs)].map("{:.4f}".format)
    best_first = models.max().sort_values(ascending=False).index
    table = table.loc[best_first].fillna("").rename_axis(index=None, columns=None)
    return table if len(table) >= table.shape[1] else table.T


def report_tables(
    metrics: pd.DataFrame, protocols: pd.DataFrame, metric: str
) -> dict[str, pd.DataFrame]:
    """By heading: the runs' protocols, and all metrics at the cutoff of one, that one first."""
    cutoff = metric[metric.index("@") :]
    others = [name for name in metrics["metric"].unique() if name.endswith(cutoff)]
    hashes = protocols.columns[protocols.columns.str.startswith("sha256")]
    return {"Protocols": protocols.drop(columns=hashes).T} | {
        name: side_by_side(metrics, name) for name in dict.fromkeys([metric, *others])
    }
