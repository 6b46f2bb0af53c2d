"""KQL, as far as duckdb-kql has it, made SQL that can read the tables of the query and nothing else."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TYPE_CHECKING, Any

from duckdb_kql import KqlError, KqlSchemaError, KqlSyntaxError, KqlUnsupportedError, to_sql
from duckdb_kql.control import strip_leading_comments
from duckdb_kql.ir import ColumnRef, CommandSource, NamedExpr, Node, Query, TableRef, WildcardTableRef
from duckdb_kql.lower import lower

from localazure.logs.errors import semantic_error, syntax_error
from localazure.logs.percentiles import spell_out_percentiles
from localazure.logs.quick import quickened
from localazure.logs.stages import next_stage

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence
    from datetime import datetime

    from localazure.logs.stages import Stage

__all__ = ["prepared", "staged", "translate"]

Schema = dict[str, list[str]]


def prepared(text: str) -> str:
    """A query with what the translation lacks spelt out, so far as that is a matter of words.

    Raises:
        LogsError: 400: it is no query.
    """
    bare = strip_leading_comments(text).strip()
    if bare.startswith("."):
        raise syntax_error("A management command is no query: it can't begin with '.'", 1, 0)
    if not bare:
        raise syntax_error("Query is empty", 1, 0)
    with _refusals():
        return spell_out_percentiles(text)


def staged(text: str) -> Stage | None:
    """The first operator of a query that takes a step of its own, as `stages.next_stage` finds it.

    Raises:
        LogsError: 400: it is no query.
    """
    with _refusals():
        return next_stage(text)


def translate(
    text: str, schema: Mapping[str, Mapping[str, str]], now: datetime
) -> tuple[str, dict[str, Any]]:
    """The SQL of a query, and the parameters to run it with.

    Args:
        text: KQL.
        schema: Each table it may read: the Kusto type of each column.
        now: What `now()` is.

    Raises:
        LogsError: 400: it is no KQL, names what isn't there, or needs what isn't supported here.
    """
    tables = {name: list(columns) for name, columns in schema.items()}
    with _refusals():
        query = lower(text)
        nodes = list(_nodes(query))
        _check_names(nodes, tables)
        found = to_sql(text, schema=tables, allow_write=False, query_now=now.replace(tzinfo=None))
        types = {name: kind for columns in schema.values() for name, kind in columns.items()}
        return quickened(str(found), nodes, types), dict(found.parameters)


@contextlib.contextmanager
def _refusals() -> Generator[None]:
    """What the translation says, in Azure's words."""
    try:
        yield
    except KqlSyntaxError as error:
        raise _not_parsed(error) from error
    except KqlUnsupportedError as error:
        raise _unsupported(error) from error
    except KqlSchemaError as error:
        raise semantic_error(
            f"Failed to resolve {error.name!r}: {error.hint or 'it is not known'}"
        ) from error
    except KqlError as error:
        raise semantic_error(str(error)) from error
    except RecursionError as error:
        raise semantic_error("The query is nested too deeply") from error


def _check_names(nodes: Sequence[Node], tables: Schema) -> None:
    """Refuse every table but those given, and columns in another casing: names are exact in KQL."""
    bound = {name for node in nodes if isinstance(node, Query) for name, _ in node.lets}
    given = {node.name for node in nodes if isinstance(node, NamedExpr) and node.name}
    columns = {column for known in tables.values() for column in known} | given | bound
    folded = {column.lower(): column for column in columns}
    for node in nodes:
        if isinstance(node, CommandSource):
            raise syntax_error("A management command is no query", 1, 0)
        if isinstance(node, WildcardTableRef) and node.database is not None:
            raise _no_table(f"{node.database}.{node.pattern}")
        if isinstance(node, TableRef):
            plain = node.database is None and node.cluster is None
            if not plain or node.name not in {*tables, *bound}:
                raise _no_table(node.qualified)
        if isinstance(node, ColumnRef) and node.name not in columns and node.name.lower() in folded:
            raise semantic_error(f"Failed to resolve scalar expression named '{node.name}'")


def _no_table(name: str) -> Exception:
    return semantic_error(f"'where' operator: Failed to resolve table or column expression named '{name}'")


def _nodes(value: object) -> Iterator[Node]:
    """Every node of a query, however deep."""
    if isinstance(value, Node):
        yield value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from _nodes(getattr(value, field.name))
    elif isinstance(value, list | tuple):
        for each in value:  # pyright: ignore[reportUnknownVariableType]
            yield from _nodes(each)  # pyright: ignore[reportUnknownArgumentType]


def _not_parsed(error: KqlSyntaxError) -> Exception:
    if not error.diagnostics:
        return syntax_error(f"Query could not be parsed: {error}")
    first = error.diagnostics[0]
    line, position = first.span.line, first.span.column
    said = first.message.partition(" expecting ")[0]
    return syntax_error(f"Query could not be parsed at line [{line},{position}]: {said}", line, position)


def _unsupported(error: KqlUnsupportedError) -> Exception:
    kind, _, name = error.construct.rpartition(":")
    what = f"{kind or 'construct'} '{name.removesuffix('Operator').removesuffix('Expression')}'"
    where = f" at line [{error.span.line},{error.span.column}]" if error.span else ""
    hint: Any = error.hint or ""
    near = f", {hint[hint.index('near') :]}" if "near" in hint else ""
    return semantic_error(f"The {what} is unknown, or not supported by local Azure{where}{near}", "SEM0260")
