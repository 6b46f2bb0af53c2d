"""The pages, taken apart: their code, their tables, and what their headings are called in links."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]

_FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block of code."""

    language: str
    text: str


def text(page: str) -> str:
    """Return a page, or of `docs/x.md#A heading` what stands under that heading of the second rank."""
    name, _, heading = page.partition("#")
    whole = (ROOT / name).read_text()
    if not heading:
        return whole
    parts = {part.partition("\n")[0]: part for part in re.split(r"^## ", whole, flags=re.MULTILINE)}
    return parts[heading]


def blocks(page: str, *languages: str) -> list[Block]:
    """Return the blocks of code in these languages; of all where none is named."""
    found = [Block(language, dedent(lines)) for language, lines in _FENCED.findall(text(page))]
    return [each for each in found if not languages or each.language in languages]


def prose(page: str) -> str:
    """Return a page without its blocks of code."""
    return _FENCED.sub("", text(page))


def spans(page: str) -> list[str]:
    """Return what stands between backticks in the prose."""
    return _SPAN.findall(prose(page))


def code(page: str) -> list[str]:
    """Return every span, and every line of a shell block: where commands stand."""
    lines = [line for each in blocks(page, "sh") for line in each.text.splitlines()]
    return [*spans(page), *(line.partition("  #")[0] for line in lines)]


def anchors(page: Path) -> set[str]:
    """Return what the page's headings are called in links, as GitHub makes them."""
    headings = _HEADING.findall(_FENCED.sub("", page.read_text()))
    plain = (re.sub(r"[^\w\s-]", "", each.lower()) for each in headings)
    return {each.strip().replace(" ", "-") for each in plain}


@cache
def sources() -> str:
    """Return all that the project is made of, tests and pages apart."""
    parts = ("rollout", "localazure", "ml", "demo", "tools", ".github", "Makefile", "__main__.py")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *parts],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = [ROOT / name for name in listed.stdout.splitlines() if not name.endswith((".csv", ".sum"))]
    return "\n".join(file.read_text() for file in files if file.is_file())
