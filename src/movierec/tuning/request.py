"""The command that tunes a model: from what was asked to a preset and a report."""

import json
import sys
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from tqdm import tqdm

from movierec.data.columns import MOVIE
from movierec.data.interactions import select_interactions
from movierec.data.splits import Protocol
from movierec.datasets import DatasetFacts, load_dataset, locate
from movierec.models.registry import Settings
from movierec.paths import RunPaths, atomic_write
from movierec.plots import tuning as tuning_plots
from movierec.plots.theme import set_theme
from movierec.runs import parameters, reports, runner
from movierec.tuning import search as tuning
from movierec.tuning.search import Problem, Trial

# What a search depends on is what these stages are told.
_STAGES = ("01_eda", "02_content_features", "05_evaluation")
_SAID_OTHERWISE = {"dataset": "--dataset", "run": "--run", "models": "--model"}
# A preset says how a question is answered. What is asked, such as the protocol, it leaves open.
_ANSWER = {"top_movies", "ratings_fraction", "max_features"} | (
    {one.name for one in fields(Settings)} - {"seed"}
)


@dataclass(frozen=True)
class Order:
    """What is to be tuned.

    preset  values of the preset to start from
    given   values that were set one by one; they are not searched
    told    every parameter of the stages, with these two over the notebooks' defaults
    """

    dataset: str
    model: str
    preset: dict[str, object]
    given: dict[str, object]
    told: dict[str, object]

    @property
    def run_name(self) -> str:
        name = f"tune-{locate(self.dataset).name}-{self.model}"
        protocol = self.told["protocol"]
        return name if protocol == "user-random" else f"{name}-{protocol}"


@dataclass(frozen=True)
class Search:
    """What was asked, what that made of the dataset, and what was found.

    command  what was typed
    """

    asked: Order
    problem: Problem
    facts: DatasetFacts
    trials: list[Trial]
    command: str


def order(dataset: str, model: str, preset: str, assignments: list[str]) -> Order:
    """Check what a shell user typed, before anything is loaded.

    preset: name or file; assignments: texts such as "test_share=0.1". Raises ParameterError, and
    ValueError for a model that has nothing to tune.
    """
    known = runner.stage_parameters(_STAGES)
    start = parameters.read_preset(preset, runner.stage_parameters())
    given = parameters.parse_assignments(assignments, known)
    for name, option in _SAID_OTHERWISE.items():
        if name in given:
            raise parameters.ParameterError(f"give {option}, not -p {name}=...")
    tuning.searched(model, fixed=given)
    defaults = {name: one.default for name, one in known.items()}
    return Order(dataset, model, start, given, defaults | start | given)


def load(asked: Order) -> tuple[Problem, DatasetFacts]:
    """Read the dataset and set the search up, as the notebooks do; with the facts about it."""
    values = asked.told
    tables, facts = load_dataset(asked.dataset)
    interactions = select_interactions(
        tables.ratings, values["top_movies"], values["ratings_fraction"], values["seed"]
    )
    movies = tables.movies.set_index(MOVIE).loc[interactions.movie_ids].reset_index()
    problem = tuning.problem(
        asked.model,
        Settings.among(values),
        interactions,
        movies,
        tables.tags[tables.tags[MOVIE].isin(interactions.movie_ids)],
        values["max_features"],
        Protocol(
            values["protocol"],
            values["test_share"],
            values["test_from"],
            tables.given,
            values["seed"],
        ),
        values["relevance_threshold"],
        fixed=asked.given,
    )
    return problem, facts


def follow(problem: Problem, journal: Path, trials: int, minutes: float | None) -> bool:
    """Search and show how it goes; return whether it was interrupted.

    On a terminal there is a bar, elsewhere a line for every improvement.
    """
    done = tuning.recorded(problem, journal)
    best = tuning.best(done).value if done else float("-inf")
    if done:
        print(f"taken up after trial {len(done)}, best NDCG@10 {best:.4f}", flush=True)
    with tqdm(
        total=trials, initial=len(done), unit="trial", disable=not sys.stderr.isatty()
    ) as bar:
        try:
            for trial in tuning.search(problem, journal, trials, minutes):
                if trial.value > best:
                    best = trial.value
                    if bar.disable:
                        print(f"trial {trial.number}: NDCG@10 {best:.4f}", flush=True)
                bar.set_postfix_str(f"best NDCG@10 {best:.4f}", refresh=False)
                bar.update()
        except KeyboardInterrupt:
            return True
    return False


