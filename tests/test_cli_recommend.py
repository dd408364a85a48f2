"""What the command line says of a model's answers."""

import io
import subprocess
import sys

import pytest

from movierec.cli import main
from movierec.paths import RunPaths
from movierec.serving.bundle import load_model
from movierec.stages import artifact


@pytest.fixture(autouse=True)
def run(world) -> RunPaths:
    return world.save()


def test_a_user_s_best_ratings_come_before_what_to_see(capsys):
    assert main(["recommend", "--user", "502", "-n", "3"]) == 0
    first, blank, head, *rows = capsys.readouterr().out.splitlines()
    assert first.startswith("user 502 rated 5 movies; best: ")
    assert blank == ""
    assert head.split() == ["title", "genres", "score", "content,", "%"]
    assert len(rows) == 3
    assert rows[0].startswith("Orbit, The (1995)")


def test_what_was_understood_is_said_of_each_rating(capsys):
    assert main(["recommend", "--rate", "the orbit=4.5", "--rate", "wedding bels=1"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == '"the orbit" is Orbit, The (1995): 4.5 of 5 stars'
    assert out[1] == '"wedding bels" is Wedding Bells (1989): 1 of 5 stars'
    assert len(out) == 4 + 10


def test_the_numbers_are_those_of_the_model(run, capsys):
    assert main(["recommend", "--rate", "comet=5", "-n", "1"]) == 0
    best = load_model(artifact(run, "model.pkl")).recommend_for({50: 5.0}, 1).iloc[0]
    row = capsys.readouterr().out.splitlines()[-1]
    assert row.startswith(best["title"])
    score, share = map(float, row.split()[-2:])
    assert score == pytest.approx(best["score"], abs=0.005)
    assert share == pytest.approx(100 * best["content_share"], abs=0.5)


@pytest.mark.parametrize("asked", [["--rate", "comet=5"], ["--user", "502"]])
def test_why_gives_the_strongest_reasons_of_the_first(asked, capsys):
    assert main(["recommend", *asked, "--why"]) == 0
    _, listed, why = capsys.readouterr().out.split("\n\n")
    first = listed.splitlines()[1].split("  ")[0]
    question, head, *reasons = why.splitlines()
    assert question.startswith("Why ")
    assert question[4:-1].startswith(first.split(" (")[0])
    assert head.split() == ["kind", "what", "because", "contribution"]
    assert reasons[0].startswith("movie")
    assert reasons[-1].startswith("offset")


def test_an_export_of_another_service_is_a_profile(tmp_path, run, capsys):
    (tmp_path / "ratings.csv").write_text(
        "Date,Name,Year,Letterboxd URI,Rating\n2020-01-01,The Orbit,1995,a,4.5\n"
        "2020-01-01,Nowhere,2001,b,1\n"
    )
    assert main(["recommend", "--profile", str(tmp_path / "ratings.csv"), "-n", "1"]) == 0
    first, second, _, _, row = capsys.readouterr().out.splitlines()
    assert first == "1 of 2 rated films are in the model"
    assert second == "not found by title and year: Nowhere (2001)"
    recommender = load_model(artifact(run, "model.pkl"))
    orbit = int(recommender.find("orbit", n=1)["movieId"].iloc[0])
    best = recommender.recommend_for({orbit: 4.5}, 1).iloc[0]
    assert row.startswith(best["title"])


def test_without_why_there_are_no_reasons(capsys):
    assert main(["recommend", "--user", "502"]) == 0
    assert "Why" not in capsys.readouterr().out


def test_similar_movies_are_listed_below_what_was_understood(capsys):
    assert main(["similar", "the orbit", "-n", "2"]) == 0
    first, _, head, *rows = capsys.readouterr().out.splitlines()
    assert first == '"the orbit" is Orbit, The (1995)'
    assert head.split() == ["title", "genres", "similarity"]
    assert len(rows) == 2


def test_a_weight_changes_what_is_similar(capsys):
    lists = []
    for weight in ("0", "1"):
        assert main(["similar", "Galaxy Drift", "--cf-weight", weight]) == 0
        lists.append(capsys.readouterr().out)
    assert lists[0] != lists[1]


def test_another_run_s_model_can_be_asked(world, capsys):
    world.save("other")
    assert main(["similar", "--run", "other", "orbit"]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["recommend", "--user", "9"], "error: user 9 is not among the model's users"),
        (["recommend", "--user", "501", "-n", "0"], "error: n is 0; ask for at least one movie"),
        (["recommend", "--rate", "Comet=6"], 'error: "Comet=6": a rating lies in 0.5-5.0'),
        (["recommend", "--rate", "Comet"], 'error: "Comet" is not of the form TITLE=STARS'),
        (["recommend", "--rate", "zzz=4"], 'error: no title is like "zzz"; the nearest are '),
        (["recommend", "--rate", "hatch=4", "--rate", "airlock=1"], "rate it once"),
        (["recommend", "--run", "nobody", "--user", "1"], "--run nobody --to 04_hybrid_similarity"),
        (["similar", "zzz"], 'error: no title is like "zzz"; the nearest are '),
        (["similar", "comet", "--cf-weight", "2"], "error: cf_weight is 2.0; it lies in [0, 1]"),
        (["similar", "comet", "-n", "-3"], "error: n is -3; ask for at least one movie"),
        (["similar", "--run", "nobody", "comet"], "model.pkl is missing: notebook 04"),
    ],
)
def test_what_cannot_be_answered_is_said_in_one_line(arguments, message, capsys):
    assert main(arguments) == 1
    said = capsys.readouterr()
    assert message in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


def test_the_pickle_alone_is_told_in_one_line(run, capsys):
    for name in ("hybrid.npz", "interactions.npz"):
        artifact(run, name).unlink()
    assert main(["recommend", "--user", "501"]) == 1
    assert "error: the pickle alone serves similar movies" in capsys.readouterr().err
    assert main(["similar", "comet"]) == 0


@pytest.mark.parametrize("arguments", [[], ["--user", "501", "--rate", "Comet=5"]])
def test_either_a_user_or_ratings_must_be_given(arguments):
    with pytest.raises(SystemExit) as ended:
        main(["recommend", *arguments])
    assert ended.value.code == 2


def test_help_brings_in_no_model():
    code = (
        "import sys; sys.argv = ['movierec', '--help']\n"
        "import runpy\n"
        "try: runpy.run_module('movierec', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "print('implicit' in sys.modules, 'pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False False"


def test_a_title_that_a_terminal_cannot_encode_costs_only_its_letters(monkeypatch, run):
    bundle = load_model(artifact(run, "model.pkl"))
    titles = bundle.bundle["movies_indexed"]["title"].str.replace("o", "ő")
    bundle.bundle["movies_indexed"]["title"] = titles
    monkeypatch.setattr("movierec.serving.bundle.load_model", lambda path: bundle)
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, "ascii"))
    assert main(["similar", "orbit"]) == 0
    sys.stdout.flush()
    assert b'"orbit" is Orbit, The (1995)' in written.getvalue()
    assert b"?" in written.getvalue()
