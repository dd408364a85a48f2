"""What a search tells: improvements, a preset of the best settings, a page on how it went."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime

import optuna
import pandas as pd
from matplotlib.axes import Axes
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.trial import FrozenTrial
from tqdm import tqdm

from movierec.plots.tuning import best_so_far, parameter_importance
from movierec.settings import ProtocolSettings, TuningSettings
from movierec.tuning.search import TuningTask

# A preset says how a question is answered, not what is asked, such as the protocol.
_ANSWER = TuningSettings.model_fields.keys() - ProtocolSettings.model_fields.keys() - {"dataset"}

Sections = dict[str, list[str | pd.DataFrame | Axes]]


def show_progress(study: optuna.Study, trials: Iterator[FrozenTrial], total: int) -> bool:
    """Print each improvement, on a terminal above a bar; return whether Ctrl-C ended the search."""
    if done := len(study.trials):
        print(f"continued after trial {done}, best NDCG@10 {study.best_value:.4f}", flush=True)
    try:
        for trial in (bar := tqdm(trials, "trials", total, initial=done, disable=None)):
            if trial.number == study.best_trial.number:
                with bar.external_write_mode():
                    print(f"trial {trial.number + 1}: NDCG@10 {trial.value:.4f}", flush=True)
    except KeyboardInterrupt:
        return True
    return False


def preset_text(task: TuningTask, study: optuna.Study, command: str) -> str:
    """The settings of the best trial as TOML for `run --preset`, with comments on their origin.

    command: what was typed. The start's values keep their order; those it lacks come last.
    """
    preset, asked = task.preset, task.settings
    held_out = f"from {asked.test_from}" if asked.test_from else f"share {asked.test_share}"
    head = [
        f"Made by: {command}",
        f"Model {task.model}, dataset {task.facts.name}, protocol {asked.protocol} ({held_out},"
        f" relevant from {asked.relevance_threshold:g} stars, seed {asked.seed}).",
        f"{_verdict(task, study)} No trial has seen the test part.",
    ]
    values = preset | {n: value for n, value in task.fixed.items() if n in preset or n in _ANSWER}
    values |= study.best_trial.user_attrs["params"]
    # A folder's name may hold what no comment can. TOML writes these values as JSON does.
    comments = ["".join(c if c.isprintable() else "?" for c in f"# {line}") for line in head]
    lines = [f"{name} = {json.dumps(one, ensure_ascii=False)}" for name, one in values.items()]
    return "\n".join([*comments, "", *lines, ""])


def page(task: TuningTask, study: optuna.Study) -> tuple[str, Sections, Mapping[str, object]]:
    """Title, contents by heading, and what the page is about: time, dataset, protocol."""
    table, shares = trials_table(study), importance(task, study)
    ordered = table.sort_values("NDCG@10", ascending=False, kind="stable")
    values = {
        "start": study.trials[0].user_attrs["params"],
        "best": study.best_trial.user_attrs["params"],
        "lowest": {name: one.low for name, one in task.space.items()},
        "highest": {name: one.high for name, one in task.space.items()},
    }
    sections: Sections = {
        "Which settings are best?": [
            f"**{_verdict(task, study)}**",
            "Validation splits are made from the training part by the protocol that held out the"
            " test part. A trial that is behind the best on the first splits (signed-rank test,"
            " p < 0.1) is not judged on the others; its value is the best one's less the mean"
            " difference. The best of many values is biased upwards: expect a smaller lead on the"
            " test part, which no trial has seen.",
            pd.DataFrame(values).map("{:g}".format),
        ],
        "How did the search go?": [best_so_far(table["NDCG@10"])],
        "Which parameters mattered?": ["Too few trials, or too equal ones, to tell."]
        if shares.empty
        else [
            parameter_importance(shares),
            "By fANOVA: a random forest predicts NDCG@10 from the parameters, and the variance of"
            " its predictions is divided among them. With few trials this is a rough estimate.",
        ],
        "All trials, best first": [ordered.round({"NDCG@10": 4, "seconds": 1})],
    }
    about = {
        "started": datetime.now(UTC).isoformat(),
        "dataset": asdict(task.facts),
        "protocol": task.settings.protocol,
    }
    return f"Tuning {task.model}", sections, about


def trials_table(study: optuna.Study) -> pd.DataFrame:
    """A row per trial, numbered from 1: NDCG@10, splits it was judged on, seconds, parameters."""
    rows = [
        {
            "NDCG@10": trial.value,
            "splits": len(trial.intermediate_values),
            "seconds": trial.user_attrs["seconds"],
            **trial.user_attrs["params"],
        }
        for trial in study.trials
    ]
    return pd.DataFrame(rows, pd.RangeIndex(1, len(rows) + 1)).rename_axis(columns="trial")


def importance(task: TuningTask, study: optuna.Study) -> pd.Series:
    """Share of the variance of NDCG@10 that each parameter explains, largest first.

    Empty for fewer than ten trials, or where all have the same value. Hutter, Hoos and
    Leyton-Brown 2014, "An Efficient Approach for Assessing Hyperparameter Importance" (fANOVA).
    """
    values = [trial.value for trial in study.trials if trial.params]
    if len(values) < 10 or len(set(values)) == 1:
        return pd.Series(dtype=float)
    evaluator = FanovaImportanceEvaluator(seed=task.seed(0))
    return pd.Series(get_param_importances(study, evaluator=evaluator, params=[*task.space]))


def _verdict(task: TuningTask, study: optuna.Study) -> str:
    start, best = study.trials[0], study.best_trial
    return (
        f"The best of {len(study.trials)} trials, number {best.number + 1}, has a mean NDCG@10 of"
        f" {best.value:.4f} over {task.n_splits} validation split{'s' * (task.n_splits > 1)};"
        f" the start, number 1, has {start.value:.4f}."
    )
