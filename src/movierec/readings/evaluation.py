"""What 05_evaluation says of its tables and figures, computed from what they show.

gains and losses are `evaluation.summary.differences`, metrics its long table.
"""

import pandas as pd
from IPython.display import HTML, Markdown

from movierec.evaluation import summary
from movierec.evaluation.evaluate import Evaluation
from movierec.evaluation.questions import DISLIKED, LIKED, NAMES
from movierec.evaluation.statistics import INTERVALS, NORMAL_VALUES
from movierec.evaluation.summary import best_rival, by_model
from movierec.markup import Format, markdown, table
from movierec.models.registry import SERVED, TARGET, WITHOUT_FACTS


def verdict(gains: pd.DataFrame, metrics: pd.DataFrame, target: str, n_users: int) -> Markdown:
    rival = best_rival(gains)
    gain = gains.loc[rival]
    accuracy = by_model(metrics, "NDCG")["mean"]
    relation = "lead over" if gain["mean"] >= 0 else "deficit against"
    significant = "" if _significant(gains)[rival] else "not "
    return Markdown(
        f"**NDCG@10 of `{target}` is {accuracy[target]:.3f} (mean of {n_users:,} users). Its"
        f" {relation} the best other model, `{rival}` ({accuracy[rival]:.3f}), is {significant}"
        f"statistically significant ({gain['mean']:+.4f}, 95 % CI [{gain['low']:.4f},"
        f" {gain['high']:.4f}]).**"
    )


def questions(evaluation: Evaluation, metrics: pd.DataFrame) -> Markdown:
    """metrics: as of `summary.metrics_table`."""
    rate, like, disliked = (by_model(metrics, name)["mean"] for name in NAMES)
    first = rate.idxmax()
    if like.empty:
        why = "have no stars" if disliked.empty else f"are all below {LIKED:g} stars"
        return Markdown(
            f"What will they rate? `{first}` answers best: NDCG@10 {rate[first]:.3f}. The held-out"
            f" ratings {why}, so what people like is not known."
        )
    second = like.idxmax()
    reading = (
        f"What will they rate? `{first}` answers best: NDCG@10 {rate[first]:.3f}. What will they"
        f" like? `{second}` answers best: LikedNDCG@10 {like[second]:.3f}."
    )
    if SERVED in rate and first != SERVED:
        values = evaluation.values("LikedNDCG")[[SERVED, first]].dropna()
        gain = summary.differences(values, SERVED, evaluation.seed).loc[first]
        reading += (
            f" As it recommends to people, `{SERVED}` has {rate[SERVED]:.3f} and"
            f" {like[SERVED]:.3f}, at the second question {_difference(gain)} against `{first}`;"
            f" rated {DISLIKED} stars or less are {disliked[SERVED]:.1%} of its hits, and"
            f" {disliked[first]:.1%} of those of `{first}`."
        )
    return Markdown(reading)


def history(evaluation: Evaluation) -> Markdown:
    """How the target model does for users with a history, and for those without."""
    if "NoHistoryNDCG" not in evaluation.per_user.columns.get_level_values("metric"):
        return Markdown("Every test user has a history.")
    target, sentences = evaluation.target, []
    for name, which in {"HistoryNDCG": "with", "NoHistoryNDCG": "without"}.items():
        values = evaluation.values(name).dropna()
        if values.empty:
            continue
        gains = summary.target_differences(evaluation, name)
        rival = best_rival(gains)
        sentences.append(
            f"For the {len(values):,} users {which} a history NDCG@10 of `{target}` is"
            f" {values[target].mean():.3f}, that of the best other model, `{rival}`,"
            f" {values[rival].mean():.3f}: {_difference(gains.loc[rival])}."
        )
    return Markdown(" ".join(sentences))


def film_facts(gains: pd.DataFrame, films: int, n_movies: int) -> Markdown:
    """films: the number of movies whose film facts are item features."""
    if not films:
        return Markdown("No film facts are item features.")
    reading = (
        f"Item features include facts of {films:,} of {n_movies:,} movies, from the catalogue of"
        " films: `content`, `als_content`, `ease_content` and `hybrid` know them."
    )
    if WITHOUT_FACTS in gains.index:
        gain = gains.loc[WITHOUT_FACTS]
        reading += (
            f" `{WITHOUT_FACTS}` does not: NDCG@10 of `{TARGET}` minus its own is"
            f" {gain['mean']:+.4f}, 95 % CI [{gain['low']:.4f}, {gain['high']:.4f}]."
        )
    return Markdown(reading)


def diagnosed(n_sampled: int, n_users: int) -> Markdown:
    """Of whom a diagnostic is: all users of the data, or a sample."""
    if n_sampled == n_users:
        return Markdown(f"Of all {n_users:,} users.")
    return Markdown(
        f"Of a random {n_sampled:,} of the {n_users:,} users: models are trained and evaluated on"
        " these alone, so means differ from those of all users."
    )


def pitfalls(effects: pd.DataFrame) -> Markdown:
    """effects: as of `pitfall_effects`; the correct protocol is first, all pitfalls last."""
    ndcg = effects["mean"].xs("NDCG", level="metric")
    shifts = (ndcg - ndcg.iloc[0]).iloc[1:-1]
    largest = shifts.abs().idxmax()
    return Markdown(
        f"Evaluated correctly, the original's factors have an NDCG@10 of {ndcg.iloc[0]:.3f}. The"
        f" pitfall with the largest effect is *{largest}*: {shifts[largest]:+.3f}. With all of"
        f" them, {ndcg.iloc[-1]:.3f} would be reported."
    )


