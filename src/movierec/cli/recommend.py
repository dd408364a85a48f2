"""The command `recommend`."""

import argparse
from pathlib import Path

from movierec import paths
from movierec.cli.options import Commands
from movierec.data.columns import MOVIE, RATING, TITLE
from movierec.data.movielens import SAMPLE


def add(commands: Commands) -> None:
    recommend = commands.add_parser("recommend", help="recommend movies by the model of a run")
    recommend.set_defaults(command=_recommend)
    recommend.add_argument("--run", default=SAMPLE, help="whose model [sample]")
    recommend.add_argument("-n", type=int, default=10, help="how many movies [10]")
    recommend.add_argument("--why", action="store_true", help="explain the first one")
    somebody = recommend.add_mutually_exclusive_group(required=True)
    somebody.add_argument("--user", help="a user of the run's data, by id")
    somebody.add_argument(
        "--profile",
        type=Path,
        metavar="FILE",
        help="one person's ratings: an export of Letterboxd, IMDb, MovieLens, or titles and stars",
    )
    somebody.add_argument(
        "--rate",
        metavar="TITLE=STARS",
        action="append",
        help='a rating of a cold-start user, as "Alien=4.5"; may be repeated',
    )


def _recommend(args: argparse.Namespace) -> None:
    from movierec.serving import answers, bundle, title_search
    from movierec.stages import artifact

    asked: int | dict[int, float]
    recommender = bundle.load_model(artifact(paths.RunPaths(args.run), "model.pkl"))
    if args.rate:
        resolved = title_search.resolve_ratings(recommender, args.rate)
        title_search.refuse_unmatched(resolved)
        asked = title_search.user_history(resolved)
        found = recommender.recommend_for(asked, args.n)
        for typed, title, stars in resolved[["typed", TITLE, RATING]].to_numpy():
            print(f'"{typed}" is {title}: {stars:g} of 5 stars')
    elif args.profile:
        from movierec.importing.profile import read_profile

        profile = read_profile(args.profile, recommender.bundle["movies_indexed"])
        asked = profile.ratings
        found = recommender.recommend_for(asked, args.n)
        print(f"{len(asked)} of {len(asked) + len(profile.unmatched)} rated films are in the model")
        if profile.unmatched:
            print(f"not found by title and year: {'; '.join(profile.unmatched[:5])}")
    else:
        asked = user = recommender.user_id(args.user)
        found = recommender.recommend(user, args.n)
        rated = recommender.rated(user)
        print(f"user {args.user} rated {len(rated)} movies; best: {'; '.join(rated[TITLE][:3])}")
    print(f"\n{answers.as_text(answers.readable(found))}")
    if args.why and len(found) and asked != {}:
        first = found.iloc[0]
        reasons = answers.strongest_contributions(recommender.explain(asked, first[MOVIE]))
        print(f"\nWhy {first[TITLE]}?\n{answers.as_text(reasons)}")
