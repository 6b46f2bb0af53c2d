from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localazure.arm.errors import ArmError
from localazure.monitor.filters import Clause, Condition, dimensions_of, parse_filter, to_sql

COLUMNS = {"deployment": "D", "statusCode": "S", "statusCodeClass": "C"}


def clause(dimension: str, *conditions: str) -> Clause:
    any_of = [Condition("ne" if each.startswith("!") else "eq", each.lstrip("!")) for each in conditions]
    return Clause(dimension, tuple(any_of))


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("", ()),
        ("deployment eq 'green'", (clause("deployment", "green"),)),
        ("deployment EQ '*'", (clause("deployment", "*"),)),
        (
            "deployment eq 'green' and statusCodeClass ne '2xx'",
            (clause("deployment", "green"), clause("statusCodeClass", "!2xx")),
        ),
        ("(deployment eq 'a' or deployment eq 'b')", (clause("deployment", "a", "b"),)),
        (
            "statusCode eq '200' and deployment eq 'a' or deployment eq 'b' and statusCodeClass eq '*'",
            (clause("statusCode", "200"), clause("deployment", "a", "b"), clause("statusCodeClass", "*")),
        ),
        ("deployment eq 'it''s'", (clause("deployment", "it's"),)),
        ("deployment eq 'a and b'", (clause("deployment", "a and b"),)),
        ("((deployment eq 'a') or (deployment eq 'b'))", (clause("deployment", "a", "b"),)),
    ],
)
def test_grammar(text: str, clauses: tuple[Clause, ...]):
    assert parse_filter(text) == clauses


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("deployment", "it ends where 'eq', 'ne' or 'sw' should be"),
        ("deployment gt 'a'", "found gt where 'eq', 'ne' or 'sw' should be"),
        ("deployment eq green", "found green where a value in single quotes"),
        ("deployment eq 'green", "a quote is missing after position 13"),
        ("deployment eq 'a' statusCode eq '1'", "found statusCode where 'and' or 'or' should be"),
        ("deployment eq 'a' or statusCode eq '1'", "not 'deployment' and 'statusCode'"),
        ("(deployment eq 'a'", r"it ends where '\)' should be"),
        ("deployment eq 'a' and", "it ends where a dimension should be"),
        ("'a' eq 'b'", "found 'a' where a dimension"),
    ],
)
def test_mistakes_say_where(text: str, says: str):
    with pytest.raises(ArmError, match=says) as caught:
        parse_filter(text)
    assert caught.value.status == 400


def test_sql_takes_values_as_parameters_only():
    clauses = parse_filter("deployment eq 'x''; DROP TABLE t' and statusCode ne '200'")
    sql, parameters = to_sql(clauses, COLUMNS)
    assert sql == "(lower(D) = lower(?)) AND (lower(S) <> lower(?))"
    assert parameters == ["x'; DROP TABLE t", "200"]


def test_star_is_anything_and_not_star_nothing():
    assert to_sql(parse_filter("deployment eq '*'"), COLUMNS) == ("(TRUE)", [])
    assert to_sql(parse_filter("deployment ne '*'"), COLUMNS) == ("(FALSE)", [])
    assert to_sql((), COLUMNS) == ("TRUE", [])


names = st.sampled_from(list(COLUMNS))
values = st.text(min_size=1, max_size=10).filter(lambda text: text.isprintable() and not text.startswith("!"))


@given(st.lists(st.tuples(names, st.lists(values, min_size=1, max_size=3)), min_size=1, max_size=4))
def test_what_is_written_is_read(wanted: list[tuple[str, list[str]]]):
    text = " and ".join(
        "(" + " or ".join("{} eq '{}'".format(name, each.replace("'", "''")) for each in any_of) + ")"
        for name, any_of in wanted
    )
    found = parse_filter(text)
    assert found == tuple(clause(name, *any_of) for name, any_of in wanted)
    assert set(dimensions_of(found)) == {name for name, _ in wanted}
