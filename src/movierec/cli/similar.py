"""The command `similar`."""

import argparse

from movierec import paths
from movierec.cli.options import Commands
from movierec.data.columns import MOVIE, TITLE
from movierec.data.movielens import SAMPLE


def add(commands: Commands) -> None:
    similar = commands.add_parser("similar", help="list the movies most similar to one")
    similar.set_defaults(command=_similar)
    similar.add_argument("--run", default=SAMPLE, help="whose model [sample]")
    similar.add_argument("-n", type=int, default=10, help="how many movies [10]")
    similar.add_argument("title", help="or nearly: the nearest one is taken")
    similar.add_argument("--cf-weight", type=float, help="0: content; 1: collaborative [the run's]")


def _similar(args: argparse.Namespace) -> None:
    from movierec.serving import answers, bundle, title_search
    from movierec.stages import artifact

    recommender = bundle.load_model(artifact(paths.RunPaths(args.run), "model.pkl"))
    resolved = title_search.resolve_titles(recommender, [args.title])
    title_search.refuse_unmatched(resolved)
    taken = resolved.iloc[0]
    found = recommender.similar(taken[MOVIE], args.n, args.cf_weight)
    print(f'"{args.title}" is {taken[TITLE]}')
    print(f"\n{answers.as_text(answers.readable(found))}")
