"""What a comparison of runs says, in a terminal and on a page."""

from collections.abc import Iterable, Sequence

import pandas as pd
from matplotlib.axes import Axes

from movierec.evaluation import comparison
from movierec.evaluation.comparison import differing, differing_text, interval_text
from movierec.evaluation.evaluated import Configuration
from movierec.evaluation.statistics import INTERVALS
from movierec.evaluation.summary import differences
from movierec.paths import RunPaths
from movierec.plots.evaluation import paired_differences
from movierec.runs.listing import summarise_run

Sections = dict[str, list[str | pd.DataFrame | Axes]]

# Differing settings of more configurations than these are a table, not a sentence.
_IN_A_SENTENCE = 3


def sections(
    questions: Sequence[Sequence[Configuration]],
    metric: str,
    models: Sequence[str | None] = (None,),
    against: str | None = None,
) -> Sections:
    """By heading, what is to be said of each question; see `comparison.compare`."""
    found: Sections = {}
    several = len(questions) > 1
    if several:
        asked = [configurations[0].runs[0].question for configurations in questions]
        found["Different questions"] = [
            f"These runs answer {len(questions)} questions, which are shown apart since their"
            f" numbers cannot be compared: they differ in {differing_text(differing(asked))}."
        ]
    for number, configurations in enumerate(questions, start=1):
        prefix = f"Question {number}: " if several else ""
        found |= _of_question(configurations, metric, models, against, prefix)
    return found


def details(questions: Sequence[Sequence[Configuration]], metric: str) -> Sections:
    """By heading, every metric at the cutoff of one, and what was asked."""
    cutoff = metric[metric.index("@") :]
    found: Sections = {}
    for number, configurations in enumerate(questions, start=1):
        prefix = f"Question {number}: " if len(questions) > 1 else ""
        runs = [run for one in configurations for run in one.runs]
        names = pd.concat([run.metrics["metric"] for run in runs]).unique()
        for name in names:
            if name.endswith(cutoff) and name != metric:
                having = [one for one in configurations if one.has(name)]
                found[f"{prefix}{name}"] = [comparison.model_table(having, name)]
        protocols = pd.DataFrame({run.paths.name: run.protocol for run in runs})
        hashes = protocols.index.str.startswith("sha256")
        found[f"{prefix}Protocols"] = [protocols[~hashes]]
    return found


def about(runs: Iterable[RunPaths]) -> dict[str, object]:
    """What a page on some runs is about, as executed notebooks tell it of theirs."""
    found = [summarise_run(run) for run in runs]
    datasets = ", ".join(dict.fromkeys(one.dataset for one in found))
    return {
        "dataset": {"name": datasets, "simulated": any(one.simulated for one in found)},
        "protocol": ", ".join(dict.fromkeys(one.protocol for one in found)),
    }


def difference_table(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The table of `comparison.compare` as text."""
    reference = table.index[table["difference mean"].isna()]
    shown = pd.DataFrame(index=table.index.rename(None))
    if len(set(table["model"])) > 1:
        shown["model"] = table["model"]
    shown[metric] = interval_text(table)
    if len(reference) == 1:
        columns = table.filter(like="difference ")
        parts = columns.set_axis(columns.columns.str.removeprefix("difference "), axis=1)
        text = {
            f"minus {reference[0]}": parts["mean"].map("{:+.4f}".format)
            + parts["low"].map(" [{:+.4f}, ".format)
            + parts["high"].map("{:+.4f}]".format),
            "p": parts["p"].map("{:.2g}".format),
            "better": parts["better"].map("{:.0%}".format),
            "worse": parts["worse"].map("{:.0%}".format),
        }
        # The one that is subtracted has none of these.
        shown = shown.join(pd.DataFrame(text).mask(parts["mean"].isna(), ""))
    return shown


def about_differences(table: pd.DataFrame, configurations: Sequence[Configuration]) -> str:
    """How the differences of `comparison.compare` are to be read."""
    if table["difference mean"].isna().all():
        return (
            "Nothing is paired: only one has the model, no split is common to all, or the metric"
            " has no value for a single user."
        )
    n_splits = len(set.intersection(*(one.splits for one in configurations)))
    over = f", over the {n_splits} splits that all have" if n_splits > 1 else ""
    return (
        f"Differences are paired by user{over}; p is of a t test, Holm-corrected; better and worse"
        f" are shares of users. {INTERVALS}"
    )


def settings_that_differ(configurations: Sequence[Configuration]) -> str | pd.DataFrame:
    """Which settings differ: a sentence, or of many configurations a table, a row each."""
    found = differing([one.settings for one in configurations])
    if not found:
        return "The runs differ in no setting."
    if len(configurations) <= _IN_A_SENTENCE:
        order = " / ".join(one.label for one in configurations)
        return f"{order} differ in: {differing_text(found)}."
    return pd.DataFrame(found, index=[one.label for one in configurations])


def forest(table: pd.DataFrame, metric: str) -> Axes | None:
    """The differences of `comparison.compare` with their intervals; None where there are none."""
    gains = table.filter(like="difference ").dropna(subset="difference mean")
    if gains.empty:
        return None
    reference = table.index.difference(gains.index)[0]
    gains = gains.set_axis(gains.columns.str.removeprefix("difference "), axis=1)
    return paired_differences(gains, f"runs minus {reference}", metric=metric)


def _of_question(
    configurations: Sequence[Configuration],
    metric: str,
    models: Sequence[str | None],
    against: str | None,
    prefix: str,
) -> Sections:
    found: Sections = {}
    for model in models if len(configurations) > 1 else ():
        table = comparison.compare(configurations, metric, model, against)
        about = model or " or ".join(table["model"].unique())
        contents: list[str | pd.DataFrame | Axes] = [about_differences(table, configurations)]
        contents += [settings_that_differ(configurations), difference_table(table, metric)]
        if (figure := forest(table, metric)) is not None:
            contents.append(figure)
        found[f"{prefix}{metric} of {about}"] = contents
    if len(configurations) == 1 and configurations[0].has_per_user(metric):
        one = configurations[0]
        values = one.per_user(metric)[one.models]
        if len(one.models) > 1:
            n_splits = len(one.runs)
            mean = f", mean over {n_splits} splits" if n_splits > 1 else ""
            gains = differences(values, one.target, left_out=one.without_splits(metric))
            table = gains.round(4).rename_axis(index=None)
            pooled = differing([run.answer for run in one.runs])
            note = [f"Pooled though they differ in: {differing_text(pooled)}."] if pooled else []
            found[f"{prefix}{one.target} minus others, {metric}{mean}"] = [*note, table]
    chosen = [name for name in models if name]
    shown = comparison.model_table(configurations, metric, chosen)
    found[f"{prefix}All models: {metric}"] = [shown]
    return found
