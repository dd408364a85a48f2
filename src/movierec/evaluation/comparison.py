"""Several runs' metrics in one table."""

import json
from collections.abc import Iterable

import pandas as pd

from movierec.data.columns import USER
from movierec.evaluation.evaluate import K
from movierec.evaluation.summary import differences
from movierec.models.registry import TARGET
from movierec.paths import RunPaths


def read_metrics(runs: Iterable[RunPaths]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Metrics and protocols of some runs.

    The first frame has a row a run, model and metric, columns mean, low, high (nan where a
    metric has no interval); the second a row a run, and what it was evaluated on.
    Raises MissingArtifact for a run that was not evaluated, ValueError for a file that is no
    metrics.json of this project.
    """
    rows, protocols = [], {}
    for run in runs:
        path = run.input("metrics.json")
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
    metrics = pd.DataFrame(rows, columns=["run", "model", "metric", "mean", "low", "high"])
    numbers = {"mean": float, "low": float, "high": float}
    return metrics.astype(numbers), pd.DataFrame(protocols).T.rename_axis("run")


def differing(protocols: pd.DataFrame) -> list[str]:
    """In what the runs' protocols are not the same: names of columns."""
    return [name for name, column in protocols.items() if len(set(map(str, column))) > 1]


def pooled_differences(
    runs: Iterable[RunPaths], metric: str, chosen: str = TARGET, seed: int = 0
) -> pd.DataFrame:
    """The chosen model minus every other, as in `summary.differences`, over several splits.

    A user's value is their mean over the runs in which they have one, so that splits by other
    seeds count as more knowledge of the same users and not as more users. metric: as in
    metrics.json, such as "ndcg@10"; models that some run lacks are left out.
    """
    frames = []
    for run in runs:
        per_user = pd.read_parquet(run.input("per_user.parquet")).set_index(USER)
        columns = [name for name in per_user if name.endswith(f" {metric}")]
        frames.append(per_user[columns])
    means = pd.concat(frames, join="inner").groupby(level=0).mean()
    models = [name.removesuffix(f" {metric}") for name in means]
    means.columns = pd.MultiIndex.from_product(
        [models, [metric], [K]], names=["model", "metric", "k"]
    )
    return differences(means.astype(float), chosen, metric, K, seed)


def only_seeds_differ(protocols: pd.DataFrame) -> bool:
    """Whether several runs asked the same of the same ratings, but for the draw."""
    drawn = {"seed", "test_users", "test_ratings"}
    if (protocols.get("selection.ratings_fraction", pd.Series(dtype=float)) == 1).all():
        drawn.add("selection.seed")  # nothing was drawn with it
    return len(protocols) > 1 and set(differing(protocols)) <= drawn


def only_models(metrics: pd.DataFrame, models: Iterable[str]) -> pd.DataFrame:
    """The rows of some models. Raises ValueError for one that no run has."""
    if unknown := set(models) - set(metrics["model"]):
        names = ", ".join(metrics["model"].unique())
        raise ValueError(f"no run has a model {', '.join(sorted(unknown))}; there are {names}")
    return metrics[metrics["model"].isin(models)]


def side_by_side(metrics: pd.DataFrame, metric: str) -> pd.DataFrame:
    """One metric as text "mean [low, high]": a row a model, best first, and a column a run.

    The mean of several runs stands last, for models that all have. Where there are more runs
    than models the table is turned, so that it is long and not wide. Raises
    ValueError for a metric that no run has, naming those there are.
    """
    chosen = metrics[metrics["metric"] == metric]
    if chosen.empty:
        names = ", ".join(metrics["metric"].unique())
        raise ValueError(f"no run has a metric {metric!r}; there are {names}")
    runs = chosen["run"].unique()
    text = chosen["mean"].map("{:.4f}".format)
    bounded = chosen["low"].notna()
    text = text.where(
        ~bounded,
        text + chosen["low"].map(" [{:.4f}, ".format) + chosen["high"].map("{:.4f}]".format),
    )
    table = chosen.assign(text=text).pivot(index="model", columns="run", values="text")
    best = chosen.groupby("model")["mean"].max().sort_values(ascending=False).index
    table = table.loc[best, runs].fillna("").rename_axis(index=None, columns=None)
    if len(runs) > 1:
        by_model = chosen.groupby("model")["mean"]
        means = by_model.mean()[by_model.size() == len(runs)]
        table["mean"] = means.map("{:.4f}".format).reindex(table.index).fillna("")
    return table if len(table) >= table.shape[1] else table.T
