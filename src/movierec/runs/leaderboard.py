"""The leaderboard of a sweep: its runs by question, best first, and what failed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd
from matplotlib.axes import Axes

from movierec.evaluation import comparison
from movierec.evaluation.evaluated import Configuration, EvaluatedRun, by_question, read_run
from movierec.paths import RunPaths
from movierec.plots.sweep import swept_values
from movierec.progress import duration
from movierec.runs.comparing import Sections, about_differences, difference_table, forest
from movierec.runs.listing import settings_text
from movierec.runs.log import stage_costs
from movierec.runs.sweep import Sweep
from movierec.settings import Value
from movierec.stages import MissingArtifact

_SEED = "seed"


@dataclass(frozen=True)
class Leaderboard:
    """The evaluated runs of a sweep.

    questions    configurations by question, labelled by the swept settings
    told         by label, the swept settings but the seed
    unevaluated  runs without an evaluation, and why, by name
    """

    questions: Sequence[Sequence[Configuration]]
    told: Mapping[str, Mapping[str, Value]]
    unevaluated: Mapping[str, str]

    @property
    def runs(self) -> list[RunPaths]:
        configurations = [one for asked in self.questions for one in asked]
        return [run.paths for one in configurations for run in one.runs]


def make_leaderboard(sweep: Sweep, runs: Sequence[str], failed: Mapping[str, str]) -> Leaderboard:
    """From those of a sweep's runs that are whole, and why the others failed."""
    told = {sweep.run_name(one): one for one in sweep.combinations}
    evaluated: list[EvaluatedRun] = []
    unevaluated = dict(failed)
    for run in runs:
        try:
            evaluated.append(read_run(RunPaths(run)))
        except (MissingArtifact, ValueError) as error:
            unevaluated[run] = str(error)
    labels: dict[str, Mapping[str, Value]] = {}
    questions = []
    for configurations in by_question(evaluated):
        labelled = []
        for one in configurations:
            settings = {k: v for k, v in told[one.runs[0].paths.name].items() if k != _SEED}
            pooled = len(one.runs) > 1 or _SEED not in sweep.swept
            label = settings_text(settings if pooled else told[one.runs[0].paths.name])
            label = label or f"{len(one.runs)} seeds"
            labels[label] = settings
            labelled.append(replace(one, label=label))
        questions.append(labelled)
    return Leaderboard(questions, labels, unevaluated)


def table(board: Leaderboard, metric: str) -> pd.DataFrame:
    """A row per configuration, best of each question first.

    Columns: question (from 1), runs, the swept settings, those of `comparison.compare`, and the
    seconds and megabytes that the stages of its runs took, their mean and most.
    """
    frames = []
    for number, configurations in enumerate(board.questions, start=1):
        found = comparison.compare(configurations, metric)
        first = pd.DataFrame([_facts(one, board) for one in configurations])
        first.index = pd.Index([one.label for one in configurations])
        first.insert(0, "question", number)
        frames.append(first.loc[found.index].join(found))
    return pd.concat(frames).rename_axis(index="configuration")


def sections(sweep: Sweep, board: Leaderboard, metric: str) -> Sections:
    """By heading, the leaderboard as text, tables and figures."""
    found: Sections = {}
    several = len(board.questions) > 1
    for number, configurations in enumerate(board.questions, start=1):
        compared = comparison.compare(configurations, metric)
        shown = difference_table(compared, metric)
        facts = {one.label: _facts(one, board) for one in configurations}
        seconds = pd.Series({label: fact["seconds"] for label, fact in facts.items()})
        megabytes = pd.Series({label: fact["megabytes"] for label, fact in facts.items()})
        shown["time"] = seconds.map(duration)
        shown["memory"] = megabytes.map("{:,.0f} MB".format)
        asked = configurations[0].runs[0].question
        heading = f"Question {number}: {asked['protocol']}" if several else "Leaderboard"
        contents = [about_differences(compared, configurations), shown]
        if (figure := _swept(sweep, compared, board, metric)) is not None:
            contents.append(figure)
        if (figure := forest(compared, metric)) is not None:
            contents.append(figure)
        found[heading] = contents
    if several:
        asked_of = [configurations[0].runs[0].question for configurations in board.questions]
        text = comparison.differing_text(comparison.differing(asked_of))
        found = {
            "Different questions": [f"Shown apart, since they differ in {text}."],
            **found,
        }
    if board.unevaluated:
        found["Failed"] = [
            "\n".join(f"- {run}: {' '.join(why.split())}" for run, why in board.unevaluated.items())
        ]
    return found


def links(board: Leaderboard) -> Sections:
    """By heading, where the reports of the runs are, from the page of the leaderboard."""
    lines = [
        f"- {one.label}: "
        + ", ".join(f"[{run.paths.name}](../../{run.paths.name}/index.html)" for run in one.runs)
        for configurations in board.questions
        for one in configurations
    ]
    return {"Reports of the runs": ["\n".join(lines)]} if lines else {}


def _facts(one: Configuration, board: Leaderboard) -> dict[str, object]:
    costs = [stage_costs(run.paths).values() for run in one.runs]
    return {
        "runs": ", ".join(run.paths.name for run in one.runs),
        **board.told[one.label],
        "seconds": sum(cost.seconds for costs_of_run in costs for cost in costs_of_run)
        / len(one.runs),
        "megabytes": max((cost.megabytes for one in costs for cost in one), default=0),
    }


def _swept(sweep: Sweep, compared: pd.DataFrame, board: Leaderboard, metric: str) -> Axes | None:
    names = [name for name in sweep.swept if name != _SEED]
    settings = pd.DataFrame([board.told[label] for label in compared.index])
    varying = [name for name in names if len(set(settings[name])) > 1] if len(settings) else []
    if not 1 <= len(varying) <= 2 or len(compared) < 2:
        return None
    values = compared[["mean", "low", "high"]].set_axis(
        pd.MultiIndex.from_frame(settings[varying]), axis=0
    )
    return swept_values(values.astype(float), metric)
