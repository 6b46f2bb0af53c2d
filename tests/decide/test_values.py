"""The values that decisions are made of: traffic maps, verdicts, times, the record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from azure_model import problem
from hypothesis import given
from hypothesis import strategies as st

from rollout.core import times, traffic
from rollout.core.comparison.blocks import Baseline, Tier
from rollout.core.observed import Provisioning, Published
from rollout.core.past import COMPARED_STAGES_LIMIT, PastStage
from rollout.core.publication import PUBLISHED_TAGS, TAG_LENGTH, lags, wanted_tags
from rollout.core.record import (
    ADOPTED,
    BASELINE,
    MIRROR,
    SINCE,
    STAGE,
    STAGES,
    TAGS,
    TRAFFIC,
    Adopted,
    Record,
    RecordError,
    with_failed,
    without_failed,
)
from rollout.core.step import Outcome, Phase, StepKind
from rollout.core.verdict import Verdict, worst
from rollout.core.window import Window

NAMES = st.from_regex(r"[a-z][a-z0-9-]{2,31}", fullmatch=True)
RELEASES = st.builds("{}:{}-{:08x}".format, NAMES, st.integers(1, 999), st.integers(0, 2**32 - 1))
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0, tzinfo=UTC)
)
MAPS = st.dictionaries(NAMES, st.integers(0, 100), max_size=3)
SHARES = st.floats(0, 1)
PERCENTILES = st.floats(0, 1e9)
BASELINES = st.builds(
    Baseline,
    tier=st.sampled_from(Tier),
    requests=st.integers(0, 10**12),
    error_share=SHARES,
    slow_ms=st.none() | st.tuples(PERCENTILES, PERCENTILES, PERCENTILES),
    stages=st.integers(0, COMPARED_STAGES_LIMIT),
    gates=st.integers(0, 99),
    minutes=st.integers(0, 1440),
)


@st.composite
def past_stages(draw: st.DrawFn) -> tuple[PastStage, ...]:
    at, stages = draw(INSTANTS), list[PastStage]()
    for _ in range(draw(st.integers(0, COMPARED_STAGES_LIMIT))):
        at += timedelta(seconds=draw(st.integers(0, 10**6)))
        window = Window(at, at + timedelta(seconds=draw(st.integers(0, 366 * 86400))))
        at = window.end
        mirror = draw(st.integers(0, 50))
        stages.append(PastStage(0 if mirror else draw(st.integers(1, 99)), mirror, window))
    return tuple(stages)


RECORDS = st.builds(
    Record,
    prod=st.none() | NAMES,
    old_prod=st.none() | NAMES,
    candidate=st.none() | NAMES,
    prod_release=st.none() | RELEASES,
    release=st.none() | RELEASES,
    failed_release=st.none() | RELEASES,
    stage=st.none() | st.integers(0, 100),
    since=st.none() | INSTANTS,
    traffic=MAPS,
    mirror=st.integers(0, 50),
    baseline=st.none() | BASELINES,
    past=past_stages(),
    old_prod_release=st.none() | RELEASES,
    failed_before=st.lists(RELEASES, max_size=3).map(tuple),
    adopted=st.none() | st.builds(Adopted, NAMES, st.from_regex(r"[0-9a-f]{8}", fullmatch=True)),
)


# Traffic


@pytest.mark.parametrize(
    ("shares", "complaint"),
    [
        ({}, None),
        ({"blue": 0}, None),
        ({"blue": 100}, None),
        ({"blue": 90, "green": 10}, None),
        ({"blue": 100, "green": 0}, None),
        ({"blue": 99}, "99"),
        ({"blue": 60, "green": 60}, "120"),
        ({"blue": 110, "green": -10}, "outside"),
    ],
)
def test_azure_takes_a_sum_of_100_or_nothing_at_all(shares: dict[str, int], complaint: str | None) -> None:
    said = problem(shares)
    assert said is None if complaint is None else complaint in (said or "")


@given(MAPS, st.lists(NAMES, max_size=3))
def test_zeros_dont_count(shares: dict[str, int], others: list[str]) -> None:
    assert traffic.same(shares, shares | {name: 0 for name in others if name not in shares})
    assert 0 not in traffic.live(shares).values()


@given(MAPS, MAPS)
def test_maps_are_the_same_for_everybody_or_for_nobody(one: dict[str, int], other: dict[str, int]) -> None:
    assert traffic.same(one, other) is traffic.same(other, one)
    assert traffic.same(one, other) is (traffic.live(one) == traffic.live(other))


def test_a_map_is_shown_as_people_write_it() -> None:
    assert traffic.show({"green": 10, "blue": 90}) == "blue 90, green 10"
    assert traffic.show({}) == "no traffic"


# Verdicts


def test_the_worst_verdict_wins() -> None:
    order = [Verdict.SUCCESSFUL, Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.FAILED]
    assert sorted(Verdict) == order
    for place, verdict in enumerate(order):
        assert worst(order[: place + 1]) is verdict
        assert worst(reversed(order[: place + 1])) is verdict


def test_nothing_judged_is_not_success() -> None:
    assert worst([]) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("verdict", Verdict)
def test_a_verdict_is_read_as_it_is_shown(verdict: Verdict) -> None:
    assert Verdict.parse(str(verdict)) is verdict


# Times


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("15m", timedelta(minutes=15)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        ("90s", timedelta(seconds=90)),
        ("500ms", timedelta(milliseconds=500)),
        ("1d", timedelta(days=1)),
        ("0s", timedelta(0)),
    ],
)
def test_durations(text: str, duration: timedelta) -> None:
    assert times.parse_duration(text) == duration
    assert times.parse_duration(times.show_duration(duration)) == duration


@pytest.mark.parametrize("text", ["", "15", "m", "15 m", "-5m", "1h-5m", "five minutes", "1w", "15M", "nan"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="a duration such as"):
        times.parse_duration(text)


@given(st.integers(0, 60 * 60 * 24 * 40))
def test_a_duration_is_shown_to_its_two_largest_units(seconds: int) -> None:
    shown = times.show_duration(timedelta(seconds=seconds))
    read = times.parse_duration(shown).total_seconds()
    assert 0 <= seconds - read <= max(seconds * 0.05, 0), shown


@given(INSTANTS)
def test_an_instant_is_read_as_it_is_shown(at: datetime) -> None:
    assert times.parse_instant(times.show_instant(at)) == at
    offset = times.parse_instant(at.astimezone().isoformat())
    assert offset == at


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-21T10:00:00", "2026-13-01T00:00:00Z"])
def test_what_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        times.parse_instant(text)


@given(INSTANTS, st.integers(-100, 100), st.integers(0, 100))
def test_a_window_holds_what_fits_in_it(start: datetime, length: int, wanted: int) -> None:
    window = Window(start, start + timedelta(minutes=length))
    assert window.holds(timedelta(minutes=wanted)) is (length >= wanted)


# The record


@given(RECORDS)
def test_a_record_is_read_as_it_was_written(record: Record) -> None:
    tags = record.tags()
    assert Record.from_tags(tags) == record
    assert Record.from_tags(tags | {"team": "credit", "ROLLOUT_PHASE": "Healthy"}) == record
    assert set(tags) <= set(TAGS)
    assert all(len(name) <= 40 and len(text) <= TAG_LENGTH for name, text in tags.items())


@given(RECORDS, st.sampled_from(Phase))
def test_the_published_copy_is_the_record_and_its_phase(record: Record, phase: Phase) -> None:
    wanted = wanted_tags(record, phase)
    assert set(wanted) <= set(PUBLISHED_TAGS)
    assert {name: text for name, text in wanted.items() if name in TAGS} == record.tags()
    assert not lags(record, Published(record.tags(), phase))
    assert lags(record, Published())


@given(st.lists(RELEASES, max_size=12))
def test_what_was_taken_back_is_remembered_as_long_as_it_fits(releases: list[str]) -> None:
    record = Record()
    for release in releases:
        last, before = with_failed(record.failed, release)
        record = Record(failed_release=last, failed_before=before)
        assert record.failed[0] == release
        assert len(set(record.failed)) == len(record.failed)
    assert all(len(text) <= TAG_LENGTH for text in record.tags().values())
    assert list(record.failed) == list(dict.fromkeys(reversed(releases)))[: len(record.failed)]
    short = len(" ".join(releases)) <= TAG_LENGTH
    assert not short or set(record.failed) == set(releases)
    if record.failed:
        last, before = without_failed(record.failed, record.failed[-1])
        assert Record(failed_release=last, failed_before=before).failed == record.failed[:-1]


def test_no_tags_are_no_record() -> None:
    assert Record.from_tags({}) is None
    assert Record.from_tags({"team": "credit"}) is None
    assert Record().tags() == {TRAFFIC: "{}"}


FROZEN = (
    '{"tier":"logs","requests":5400,"minutes":60,"errors":0.004,"slow":[9.1,20.5,31.0],"stages":2,"gates":2}'
)


def test_what_is_frozen_can_be_read_by_people() -> None:
    stages = "0m20@2026-11-21T10:02:00Z/1800s 10@2026-11-21T10:35:00Z/2580s"
    record = Record.from_tags({BASELINE: FROZEN, STAGES: stages, MIRROR: "20"})
    assert record is not None
    assert record.baseline == Baseline(Tier.LOGS, 5400, 0.004, (9.1, 20.5, 31.0), 2, 2, minutes=60)
    assert [(each.traffic, each.mirror) for each in record.past] == [(0, 20), (10, 0)]
    assert record.past[1].window.show() == "10:35:00Z to 11:18:00Z"
    assert {BASELINE: FROZEN, STAGES: stages, MIRROR: "20"}.items() <= record.tags().items()


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        (STAGE, ""),
        (STAGE, "ten"),
        (STAGE, "-1"),
        (STAGE, "10.5"),
        (STAGE, "²"),
        (STAGE, "101"),
        (SINCE, ""),
        (SINCE, "yesterday"),
        (SINCE, "2026-11-21T10:00:00"),
        (TRAFFIC, ""),
        (TRAFFIC, "{"),
        (TRAFFIC, "[]"),
        (TRAFFIC, "100"),
        (TRAFFIC, '{"blue":"100"}'),
        (TRAFFIC, '{"blue":99.5}'),
        (TRAFFIC, '{"blue":true}'),
        (TRAFFIC, '{"blue":null}'),
        (TRAFFIC, "[" * 256),
        (MIRROR, ""),
        (MIRROR, "20 %"),
        (MIRROR, "120"),
        (BASELINE, ""),
        (BASELINE, "{"),
        (BASELINE, "[]"),
        (BASELINE, "1" * 5000),
        (BASELINE, FROZEN.replace("logs", "guesses")),
        (BASELINE, FROZEN.replace("5400", "5400.5")),
        (BASELINE, FROZEN.replace("5400", "-1")),
        (BASELINE, FROZEN.replace("0.004", "NaN")),
        (BASELINE, FROZEN.replace("0.004", "1.004")),
        (BASELINE, FROZEN.replace("0.004", '"0.004"')),
        (BASELINE, FROZEN.replace(",31.0", "")),
        (BASELINE, FROZEN.replace("31.0", "Infinity")),
        (BASELINE, FROZEN.replace("31.0", "true")),
        (BASELINE, FROZEN.replace('"gates":2', '"gate":2')),
        (ADOPTED, ""),
        (ADOPTED, "main"),
        (ADOPTED, "main 1a2b3c4d more"),
        (STAGES, ""),
        (STAGES, "10"),
        (STAGES, "10@2026-11-21T10:02:00Z"),
        (STAGES, "10@yesterday/2580s"),
        (STAGES, "10@2026-11-21T10:02:00/2580s"),
        (STAGES, "10@2026-11-21T10:02:00Z/-2580s"),
        (STAGES, "10@9999-11-21T10:02:00Z/99999999s"),
        (STAGES, "10@2026-11-21T10:02:00Z/2580s,50@2026-11-21T11:02:00Z/2580s"),
        (STAGES, "10@2026-11-21T10:02:00Z/2580s 50@2026-11-21T10:30:00Z/2580s"),
    ],
)
def test_a_tag_that_cant_be_read_is_named_with_its_value(tag: str, text: str) -> None:
    with pytest.raises(RecordError, match=tag):
        Record.from_tags({tag: text})


@given(st.dictionaries(st.sampled_from(TAGS), st.text(max_size=20)))
def test_any_tags_are_a_record_or_an_error_that_says_so(tags: dict[str, str]) -> None:
    try:
        record = Record.from_tags(tags)
    except RecordError as error:
        assert any(name in str(error) for name in tags)  # noqa: PT017
    else:
        assert (record is None) is (not tags)


# The step


def test_routing_is_the_same_whatever_is_at_0() -> None:
    one = traffic.Routing({"blue": 100, "green": 0}, {"green": 20, "old": 0})
    assert one.same(traffic.Routing({"blue": 100}, {"green": 20}))
    assert not one.same(traffic.Routing({"blue": 100}))
    assert not one.same(traffic.Routing({"green": 100}, {"green": 20}))
    assert one.show() == "blue 100, green 0, mirrored to green 20"


def test_only_a_step_that_does_something_writes() -> None:
    writing = {kind for kind in StepKind if kind.writes_endpoint}
    publishing = {kind for kind in StepKind if kind.publishes}
    assert publishing - writing == {StepKind.REPAIR}
    assert set(StepKind) - publishing == {StepKind.NONE, StepKind.HOLD}


def test_red_is_for_a_take_back_and_for_what_nobody_can_do_or_read() -> None:
    assert [outcome for outcome in Outcome if outcome.exits_non_zero] == [
        Outcome.TAKEN_BACK,
        Outcome.UNREADABLE,
        Outcome.STUCK,
    ]


def test_azure_is_at_work_or_it_is_not() -> None:
    done = {state for state in Provisioning if not state.in_progress}
    assert done == {Provisioning.SUCCEEDED, Provisioning.FAILED, Provisioning.CANCELED}


def test_zeros_of_others_are_left_out_of_a_map_that_is_longer_than_a_tag() -> None:
    theirs = {f"{'x' * 25}-{number}": 0 for number in range(9)}
    roles = {"blue": 60, "green": 0, "other": 40}
    short = Record(prod="blue", candidate="green", traffic={**roles, "theirs": 0})
    assert short.tags()[TRAFFIC] == '{"blue":60,"green":0,"other":40,"theirs":0}'
    crowded = Record(prod="blue", candidate="green", traffic={**roles, **theirs})
    assert crowded.tags()[TRAFFIC] == '{"blue":60,"green":0,"other":40}'
    read = Record.from_tags(crowded.tags())
    assert read is not None
    assert read.routing.same(crowded.routing)
