"""Whatever is written, config is read or refused: never anything else. An abort has a plan all the same."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rollout.core.config import ConfigError, read, salvage
from tests.config.stack import FULL, as_pulumi_gives_it, known_keys, with_value

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.just(10**400)
    | st.just("9" * 5000)
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
)
paths = st.sampled_from([path.replace("[]", "[0]") for path in known_keys()])


def read_or_refused(raw: dict[str, str]) -> None:
    found = salvage(raw, file="Pulumi.dev.yaml")
    assert found.settings.plan("tiny:1-00000000").release == "tiny:1-00000000"
    assert (found.error is None) == (not found.unread)
    try:
        read(raw, file="Pulumi.dev.yaml")
    except ConfigError as error:
        assert error.problems  # noqa: PT017
        assert all(str(problem) in str(error) for problem in error.problems)  # noqa: PT017


@given(paths, anything)
def test_any_value_of_any_key(path: str, value: Any):
    read_or_refused(as_pulumi_gives_it(with_value(FULL, path, value)))


@given(st.dictionaries(st.sampled_from(list(FULL)), anything.map(json.dumps) | st.text()))
def test_any_keys_at_once(raw: dict[str, str]):
    read_or_refused(raw)
