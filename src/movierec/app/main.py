"""The script that Streamlit runs, for every visitor and every change they make."""

from pathlib import Path

import streamlit as st

from movierec.app import cards, session

VIEWS = Path(__file__).with_name("views")


def main() -> None:
    st.set_page_config(page_title="movierec", layout="wide")
    page = st.navigation(
        [
            st.Page(VIEWS / "for_you.py", title="For you", default=True),
            st.Page(VIEWS / "more_like_this.py", title="More like this", url_path="similar"),
            st.Page(VIEWS / "user.py", title="A user of the data", url_path="user"),
            st.Page(VIEWS / "two_runs.py", title="Two runs", url_path="two-runs"),
            st.Page(VIEWS / "about.py", title="About the model", url_path="about"),
        ],
        position="top",
    )
    st.html(cards.STYLE)
    model = session.model()
    session.begin(model)
    if model.simulated:
        st.info(
            "**Simulated audience.** Users, ratings and tags come from a seeded simulator. Nothing"
            " here says anything about real people."
        )
    page.run()


if __name__ == "__main__":
    main()
