"""What 04_hybrid_similarity and 05_evaluation say of hyperparameters fitted to the data."""

import pandas as pd
from IPython.display import Markdown


def adapted(about: str, changes: pd.DataFrame) -> Markdown:
    """about: what was searched on; changes: columns start and chosen, by setting."""
    if changes.empty:
        return Markdown(f"{about} All settings are as they were given.")
    said = [
        f"`{name}` {change['chosen']:g} (given {change['start']:g})"
        for name, change in changes.iterrows()
    ]
    return Markdown(f"{about} Changed: {', '.join(said)}.")
