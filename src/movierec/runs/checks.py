"""What of a plan can be known to fail before a kernel starts: the dataset's headers, and texts
among its parameters that only a stage understands.
"""

from collections.abc import Callable, Mapping

from movierec.data.layouts import layout_of
from movierec.datasets import locate, require_layout
from movierec.runs.plan import Plan
from movierec.settings import Value


def check_plan(plan: Plan) -> None:
    """Raise ValueError or OSError for what a stage would refuse.

    A parameter that has its default is not looked at, so that nothing is imported for it.
    """
    for stage, told in plan.steps.items():
        values = dict(told)
        # Spark takes Parquet too, and checks as it reads.
        if "dataset" in values and values["engine"] == "local":
            require_layout(locate(plan.dataset))
        fields = stage.parameters.model_fields
        for name in filter(fields.__contains__, _CHECKS):
            if values[name] not in ("", fields[name].default):
                _CHECKS[name](plan, values)


def _engine(_: Plan, __: Mapping[str, Value]) -> None:
    from movierec.engines.session import require_spark

    require_spark()


def _models(_: Plan, values: Mapping[str, Value]) -> None:
    from movierec.models.registry import require_known

    require_known(str(values["models"]))


def _test_from(_: Plan, values: Mapping[str, Value]) -> None:
    from movierec.data.splits import seconds_of

    seconds_of(str(values["test_from"]))
    if values["protocol"] != "global-time":
        raise ValueError(
            f"test_from is of the protocol global-time, and protocol is {values['protocol']}:"
            " add -p protocol=global-time"
        )


def _protocol(plan: Plan, values: Mapping[str, Value]) -> None:
    folder = locate(plan.dataset)
    path = folder / layout_of(folder).given.name
    if values["protocol"] == "given" and not path.exists():
        raise ValueError(f"the protocol given needs a test set, and {path} is missing")


def _ratings(_: Plan, values: Mapping[str, Value]) -> None:
    from movierec.serving.title_search import parse_rating

    for typed in filter(str.strip, str(values["ratings"]).split(";")):
        parse_rating(typed)


_CHECKS: Mapping[str, Callable[[Plan, Mapping[str, Value]], None]] = {
    "engine": _engine,
    "protocol": _protocol,
    "test_from": _test_from,
    "models": _models,
    "ratings": _ratings,
}
