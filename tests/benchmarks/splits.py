"""Four models on splits that others published tables of, under each table's own protocol.

    python tests/benchmarks/splits.py SPLIT FOLDER [NAME=VALUE ...]

FOLDER holds the split's files, fetched from the address in SPLITS; other files are refused. Models
are fitted on the training part with the default settings, or others that NAME=VALUE names, after
these are fitted to a validation part of it as in every run (adapt=false leaves that out), and rank
all other movies of the catalogue for every user of the test part, every rating of which is
relevant. Recall@k is hits / n_relevant, and the ideal list of NDCG@k has min(k, n_relevant) hits,
as in the published code of each.

ultragcn-ml-1m     Mao et al. 2021, "UltraGCN", and the same year's "SimpleX". Lists without stars,
                   times and titles: each entry counts as 5 stars at time 0, without item features.
lightgcnpp-lastfm  Lee et al. 2024, "Revisiting LightGCN", supplement, table 9. Such lists again;
                   valid.txt is not used. 2,543 of 18,321 test entries are of artists without a
                   training entry. No model can find them; they stay relevant, as in that code.
ml-100k            README of recommenders-team/recommenders. A quarter of each movie's ratings is
                   hidden. The first draw is that of the table; four more have other seeds.
"""

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from movierec.content.features import ItemFeatures
from movierec.content.tfidf import known_content
from movierec.data.columns import GENRES, MOVIE, RATINGS_HEADER, TAG, TITLE, USER
from movierec.data.interactions import Interactions, select_interactions
from movierec.data.splits import Split, make_split, validation
from movierec.evaluation.evaluate import evaluate
from movierec.models.als import ALS
from movierec.models.base import Model
from movierec.models.ease import EASE
from movierec.models.hybrid import Components, Hybrid
from movierec.models.popularity import Popularity
from movierec.models.recency import RecentPopularity
from movierec.models.registry import build_components
from movierec.settings import ContentSettings, ModelSettings, ProtocolSettings, parse_assignments
from movierec.tuning.adaptation import adapt_on

CUTOFFS = (10, 20)
METRICS = [f"{metric}@{k}" for k in CUTOFFS for metric in ("Recall", "NDCG")]
# Seed 42 is the default of recommenders' splitter, which its benchmark leaves as it is.
SEEDS = range(42, 47)
GITHUB = "https://raw.githubusercontent.com"

# A split, and what is known of its movies besides ratings.
Case = tuple[Split, ItemFeatures | None]


@dataclass(frozen=True)
class PublishedSplit:
    """Where a split's files are, their SHA-256, how they are read, and the table's best values."""

    address: str
    sha256: dict[str, str]
    read: Callable[[Path], Iterator[Case]]
    best: dict[str, tuple[str, float]]

    def verify(self, folder: Path) -> None:
        """Raise SystemExit for a file that is missing or differs, with its address."""
        for name, expected in self.sha256.items():
            path = folder / name
            if not path.is_file():
                raise SystemExit(f"{path} is missing; fetch {self.address}/{name}")
            if hashlib.sha256(path.read_bytes()).hexdigest() != expected:
                raise SystemExit(f"{path} is another file than {self.address}/{name}")


def listed(folder: Path) -> Iterator[Case]:
    """The split of train.txt and test.txt, over the movies of both."""
    train, test = (read_lists(folder / name) for name in ("train.txt", "test.txt"))
    interactions = select_all(pd.concat([train, test]))
    yield given(interactions, test), None


def read_lists(path: Path) -> pd.DataFrame:
    """Lines of a user and their items, spaces between, as ratings of 5 stars at time 0."""
    lines = [np.array(line.split(), dtype=np.int32) for line in path.read_text().splitlines()]
    users = np.repeat([line[0] for line in lines], [len(line) - 1 for line in lines])
    items = np.concatenate([line[1:] for line in lines])
    ratings = pd.DataFrame({USER: users, MOVIE: items})
    return ratings.assign(rating=np.float32(5), timestamp=np.int32(0))


def drawn(folder: Path) -> Iterator[Case]:
    """Splits of RecBole's ml-100k by all SEEDS, with titles and genres."""
    types = dict(zip(RATINGS_HEADER, (np.int32, np.int32, np.float32, np.int32), strict=True))
    ratings = pd.read_table(folder / "ml-100k.inter", header=0, names=[*types], dtype=types)
    interactions = select_all(ratings)
    features = read_features(folder / "ml-100k.item", interactions.movie_ids)
    for seed in SEEDS:
        yield given(interactions, ratings[hidden(ratings[MOVIE], seed)]), features


def hidden(items: pd.Series, seed: int) -> np.ndarray:
    """(n_ratings,) bool: a random quarter of each item's ratings, rounded to the nearest.

    Draws what `python_stratified_split(ratio=0.75, filter_by="item", seed=seed)` of recommenders
    draws from ratings in the same order.
    """
    numbers = pd.Series(np.random.RandomState(seed).random_sample(len(items)), items.index)
    by_item = numbers.groupby(items)
    return (by_item.rank() > np.rint(0.75 * by_item.transform("size"))).to_numpy()


