"""What a terminal shows of stages and tables."""

import pandas as pd

from movierec.cli.terminal import StageLine, print_sections


def test_a_stage_says_how_far_it_is_and_at_last_how_it_went(capsys):
    line = StageLine(live=True)
    line.begin("05_evaluation")
    line.show("model 6 of 12, bpr, about 40 s left")
    line.end("    1.0 s")

    shown = capsys.readouterr().out
    name = "05_evaluation".ljust(22)
    assert shown.split("\r\x1b[2K") == [
        name,
        f"{name}model 6 of 12, bpr, about 40 s left",
        f"{name}    1.0 s\n",
    ]


def test_what_is_too_long_for_the_line_is_cut(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "60")
    line = StageLine(live=True)
    line.begin("05_evaluation")
    line.show("x" * 200)

    assert capsys.readouterr().out.endswith(" " + "x" * 37)


def test_in_a_pipe_only_the_end_is_printed(capsys):
    line = StageLine(live=False)
    line.begin("05_evaluation")
    line.show("model 6 of 12")
    line.end("    1.0 s")

    assert capsys.readouterr().out == "05_evaluation".ljust(22) + "    1.0 s\n"


def test_what_comes_after_the_end_of_a_stage_is_not_shown(capsys):
    line = StageLine(live=True)
    line.begin("05_evaluation")
    line.end("    1.0 s")
    line.show("model 6 of 12")

    assert "model" not in capsys.readouterr().out


def test_sections_are_headings_text_and_tables_without_figures(capsys):
    print_sections({"Which?": ["One.", pd.DataFrame({"n": [3]}, ["a"]), object()]})

    assert capsys.readouterr().out == "Which?\n------\nOne.\n\n   n\na  3\n\n"
