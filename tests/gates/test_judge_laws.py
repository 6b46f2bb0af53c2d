"""What must hold of every judgement, whatever was measured."""

from dataclasses import replace
from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from rollout.core.gates.evidence import Point, Series
from rollout.core.gates.fixed import Empty, FixedGate, Limit
from rollout.core.plan import Stage
from rollout.core.verdict import Verdict
from rollout.core.window import Window
from tests.gates.evidence import MINUTE, START, errors, evidence, judged, series

Case = tuple[FixedGate, Stage, Window, list[Series], list[Series]]

numbers = st.floats(0, 200) | st.sampled_from([float("nan"), float("inf"), float("-inf")])
values = st.lists(st.none() | numbers, max_size=16)
counts = st.lists(st.none() | st.integers(0, 300).map(float), max_size=16)
stages = st.builds(Stage, st.sampled_from([10, 50, 100]), min_requests=st.integers(1, 500))
windows = st.builds(
    lambda late, length: Window(START + timedelta(seconds=late), START + timedelta(seconds=late + length)),
    st.integers(0, 120),
    st.integers(-60, 900),
)
gates = st.builds(
    FixedGate,
    st.just("gate"),
    st.sampled_from(["RequestsPerMinute", "RequestLatency_P90"]),
    filter=st.sampled_from([None, "statusCodeClass ne '2xx'"]),
    points=st.integers(1, 6),
    max=st.builds(Limit, st.floats(0, 100)),
    min=st.sampled_from([Limit(), Limit(0)]),
    empty=st.sampled_from(Empty),
    failure_limit=st.integers(0, 2),
    inconclusive_limit=st.integers(0, 2),
    consecutive_error_limit=st.integers(0, 2),
    consecutive_success_limit=st.integers(0, 3),
)


@st.composite
def measured(draw: st.DrawFn) -> Case:
    """A gate, where it is judged, and two lists of series: filtered ones and plain ones."""
    gate = draw(gates)
    filtered = [errors(draw(values), code) for code in draw(st.sets(st.sampled_from(["4xx", "5xx"])))]
    plain = [series("RequestsPerMinute", draw(counts))]
    if gate.metric != "RequestsPerMinute":
        filtered = [replace(each, metric=gate.metric, unit="Milliseconds") for each in filtered]
        plain.append(series(gate.metric, draw(values), "Milliseconds"))
    return gate, draw(stages), draw(windows), filtered, plain


def verdict(
    gate: FixedGate, stage: Stage, window: Window, filtered: list[Series], plain: list[Series]
) -> Verdict:
    known = evidence(filtered=filtered, plain=plain, gates=(gate,), stage=stage, window=window)
    return judged((gate,), known, stage, window).verdict


def cleared(each: Series) -> Series:
    return replace(each, points=tuple(Point(point.at, None) for point in each.points))


@given(measured())
def test_no_data_is_never_success(case: Case):
    gate, stage, window, filtered, plain = case
    bare = verdict(
        gate, stage, window, [cleared(each) for each in filtered], [cleared(each) for each in plain]
    )
    assert bare is not Verdict.SUCCESSFUL
    assert verdict(gate, stage, window, [], []) is not Verdict.SUCCESSFUL
    requests_unknown = [each for each in plain if each.metric != "RequestsPerMinute"]
    assert verdict(gate, stage, window, filtered, requests_unknown) is not Verdict.SUCCESSFUL


@given(measured(), st.integers(0, 15))
def test_a_point_beyond_the_limit_never_improves_the_verdict(case: Case, minute: int):
    gate, stage, window, filtered, plain = case
    gate = replace(gate, failure_limit=0, empty=Empty.HOLD if gate.empty is Empty.ABORT else gate.empty)
    unit = "Count" if gate.metric == "RequestsPerMinute" else "Milliseconds"
    worse = replace(series(gate.metric, [1000.0], unit, START + minute * MINUTE, extra="x"))
    before = verdict(gate, stage, window, filtered, plain)
    if gate.filter is None:
        assert verdict(gate, stage, window, filtered, [*plain, worse]) >= before
    else:
        assert verdict(gate, stage, window, [*filtered, worse], plain) >= before


@given(measured(), st.data())
def test_a_worse_value_never_improves_the_verdict(case: Case, data: st.DataObject):
    gate, stage, window, filtered, plain = case
    if gate.filter is None:
        gate = replace(gate, filter="statusCodeClass ne '2xx'")
    before = verdict(gate, stage, window, filtered, plain)
    if not filtered or not filtered[0].points:
        return
    which = data.draw(st.integers(0, len(filtered[0].points) - 1))
    points = list(filtered[0].points)
    if points[which].value is None or not 0 <= points[which].value <= 200:
        return
    points[which] = replace(points[which], value=1000.0)
    after = [replace(filtered[0], points=tuple(points)), *filtered[1:]]
    assert verdict(gate, stage, window, after, plain) >= before


@given(measured(), st.randoms())
def test_the_order_of_series_and_points_is_irrelevant(case: Case, random: Random):
    gate, stage, window, filtered, plain = case

    def shuffled(many: list[Series]) -> list[Series]:
        mixed = [replace(each, points=tuple(random.sample(each.points, len(each.points)))) for each in many]
        return random.sample(mixed, len(mixed))

    known = evidence(filtered=filtered, plain=plain, gates=(gate,), stage=stage, window=window)
    mixed = evidence(
        filtered=shuffled(filtered), plain=shuffled(plain), gates=(gate,), stage=stage, window=window
    )
    one, other = (judged((gate,), each, stage, window) for each in (known, mixed))
    assert one == other


@given(measured())
def test_nothing_outside_the_window_counts(case: Case):
    gate, stage, window, filtered, plain = case

    def inside(each: Series) -> Series:
        kept = tuple(p for p in each.points if window.start <= p.at and p.at + MINUTE <= window.end)
        return replace(each, points=kept)

    known = evidence(filtered=filtered, plain=plain, gates=(gate,), stage=stage, window=window)
    cut = evidence(
        filtered=[*map(inside, filtered)],
        plain=[*map(inside, plain)],
        gates=(gate,),
        stage=stage,
        window=window,
    )
    assert judged((gate,), known, stage, window) == judged((gate,), cut, stage, window)


@given(measured())
def test_few_requests_are_never_success(case: Case):
    gate, stage, window, filtered, plain = case
    demanding = replace(stage, min_requests=10**6)
    assert verdict(gate, demanding, window, filtered, plain) is not Verdict.SUCCESSFUL
