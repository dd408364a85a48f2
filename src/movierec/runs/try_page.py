"""The page of a run on which people rate films and see what its model recommends, and why."""

from collections.abc import Mapping

from movierec.memory import NotEnoughMemory
from movierec.paths import RunPaths
from movierec.runs.page import write_page
from movierec.stages import MissingArtifact, artifact

MAX_BYTES = 5_000_000
# Room for the page itself, in bytes; for a movie's texts, and for their escapes.
_PAGE, _TEXTS = 100_000, 400
MOVIES = 1_000


def render_try(run: RunPaths, values: Mapping[str, object]) -> None:
    """Write `try.html`; where the run has no whole model, remove it.

    values: what pages of a run say of it.
    """
    page = run.report("try")
    try:
        model = artifact(run, "model.pkl")
    except MissingArtifact:
        page.unlink(missing_ok=True)
        return
    # It takes a second to import.
    from movierec.serving.bundle import BundleError, load_model
    from movierec.serving.portable import portable

    try:
        recommender = load_model(model)
        factors = recommender.fitted.model.components.als.settings.factors
        parts = portable(recommender, movies_within(MAX_BYTES, factors))
    except (FileNotFoundError, BundleError, NotEnoughMemory):
        page.unlink(missing_ok=True)
        return
    more = {"title": "Try it", "parts": parts, "trying": True, "tryable": True}
    write_page(page, {"body": {}, "stage": None, **values, **more}, "try.html.j2")


def movies_within(size: int, factors: int) -> int:
    """The most movies, at most MOVIES, whose parts fit into a page of so many bytes."""

    def needed(movies: int) -> float:
        arrays = 2 * movies**2 + 6 * factors * movies + 4 * factors**2 + 300 * movies
        return 4 / 3 * arrays + _TEXTS * movies + _PAGE

    return next((n for n in range(MOVIES, 50, -50) if needed(n) <= size), 50)
