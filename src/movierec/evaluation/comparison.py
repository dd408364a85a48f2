"""Configurations of one question compared: paired by user, and model by model."""

from collections.abc import Sequence

import pandas as pd

from movierec.evaluation.evaluated import Configuration, Settings
from movierec.evaluation.summary import differences

_DIFFERENCE = ["mean", "low", "high", "p", "better", "worse"]


def differing(described: Sequence[Settings]) -> dict[str, list]:
    """What some descriptions differ in: by name, the value of each.

    A name that not all have, since an older version did not write it, is no difference.
    """
    known = set.intersection(*map(set, described))
    values = {name: [one[name] for one in described] for name in described[0] if name in known}
    return {name: found for name, found in values.items() if len(set(map(str, found))) > 1}


def differing_text(differing: dict[str, list]) -> str:
    """As "factors 64 / 16, alpha 1 / 2"; hashes are shortened."""
    width = {name: 8 if name.startswith("sha256") else None for name in differing}
    texts = {
        name: [str(one)[: width[name]] for one in values] for name, values in differing.items()
    }
    return ", ".join(f"{name} {' / '.join(values)}" for name, values in texts.items())


def compare(
    configurations: Sequence[Configuration],
    metric: str,
    model: str | None = None,
    against: str | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Configurations of one question, best first, each minus one of them, paired by user.

    model    whose values; None for each configuration's target
    against  a run of the configuration that is subtracted; None for the best one

    A row per configuration, index its label: model; mean, low, high of the metric; and of the
    difference mean, low, high, p, better and worse (see `summary.differences`), their names
    beginning with "difference ". Those are NaN for the configuration that is subtracted, for
    a metric without values by user, and where no split is common to all; else only common splits
    count. Configurations without the model are left out.
    Raises ValueError for a metric or model that none has, and for an `against` that is none.
    """
    _require_metric(configurations, metric)
    _require_models(configurations, [model] if model else [])
    having = [one for one in configurations if one.has(metric)]
    having = [one for one in having if (model or one.target) in one.models]
    if splits := set.intersection(*(one.splits for one in having)):
        having = [one.on(splits) for one in having]
    models = {one.label: model or one.target for one in having}
    own = {one.label: one.values(metric).loc[models[one.label]] for one in having}
    table = pd.DataFrame(own).T.sort_values("mean", ascending=False, kind="stable")
    table.insert(0, "model", models)
    reference = _label_of(having, against) if against else table.index[0]
    columns = pd.DataFrame(index=table.index, columns=_DIFFERENCE, dtype=float)
    if splits and len(having) > 1 and all(one.has_per_user(metric) for one in having):
        users = {one.label: one.per_user(metric)[models[one.label]] for one in having}
        splits_out = {one.label: one.without_splits(metric) for one in having}
        means = {
            label: found[models[label]] for label, found in splits_out.items() if found is not None
        }
        left_out = pd.DataFrame(means) if len(means) == len(having) else None
        found = differences(pd.DataFrame(users)[table.index], reference, seed, left_out)
        # Of the reference minus the others; turned round, a gain is above 0.
        turned = {"mean": 0 - found["mean"], "low": 0 - found["high"], "high": 0 - found["low"]}
        turned |= {"p": found["p"], "better": found["worse"], "worse": found["better"]}
        columns.update(pd.DataFrame(turned))
    return table.join(columns.add_prefix("difference "))


def model_table(
    configurations: Sequence[Configuration], metric: str, models: Sequence[str] = ()
) -> pd.DataFrame:
    """One metric as text "mean [low, high]": a row per model, best first, a column per label.

    models: those to show; none for all. With more configurations than models the table is
    transposed. Raises ValueError for a metric or model that no run has.
    """
    _require_metric(configurations, metric)
    _require_models(configurations, models)
    values = {one.label: one.values(metric) for one in configurations}
    means = pd.DataFrame({label: found["mean"] for label, found in values.items()})
    table = pd.DataFrame({label: interval_text(found) for label, found in values.items()})
    best_first = means.max(axis=1).sort_values(ascending=False, kind="stable").index
    shown = [name for name in best_first if name in (models or best_first)]
    table = table.loc[shown].fillna("").rename_axis(index=None)
    return table if len(table) >= table.shape[1] else table.T


def interval_text(values: pd.DataFrame) -> pd.Series:
    """Text "0.4160 [0.4010, 0.4310]" from columns mean, low, high; NaN bounds are left out."""
    bounds = values["low"].map(" [{:.4f}, ".format) + values["high"].map("{:.4f}]".format)
    return values["mean"].map("{:.4f}".format) + bounds.mask(values["low"].isna(), "")


def long_table(questions: Sequence[Sequence[Configuration]]) -> pd.DataFrame:
    """All metrics of all runs: question (from 1), configuration, run, and those of a run."""
    frames = [
        run.metrics.assign(question=number, configuration=one.label, run=run.paths.name)
        for number, configurations in enumerate(questions, start=1)
        for one in configurations
        for run in one.runs
    ]
    first = ["question", "configuration", "run"]
    return pd.concat(frames)[[*first, *frames[0].columns.drop(first)]]


def _label_of(configurations: Sequence[Configuration], run: str) -> str:
    for one in configurations:
        if run in (one.label, *(each.paths.name for each in one.runs)):
            return one.label
    names = ", ".join(each.paths.name for one in configurations for each in one.runs)
    raise ValueError(f"{run} is none of the runs that are compared: {names}")


def _require_metric(configurations: Sequence[Configuration], metric: str) -> None:
    tables = [run.metrics["metric"] for one in configurations for run in one.runs]
    names = pd.concat(tables).unique()
    if metric not in names:
        raise ValueError(f"no run has a metric {metric!r}; there are {', '.join(names)}")


def _require_models(configurations: Sequence[Configuration], models: Sequence[str]) -> None:
    names = dict.fromkeys(name for one in configurations for name in one.models)
    for model in models:
        if model not in names:
            raise ValueError(f"no run has a model {model!r}; there are {', '.join(names)}")
