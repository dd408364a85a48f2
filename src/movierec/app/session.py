"""What a visitor's session holds: which run it asks, and the profile, also in the address."""

import os

import streamlit as st

from movierec.app import profile as profiles
from movierec.app.launch import RUN_VARIABLE
from movierec.app.model import Model, ModelUnavailable, open_model
from movierec.app.profile import Profile, UnreadableProfile
from movierec.data.movielens import SAMPLE
from movierec.markup import markdown

_PROFILE, _UNREADABLE = "profile", "unreadable"


def run_name() -> str:
    return os.environ.get(RUN_VARIABLE) or SAMPLE


def model() -> Model:
    """The app's model; where there is none, the page says why and ends."""
    try:
        return open_model(run_name())
    except ModelUnavailable as error:
        st.error(f"**The model of run {markdown(run_name())} is not available.**")
        st.code(str(error), language=None, wrap_lines=True)
        st.stop()


def profile() -> Profile:
    return st.session_state[_PROFILE]


def change(to: Profile) -> None:
    st.session_state[_PROFILE] = to
    st.session_state.pop(_UNREADABLE, None)


def begin(of: Model) -> None:
    """Take the profile from the address when a session begins; later keep it there."""
    if _PROFILE not in st.session_state:
        text = st.query_params.get(_PROFILE, "")
        try:
            found = profiles.from_text(text, of.catalogue) if text else Profile()
        except UnreadableProfile as error:
            st.session_state[_UNREADABLE] = str(error)
            found = Profile()
        st.session_state[_PROFILE] = found
    if why := st.session_state.get(_UNREADABLE):
        st.warning(f"The address holds a profile that was left out: {markdown(why)}.")
    _keep_in_address(of)


def _keep_in_address(of: Model) -> None:
    text = profiles.to_text(profile(), of.catalogue) if profile() else ""
    if len(text) > profiles.LONGEST:
        st.info(
            f"{len(profile().ratings):,} ratings are too many for the page's address: export them"
            " to keep them, since a reload forgets them."
        )
        text = ""
    if text != st.query_params.get(_PROFILE, ""):
        if text:
            st.query_params[_PROFILE] = text
        else:
            del st.query_params[_PROFILE]
