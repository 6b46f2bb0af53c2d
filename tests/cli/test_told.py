"""What a command that says something prints as JSON: the keys that the page of commands has."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from rollout import cli
from rollout.cli import approve, intend, pause
from rollout.core.intent import Intent, Paused, Verb
from rollout.core.step import StepKind
from tests.cli.looks import CLIMBING, NEW, NOW, seen
from tests.cli.test_approve import DOUBT, SURE, assessed
from tests.docs.pages import text

if TYPE_CHECKING:
    from rollout.azure.assess import Assessment

EARLIER = Intent(Verb.SKIP, NEW, "10", "ada", NOW, "tested by hand")
A_FREEZE = Paused("ada", NOW, "a freeze")
OF_A_MARGIN = {"margin", "proved"}


def keys(command: str) -> set[str]:
    """Return the keys of a command's JSON, as the page has them."""
    page = text("docs/commands.md#Saying something")
    rows = re.findall(r"^\| (`[a-z`, ]+) \| (.*) \|$", page, re.MULTILINE)
    found = next(cell for names, cell in rows if f"`{command}`" in names)
    return {"stack", "by", "next", *re.findall(r"`(\w+)`", found)}


class Person:
    """Somebody who says something about a stack, and what was written."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys
        self.tags: dict[str, str] = {}
        self.published = SimpleNamespace(intent=None, paused=None)
        self.found: Assessment = seen(StepKind.HOLD, CLIMBING)
        stack = SimpleNamespace(
            name="dev", unreadable=None, error=None, set_tag=self.tags.__setitem__, remove_tag=str
        )
        sight = SimpleNamespace(now=NOW)
        moment = SimpleNamespace(
            stack=stack, sight=sight, published=self.published, outlook=lambda **_: self.found
        )
        monkeypatch.setattr("rollout.cli.say.moment", lambda _, **__: moment)
        monkeypatch.setattr(intend, "due", lambda *_: SimpleNamespace(release=NEW, rung="10"))
        monkeypatch.setattr(intend, "useless", lambda *_: None)
        for module in (approve, intend, pause):
            monkeypatch.setattr(module, "who", lambda _: "grace")

    def say(self, *words: str) -> dict[str, Any]:
        """Say something; the JSON."""
        assert cli.main([*words, "--json"]) == 0
        said = json.loads(self.capsys.readouterr().out)
        assert set(said["next"]) == {"step", "phase", "reason"}
        assert {name: said[name] for name in self.tags} == self.tags
        return said


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Person:
    return Person(monkeypatch, capsys)


@pytest.mark.parametrize("verb", Verb)
def test_an_intent_says_what_it_replaces(person: Person, verb: Verb):
    first = person.say(verb, "--reason", "so")
    assert set(first) == keys(verb)
    assert (first["verb"], first["release"], first["stage"], first["why"]) == (verb, NEW, "10", "so")
    assert first["instead"] is None
    person.published.intent = EARLIER
    assert person.say(verb, "--reason", "so")["instead"] == EARLIER.show()


def test_a_pause_and_its_end(person: Person):
    paused = person.say("pause")
    assert (set(paused), paused["why"]) == (keys("pause"), None)
    person.tags.clear()
    person.published.paused = A_FREEZE
    resumed = person.say("resume")
    assert (set(resumed), resumed["ended"]) == (keys("resume"), A_FREEZE.show())


def test_an_approval_and_a_margin(person: Person):
    for finding, more in ((SURE, set[str]()), (DOUBT, OF_A_MARGIN)):
        person.found = assessed(finding)
        person.found.step.kind = StepKind.HOLD
        assert set(person.say("approve")) == (keys("approve") - OF_A_MARGIN) | more