def write_preset(run: RunPaths, search: Search) -> Path:
    """Leave the best settings as a preset for `run --preset`; return its path.

    What the preset to start from names stays in its order; what it lacks comes after it.
    """
    asked, trials = search.asked, search.trials
    set_by_hand = {
        name: value
        for name, value in asked.given.items()
        if name in asked.preset or name in _ANSWER
    }
    values = asked.preset | set_by_hand | tuning.best(trials).params
    head = [
        f"Made by: {search.command}",
        f"Dataset {search.facts.name}, {_protocol(asked)}.",
        f"Model {asked.model}, trials {len(trials)}, each on {_parts(search.problem)}; the test"
        " part was not looked at.",
        f"Validation NDCG@10: start {trials[0].value:.4f}, best {tuning.best(trials).value:.4f}"
        f" (trial {tuning.best(trials).number}).",
    ]
    lines = [f"# {_printable(line)}" for line in head] + [""]
    # Where both can say a value, TOML and JSON say it alike.
    lines += [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
    path = run.output("preset.toml")
    with atomic_write(path) as draft:
        draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_report(run: RunPaths, search: Search) -> Path:
    """Write the page that shows how the search went; return its path."""
    mpl.use("Agg")  # No window is wanted, whatever the terminal could show.
    set_theme()
    run.reports.mkdir(parents=True, exist_ok=True)
    trials, problem, facts = search.trials, search.problem, search.facts
    table = tuning.trials_table(trials)
    sections = {
        "The answer": [
            _verdict(trials),
            f"A value is the mean over {_parts(problem)}, cut from the training part the way the"
            " test part was cut from the whole. The best of many trials is partly luck: expect"
            " less of its lead on the test part, which no trial has seen.",
            _start_and_best(problem, trials),
        ],
        "The search": [tuning_plots.best_so_far(table)],
        "What mattered": _what_mattered(tuning.importance(problem, trials)),
        "All trials, best first": [_shown(table)],
        "Again": [
            "The same command takes the search up where it stands:",
            f"    {_printable(search.command)}",
        ],
    }
    page = {
        "run of": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "dataset": facts.name,
        "ratings": f"{facts.ratings:,}",
        "protocol": search.asked.told["protocol"],
        "trials": str(len(trials)),
    }
    return reports.render_page(
        run.report("tuning"), f"Tuning {search.asked.model}", sections, page, facts.simulated
    )


def _verdict(trials: list[Trial]) -> str:
    start, best = trials[0], tuning.best(trials)
    if best is start:
        return (
            f"**No trial was better than the start: NDCG@10 {start.value:.4f} on the validation"
            f" parts, trial 1 of {len(trials)}.**"
        )
    return (
        f"**The best of {len(trials)} trials, number {best.number}, has an NDCG@10 of"
        f" {best.value:.4f} on the validation parts, {best.value - start.value:.4f} above the"
        f" start's {start.value:.4f}.**"
    )


def _start_and_best(problem: Problem, trials: list[Trial]) -> pd.DataFrame:
    """A row a parameter searched: what it was, what it is in the best trial, what was possible."""
    found = tuning.best(trials).params
    rows = {
        name: {
            "start": f"{trials[0].params[name]:g}",
            "best": f"{found[name]:g}",
            "searched": f"{one.low:g} to {one.high:g}" + (", logarithmic" if one.log else ""),
        }
        for name, one in problem.space.items()
    }
    return pd.DataFrame(rows).T


def _what_mattered(shares: pd.Series) -> list:
    if shares.empty:
        return ["There are too few trials, or too equal ones, to say what made the difference."]
    return [
        tuning_plots.parameter_importance(shares),
        "By fANOVA: a forest learns the value from the parameters, and its variation is shared"
        " out among them. With few trials this is a rough guide.",
    ]


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """The trials as text, best first."""
    ordered = table.sort_values("NDCG@10", ascending=False, kind="stable")
    text = ordered.drop(columns=["best so far"]).map("{:g}".format)
    text["NDCG@10"] = ordered["NDCG@10"].map("{:.4f}".format)
    text["seconds"] = ordered["seconds"].map("{:.1f}".format)
    return text.rename_axis(index=None, columns="trial")


def _parts(problem: Problem) -> str:
    return "1 validation part" if problem.parts == 1 else f"{problem.parts} validation parts"


def _protocol(asked: Order) -> str:
    values = asked.told
    cut = f"from {values['test_from']}" if values["test_from"] else f"share {values['test_share']}"
    return (
        f"protocol {values['protocol']} ({cut}, relevant from {values['relevance_threshold']:g}"
        f" stars, seed {values['seed']})"
    )


def _printable(text: str) -> str:
    """One line that any file can hold: names of folders may contain anything."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
