"""Facts as single words of a text, and as people read them."""

import pandas as pd
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from movierec.facts import tokens
from movierec.facts.catalogue import FACTS, films
from movierec.facts.tokens import fact_text, groups, readable


def test_a_film_has_each_fact_as_one_word_and_another_title_none():
    titles = pd.Series(["Alien (1979)", "Film 3 (1983)"], index=[7, 3])

    texts = fact_text(titles)

    assert texts.index.tolist() == [7, 3]
    assert {"ridley_scott", "sigourney_weaver", "set_in_space", "about_aliens"} <= {
        *texts[7].split()
    }
    assert texts[3] == ""


def test_no_fact_is_there_twice():
    # Woody Allen directed it, wrote it and plays in it.
    words = fact_text(pd.Series(["Annie Hall (1977)"]))[0].split()
    assert words.count("woody_allen") == 1
    assert len(words) == len(set(words))


def test_every_film_has_as_many_words_as_different_facts():
    for words, film in zip(fact_text(films()["title"]), films().to_dict("records"), strict=True):
        people = {name for c in ("director", "writers", "cast") for name in film[c]}
        others = sum(len(film[c]) for c in FACTS if c not in ("director", "writers", "cast"))
        assert len(words.split()) == len(people) + others


def test_tfidf_reads_each_fact_as_one_term_that_no_other_text_has():
    facts = " ".join(fact_text(films()["title"]))
    vectorizer = TfidfVectorizer(stop_words="english")
    vectorizer.fit([facts])
    assert set(vectorizer.get_feature_names_out()) == set(facts.split())
    assert all("_" in word for word in facts.split())


def test_words_of_facts_read_as_people_write_them():
    words = "ridley_scott set_in_space about_revenge mood_dark based_on_novel from_japan balloon"
    assert readable(words.split()).tolist() == [
        *("Ridley Scott", "set in space", "about revenge", "mood: dark", "based on novel"),
        *("from japan", "balloon"),
    ]


def test_two_facts_never_share_a_word():
    phrases = [*tokens._phrases().values()]
    assert len(phrases) == len(set(phrases)) == len({tokens._word(phrase) for phrase in phrases})
    values = {tokens._phrase(c, one) for c in FACTS for row in films()[c] for one in row}
    assert values == set(phrases)


@pytest.mark.parametrize(
    ("word", "group"),
    [
        ("ridley_scott", "people"),
        ("from_japan", "origin"),
        ("in_japanese", "origin"),
        ("based_on_novel", "subject"),
        ("series_james_bond", "subject"),
        ("set_in_space", "subject"),
        ("about_revenge", "subject"),
        ("mood_dark", "subject"),
        ("style_film_noir", "subject"),
        ("craft_stop_motion", "subject"),
        ("balloon", None),
    ],
)
def test_a_fact_belongs_to_a_group(word, group):
    assert groups([word]) == [group]
