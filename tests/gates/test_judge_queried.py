"""Gates with a limit on a query's number: whatever the query returns is a sentence and the right verdict."""

import math
from dataclasses import replace

import pytest

from rollout.core.gates.comparative import ComparisonSettings
from rollout.core.gates.evidence import Answer, Table, Unreadable
from rollout.core.gates.fixed import Empty, FixedGate, Limit
from rollout.core.gates.judge import judge
from rollout.core.gates.judgement import Finding
from rollout.core.gates.queries import log_query_of, queries
from rollout.core.judging import Question
from rollout.core.verdict import Verdict
from rollout.core.window import Window
from tests.gates.evidence import STAGE, START, WINDOW, requests

OK, WAIT, ERROR, FAILED = Verdict.SUCCESSFUL, Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.FAILED
GATE = FixedGate("timeouts", kql="T | summarize countif(ResponseCode == '408')", max=Limit(3))
QUESTION = Question("green", STAGE, WINDOW)
SETTINGS = ComparisonSettings()


def table(*rows: tuple[object, ...]) -> Table:
    return Table(tuple(f"c{number}" for number in range(len(rows[0]) if rows else 1)), rows)


def found(
    answer: Table | Unreadable | None, gate: FixedGate = GATE, count: float = 10, asked: Question = QUESTION
) -> Finding:
    known = {query: Answer((requests([count] * 10),)) for query in queries([gate], asked, SETTINGS, None)}
    known.pop(log_query_of(gate, asked), None)
    own = {log_query_of(gate, asked): answer} if answer is not None else {}
    return judge([gate], SETTINGS, asked, None, known | own).findings[0]


@pytest.mark.parametrize(
    ("answer", "expected", "said"),
    [
        (table((3,)), OK, "its query returned 3, limit <= 3"),
        (table((0.0,)), OK, "its query returned 0"),
        (table((4,)), FAILED, "its query returned 4, limit <= 3"),
        (table((1e9,)), FAILED, "1e+09"),
        (table(), WAIT, "no row: nothing was measured"),
        (table((None,)), WAIT, "null: nothing was measured"),
        (table((math.nan,)), ERROR, "nan, no number"),
        (table((math.inf,)), ERROR, "inf, no number"),
        (table(("3",)), ERROR, "'3', which is no number"),
        (table((True,)), ERROR, "no number"),
        (table((START,)), ERROR, "no number"),
        (table((1, 2)), ERROR, "1 rows of 2 columns, not one number"),
        (table((1,), (2,)), ERROR, "2 rows of 1 columns, not one number"),
        (Unreadable("Log Analytics refused the query: 'T' isn't there"), ERROR, "'T' isn't there"),
        (None, ERROR, "its query was not sent"),
    ],
)
def test_whatever_a_query_returns(answer: Table | Unreadable | None, expected: Verdict, said: str):
    finding = found(answer)
    assert finding.verdict is expected
    assert said in finding.reason
    assert finding.reason.startswith("timeouts: ")
    assert finding.reason.endswith(" (green at 10 %, 10:00:00Z to 10:10:00Z, 100 requests)")
    assert finding.no_data is (expected is WAIT)


def test_value_and_limit_are_in_the_finding():
    finding = found(table((2,)), replace(GATE, min=Limit(1)))
    assert (finding.value, finding.limit, finding.unit, finding.lines) == (2.0, ">= 1 and <= 3", "", ())
    assert found(table((0,)), replace(GATE, min=Limit(1))).verdict is FAILED


def test_few_requests_are_no_success_and_excuse_nothing():
    assert found(table((1,)), count=9).verdict is WAIT
    assert found(table((9,)), count=9).verdict is FAILED


def test_nothing_aborts_where_config_says_so():
    strict = replace(GATE, empty=Empty.ABORT)
    assert [found(table(*rows), strict).verdict for rows in ((), ((None,),), ((1,),))] == [FAILED, FAILED, OK]


def test_a_stage_that_has_just_begun_is_waited_for():
    finding = found(table((1,)), asked=replace(QUESTION, window=Window(START, START)))
    assert (finding.verdict, finding.no_data) == (WAIT, False)


def test_a_dry_run_is_marked():
    assert found(table((9,)), replace(GATE, dry_run=True)).dry_run
