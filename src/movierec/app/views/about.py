"""About the model: what it was made from and with, how good it is, and whose data it is."""

import pandas as pd
import streamlit as st

from movierec.app import session
from movierec.app.widgets import headline
from movierec.data.movielens import MOVIELENS
from movierec.datasets import DatasetFacts
from movierec.markup import markdown
from movierec.serving.bundle import other_versions

_MOVIELENS = """
GroupLens at the University of Minnesota makes MovieLens available under its own terms: research
use, no endorsement implied, no commercial use without permission. It asks for this to be cited:

> F. Maxwell Harper and Joseph A. Konstan. 2015. The MovieLens Datasets: History and Context.
> ACM Transactions on Interactive Intelligent Systems 5, 4, Article 19.
> https://doi.org/10.1145/2827872
"""
_SIMULATED = "The films are real, their facts are this project's own; users do not exist."
_OTHERS = "Who made this dataset says under which terms it may be used."


def show() -> None:
    model = session.model()
    manifest = model.manifest
    st.header(f"About the model of run {markdown(model.run.name)}")
    for difference in other_versions(manifest):
        st.warning(f"The model {markdown(difference)}.")
    facts = DatasetFacts(**manifest.dataset)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("How good is it?")
        st.markdown(headline(model.summary))
        if model.summary.mean is not None and not model.is_evaluated:
            st.warning(
                "This evaluation is of other data or settings than the model: run 05_evaluation."
            )
        st.subheader(f"Dataset: {markdown(facts.name)}")
        st.table(_column(facts.counts()["count"].map("{:,}".format), "count"))
        selected = {name: f"{value:,g}" for name, value in facts.selection.items()}
        used = {
            "users": f"{len(model.recommender.bundle['u2i']):,}",
            "movies": f"{len(model.movies):,}",
        }
        st.caption("What of it the model was trained on")
        st.table(_column(used | selected, "value"))
        st.subheader("Licence")
        st.markdown("The code is under the MIT licence.")
        if facts.name in MOVIELENS:
            st.markdown(_MOVIELENS)
        else:
            st.markdown(_SIMULATED if facts.simulated else _OTHERS)
    with right:
        st.subheader("Settings")
        for stage, settings in manifest.settings.items():
            st.caption(markdown(stage))
            st.table(_column(settings, "value"))
        st.subheader("Versions")
        revision = {"git revision": manifest.git_revision or "unknown"}
        st.table(_column(manifest.versions | revision, "version"))
        st.caption(f"SHA-256 of {markdown(manifest.file)}")
        st.code(manifest.sha256, language=None, wrap_lines=True)


def _column(values: dict | pd.Series, name: str) -> pd.DataFrame:
    """A table of one column of text; a table's cells are Markdown."""
    column = pd.Series(values, dtype=object).map(markdown).rename(name)
    return column.to_frame().set_axis([markdown(one) for one in column.index])


if __name__ == "__main__":
    show()