def read_features(path: Path, movie_ids: np.ndarray) -> ItemFeatures:
    """Features from RecBole's columns of id, title, year and genres, a space between genres."""
    types = {MOVIE: np.int32, TITLE: "str", "year": "str", GENRES: "str"}
    movies = pd.read_table(path, header=0, names=[*types], dtype=types)
    movies = movies.set_index(MOVIE).loc[movie_ids].reset_index()
    movies[TITLE] += " (" + movies["year"] + ")"
    movies[GENRES] = movies[GENRES].str.replace(" ", "|")
    no_tags = pd.DataFrame({MOVIE: np.empty(0, np.int32), TAG: np.empty(0, "str")})
    return ItemFeatures.of(
        movies, known_content(movies, no_tags, ContentSettings(film_facts=False))
    )


def select_all(ratings: pd.DataFrame) -> Interactions:
    return select_interactions(ratings, top_movies=10_000_000)


def given(interactions: Interactions, test: pd.DataFrame) -> Split:
    return make_split(interactions, ProtocolSettings(protocol="given"), test)


def unfitted(
    settings: ModelSettings, features: ItemFeatures | None, training: Interactions
) -> list[Model]:
    """The models; without features the hybrid shares ALS and EASE with the models beside it."""
    als, ease = ALS(settings), EASE(settings.ease_regularization, settings)
    recent = RecentPopularity(training, settings.recency_half_life_years)
    components = (
        Components(als, ease)
        if features is None
        else build_components(settings, settings, features)
    )
    return [Popularity(), als, ease, Hybrid(components, recent, settings)]


def adapted(settings: ModelSettings, split: Split, features: ItemFeatures | None) -> ModelSettings:
    """Settings fitted to a validation split of the training part, as a run does."""
    if not settings.adapt:
        return settings
    found = adapt_on(validation(split, ProtocolSettings()), settings, lambda _: features)
    print(found.changes, flush=True)
    return found.settings


def measured(models: Iterable[Model], split: Split) -> pd.DataFrame:
    """Means over users: a row a model, columns METRICS."""
    per_user = evaluate(models, split, cutoffs=CUTOFFS).per_user
    means = per_user.mean().unstack("model").T
    return means.set_axis([f"{metric}@{k}" for metric, k in means.columns], axis=1)[METRICS]


SPLITS = {
    "ultragcn-ml-1m": PublishedSplit(
        f"{GITHUB}/xue-pai/UltraGCN/b220010d62af08bd895963a3d71c7c8e55ee1f56/data/ml-1m",
        {
            "train.txt": "f088986b22f14f17136f9c4ef6f1269201f83dfb9ce259f1fd4ed46d72a92599",
            "test.txt": "7ca364f7f9321417b521745833b12719a2feb13253bccece2c04d5afe9fc3e15",
        },
        listed,
        {"Recall@20": ("SimpleX", 0.2802), "NDCG@20": ("SimpleX", 0.2670)},
    ),
    "lightgcnpp-lastfm": PublishedSplit(
        f"{GITHUB}/geon0325/LightGCNpp/a394f79a7aceb8f485f6bcb549b4865fe83f1d49/data/lastfm",
        {
            "train.txt": "1845769cb1a9834692d3cf884de523d23aa126fa6b58eb5f49e9628e8c317705",
            "test.txt": "0f0a15e3de2f868554ee1e32190c51db3e0ad0c4138e1428c66ba6de86102755",
        },
        listed,
        {"Recall@10": ("NCL++", 0.1894), "NDCG@10": ("NCL++", 0.2177)},
    ),
    "ml-100k": PublishedSplit(
        f"{GITHUB}/RUCAIBox/RecBole/7b02be5ec80a88310f2d04a27a82adfcbb5dc211/dataset/ml-100k",
        {
            "ml-100k.inter": "4edb74e2a81178c2ba9ff381495f754f996c4aea351b1272ca36b43da0935eff",
            "ml-100k.item": "51d7cdf777ce5c0f5b32c1d947a4a81fe07d75e78abbe761e0cd4d0756064532",
        },
        drawn,
        {"Recall@10": ("BiVAE", 0.219), "NDCG@10": ("BiVAE", 0.475)},
    ),
}


def main(name: str, folder: str, *assignments: str) -> None:
    published = SPLITS[name]
    settings = ModelSettings(**parse_assignments(assignments, [ModelSettings]))
    published.verify(Path(folder))
    tables = []
    for split, features in published.read(Path(folder)):
        fitted = adapted(settings, split, features)
        tables.append(measured(unfitted(fitted, features, split.training), split))
        print(f"{name}, split {len(tables)}\n{tables[-1].round(4)}\n", flush=True)
    if len(tables) > 1:
        print(f"mean of {len(tables)} splits\n{(sum(tables) / len(tables)).round(4)}\n")
    for metric, (model, value) in published.best.items():
        print(f"published {metric}: {value} ({model})")


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in SPLITS:
        raise SystemExit(f"usage: splits.py {{{','.join(SPLITS)}}} FOLDER [NAME=VALUE ...]")
    main(*sys.argv[1:])