def ties(costs: pd.DataFrame, target: str, recency_weight: float) -> Markdown:
    """costs: as of `Evaluation.costs`."""
    shares = costs["all_tied"].loc[lambda share: share > 0]
    listed = ", ".join(f"`{model}` for {share:.1%}" for model, share in shares.items())
    reading = (
        "Models that tied all candidates for a share of the users, and fell back to the most rated"
        f" movies: {listed or 'none'}."
    )
    if target == TARGET and recency_weight:
        reading += f" Only `{target}` uses recent popularity at query time."
    return Markdown(reading)


def intervals(n_users: int) -> Markdown:
    kind = "normal" if n_users >= NORMAL_VALUES else "bootstrap"
    return Markdown(f"{INTERVALS} Those of NDCG of all {n_users:,} users are {kind} intervals.")


def cutoffs(metrics: pd.DataFrame, target: str) -> Markdown:
    def wins(metric: str) -> str:
        rows = metrics[metrics["metric"] == metric]
        best = rows.pivot(index="k", columns="model", values="mean").idxmax(axis=1)
        return f"{metric} at {(best == target).sum()} of {len(best)} cutoffs"

    return Markdown(f"`{target}` has the best mean {wins('NDCG')}, and {wins('CappedRecall')}.")


def significance(gains: pd.DataFrame, target: str) -> Markdown:
    clear = gains["p"] < 0.05
    tied = ", ".join(f"`{model}`" for model in gains.index[~clear])
    return Markdown(
        f"At p < 0.05, corrected for {len(gains)} comparisons, `{target}` is better than"
        f" {(clear & (gains['mean'] > 0)).sum()} other models and worse than"
        f" {(clear & (gains['mean'] < 0)).sum()}. Differences that are not significant:"
        f" {tied or 'none'}."
    )


def differences(gains: pd.DataFrame) -> HTML:
    """p, and the shares of users for whom the target model is better and worse, as a table."""
    formats: dict[str, Format] = {"p": _p_value, "better": "{:.0%}", "worse": "{:.0%}"}
    return table(gains[list(formats)], formats)


def ablation(losses: pd.DataFrame) -> Markdown:
    largest = losses["mean"].idxmax()
    unclear = losses.index[~_significant(losses)]
    return Markdown(
        f"The largest loss is that of the variant *{largest}*: {losses['mean'].max():.4f}."
        f" Differences that are not significant: {', '.join(unclear) or 'none'}."
    )


def trade_offs(metrics: pd.DataFrame, target: str) -> Markdown:
    coverage, lift = (
        by_model(metrics, name)["mean"][target] for name in ("Coverage", "PopularityLift")
    )
    return Markdown(
        f"`{target}` recommends {coverage:.0%} of the candidates to somebody; its movies have"
        f" {abs(lift):.0%} {'more' if lift >= 0 else 'fewer'} training ratings than those of the"
        " user histories."
    )


def segments(by_user: pd.DataFrame, by_movie: pd.DataFrame, target: str) -> Markdown:
    def extent(segments: pd.DataFrame) -> str:
        means = segments["mean"].xs(target, level="model")
        ends = [f"{means[name]:.3f} ({name})" for name in (means.idxmin(), means.idxmax())]
        return " to ".join(dict.fromkeys(ends))

    return Markdown(
        f"NDCG@10 of `{target}` by user: {extent(by_user)}. Recall@10 by movie: {extent(by_movie)}."
    )


def list_overlap(shares: pd.DataFrame, target: str) -> Markdown:
    """shares: as of `beyond_accuracy.list_overlap`."""
    others = shares[target].drop(target)
    if others.empty:
        return Markdown(f"There are lists of `{target}` alone.")
    near, far = others.idxmax(), others.idxmin()
    return Markdown(
        f"Lists of `{target}` are most like those of `{near}` ({others[near]:.0%} of the movies in"
        f" common) and least like those of `{far}` ({others[far]:.0%})."
    )


def calibration(shares: pd.DataFrame, target: str) -> Markdown:
    """shares: as of `genre_profile`."""
    if shares.empty:
        return Markdown("No movie has a genre, so that there is nothing to compare.")
    shift = (shares[target] - shares["history"]) * 100
    more, less = shift.idxmax(), shift.idxmin()
    return Markdown(
        f"Against the histories, lists of `{target}` shift most towards {markdown(more)}"
        f" ({shift[more]:+.1f} points) and away from {markdown(less)} ({shift[less]:+.1f} points)."
    )


def validation(means: pd.DataFrame) -> Markdown:
    """means: NDCG@10 of each model, columns validation and test."""
    best = means.idxmax()
    # The correlation of what does not vary is undefined.
    together = means.corr("spearman").iloc[0, 1] if means.nunique().min() > 1 else None
    ranks = (
        "all models are alike on one of them, so that ranks do not correlate"
        if together is None
        else f"the rank correlation of the models' means is {together:.2f}"
    )
    return Markdown(
        f"The best model is `{best['validation']}` on the validation split and `{best['test']}`"
        f" on the test split; {ranks}."
    )


def costs(costs: pd.DataFrame) -> Markdown:
    """costs: as of `Evaluation.costs`."""
    fit, rank = costs["fit, s"], costs["rank, s"]
    return Markdown(
        f"`{fit.idxmax()}` takes longest to fit ({fit.max():.1f} s), `{rank.idxmax()}` to rank"
        f" ({rank.max():.1f} s)."
    )


def _significant(differences: pd.DataFrame) -> pd.Series:
    """Whether the 95 % interval of each difference leaves 0 out."""
    return (differences["low"] > 0) | (differences["high"] < 0)


def _p_value(p: float) -> str:
    return f"{p:.4f}" if p >= 0.0001 else "< 0.0001"


def _difference(gain: pd.Series) -> str:
    """A row of `differences` as text."""
    return f"{gain['mean']:+.4f}, 95 % CI [{gain['low']:.4f}, {gain['high']:.4f}]"
