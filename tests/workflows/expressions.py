"""The part of GitHub's expressions that the workflows use; anything else is an error."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|([A-Za-z_][\w.-]*)|(&&|\|\||==|!=|!|\(|\)|,))")
INSERTED = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
STATUS = re.compile(r"\b(?:always|cancelled|failure|success)\(\)")


def fill(text: str, contexts: Mapping[str, Any]) -> str:
    """Return a text with its `${{ }}` replaced."""
    return INSERTED.sub(lambda found: show(evaluate(found[1], contexts)), text)


def holds(condition: Any, contexts: Mapping[str, Any]) -> bool:
    """Return whether an `if` holds; without a function that asks how it went, all must have gone well."""
    text = str(condition)
    whole = INSERTED.fullmatch(text.strip())
    text = whole[1] if whole else text
    if not STATUS.search(text):
        text = f"success() && ({text})"
    return bool(evaluate(text, contexts))


def show(value: Any) -> str:
    """Return a value as it is inserted into a text."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def evaluate(text: str, contexts: Mapping[str, Any]) -> Any:
    """Return the value of an expression."""
    tokens: list[str] = []
    at = 0
    while text[at:].strip():
        found = TOKEN.match(text, at)
        assert found, f"not understood: {text[at:]!r}"
        tokens.append(found[0].strip())
        at = found.end()
    parser = _Parser(tokens, contexts)
    value = parser.either()
    assert not parser.tokens, f"left over in {text!r}: {parser.tokens}"
    return value


class _Parser:
    def __init__(self, tokens: list[str], contexts: Mapping[str, Any]) -> None:
        self.tokens = tokens
        self.contexts = contexts

    def either(self) -> Any:
        value = self.both()
        while self.take("||"):
            other = self.both()
            value = value or other
        return value

    def both(self) -> Any:
        value = self.compared()
        while self.take("&&"):
            other = self.compared()
            value = value and other
        return value

    def compared(self) -> Any:
        value = self.one()
        for operator in ("==", "!="):
            if self.take(operator):
                same = show(value).lower() == show(self.one()).lower()
                return same == (operator == "==")
        return value

    def one(self) -> Any:
        if self.take("!"):
            return not self.one()
        if self.take("("):
            value = self.either()
            assert self.take(")")
            return value
        token = self.tokens.pop(0)
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if self.take("("):
            arguments: list[Any] = []
            while not self.take(")"):
                arguments.append(self.either())
                self.take(",")
            return self.function(token)(*arguments)
        return self.context(token)

    def take(self, token: str) -> bool:
        if self.tokens and self.tokens[0] == token:
            self.tokens.pop(0)
            return True
        return False

    def function(self, name: str) -> Callable[..., Any]:
        how = self.contexts["how"]
        return {
            "always": lambda: True,
            "cancelled": lambda: False,
            "success": lambda: how == "success",
            "failure": lambda: how == "failure",
            "toJSON": json.dumps,
            "format": lambda text, *values: text.format(*values),
        }[name]

    def context(self, path: str) -> Any:
        value: Any = self.contexts
        first, *rest = path.split(".")
        assert first in value, f"no context {first!r}"
        value = value[first]
        for part in rest:
            value = value.get(part) if isinstance(value, dict) else None
        return value
