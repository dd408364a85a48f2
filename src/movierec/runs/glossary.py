"""Terms of the reports, each explained in a line where it first stands on a page."""

import re

from bs4 import BeautifulSoup, Tag

# By the term as it is shown: what it looks like in text, and a line on it.
_TERMS = {
    "NDCG": (
        r"NDCG(@\d+)?",
        "gain of the relevant movies on the list, discounted by the logarithm of their rank, over"
        " that of the best possible list; 0 to 1, higher is better.",
    ),
    "HitRate": (r"HitRate(@\d+)?", "share of users with a relevant movie on their list."),
    "Recall": (
        r"Recall(@\d+)?",
        "share of a user's relevant movies that are on the list.",
    ),
    "CappedRecall": (
        r"CappedRecall(@\d+)?",
        "as Recall, of at most as many relevant movies as the list is long.",
    ),
    "Precision": (r"Precision(@\d+)?", "share of the list that is relevant."),
    "MAP": (
        r"MAP(@\d+)?",
        "mean over users of the precision at each relevant movie's rank.",
    ),
    "MRR": (r"MRR(@\d+)?", "mean over users of 1 / rank of the first relevant movie."),
    "Coverage": (r"[Cc]overage", "share of the candidate movies that are on somebody's list."),
    "PopularityLift": (
        r"PopularityLift|[Pp]opularity lift",
        "how many more training ratings the listed movies have than those of the user's history.",
    ),
    "Novelty": (r"Novelty", "mean self-information of the listed movies; rarer is higher."),
    "Diversity": (r"Diversity", "how different the movies of one list are, 0 to 1."),
    "Miscalibration": (
        r"Miscalibration",
        "how far the genres of a list are from those of the user's history.",
    ),
    "Gini": (r"Gini", "0 if every movie is listed equally often, 1 if one has all places."),
    "confidence interval": (
        r"95 ?% (CI|interval|bootstrap interval)|confidence interval",
        "where the mean would lie in 95 of 100 such samples of users; models whose intervals"
        " overlap may still differ, which a paired comparison tells.",
    ),
    "paired": (
        r"paired",
        "each user is compared with themselves, so that differences between users drop out.",
    ),
    "Holm": (r"Holm", "a correction of p for making several comparisons at once."),
    "ALS": (
        r"ALS|[Aa]lternating least squares",
        "alternating least squares, matrix factorisation that learns a vector for each user and"
        " each movie.",
    ),
    "EASE": (
        r"EASE",
        "a linear model: a movie's score is a weighted sum of the movies that a user has rated.",
    ),
    "hybrid": (
        r"[Tt]he hybrid|`?hybrid`?",
        "the model of this project: a weighted sum of the scores of ALS, EASE and recent"
        " popularity.",
    ),
    "TF-IDF": (
        r"TF-IDF",
        "weight of a word in a text: higher the more often it stands there, lower the more texts"
        " have it.",
    ),
    "cosine": (r"[Cc]osine", "similarity of two vectors by their direction, -1 to 1."),
    "latent factors": (
        r"[Ll]atent (factors|dimensions)",
        "numbers that a model learns for each user and movie; nobody says what they mean.",
    ),
    "implicit feedback": (
        r"[Ii]mplicit feedback",
        "what people did, such as watching, without how much they liked it.",
    ),
    "L2 penalty": (r"L2 penalty", "a cost on large weights, which keeps a model from overfitting."),
    "collaborative": (
        r"[Cc]ollaborative",
        "from who rated what, without looking at what the movies are.",
    ),
    "cold-start user": (
        r"[Cc]old-start user",
        "somebody who was not there when the model was trained.",
    ),
    "folded in": (r"[Ff]olded in", "scored from given ratings, without training anew."),
    "item features": (r"[Ii]tem features", "what is known of a movie beside its ratings."),
    "singular values": (
        r"[Ss]ingular values",
        "how much each of the independent directions of a matrix holds.",
    ),
    "candidates": (r"[Cc]andidates?", "the movies that a model may list for a user."),
    "validation split": (
        r"[Vv]alidation split",
        "part of the training ratings held out to choose settings, so that the test part is not"
        " used for it.",
    ),
    "long tail": (r"[Ll]ong tail", "the many movies with few ratings each."),
}
# Searched as one, so that a longer term wins over one that it holds.
_ANY = re.compile(
    "|".join(
        rf"(?P<t{number}>(?<!\w)(?:{pattern})(?!\w))"
        for number, (pattern, _) in enumerate(_TERMS.values())
    )
)


def add_terms(soup: BeautifulSoup) -> None:
    """After each block of a page, a line for each term that first stands there.

    A term that the text itself explains, as in "Coverage: share of ...", has none.
    """
    names = list(_TERMS)
    explained: set[str] = set()
    for block in soup.select("div.block"):
        text = _prose(block)
        found = [names[int(hit.lastgroup[1:])] for hit in _ANY.finditer(text) if hit.lastgroup]
        new = [name for name in dict.fromkeys(found) if name not in explained]
        explained.update(new)
        if lines := [name for name in new if not re.search(rf"{name}(@\d+)?: ", text)]:
            block.append(_definitions(soup, lines))


def _definitions(soup: BeautifulSoup, names: list[str]) -> Tag:
    made = soup.new_tag("dl", attrs={"class": "terms"})
    for name in names:
        row, term, meaning = soup.new_tag("div"), soup.new_tag("dt"), soup.new_tag("dd")
        term.string, meaning.string = name, _TERMS[name][1]
        row.extend([term, meaning])
        made.append(row)
    return made


def _prose(block: Tag) -> str:
    """What a block says in words of ours: a title in a table can be any word."""
    texts = [one.get_text(" ") for one in block.select("p, li, h2, h3, caption, thead th")]
    return " \n".join([*texts, *(str(image.get("alt", "")) for image in block.find_all("img"))])
