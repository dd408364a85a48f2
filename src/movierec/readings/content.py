"""What 02_content_features says of its figure, computed from what it shows."""

import pandas as pd
from IPython.display import Markdown


def term_heatmap(weights: pd.DataFrame, query: str) -> Markdown:
    """weights: of terms (columns) in movies (rows, by title)."""
    matched = weights.index.str.contains(query, case=False, regex=False).sum()
    shared = ", ".join(weights.columns[(weights > 0).all()])
    return Markdown(
        f'{matched} of these {len(weights)} movies have a title that contains "{query}". Terms that'
        f" all of them have: {shared or 'none'}."
    )
