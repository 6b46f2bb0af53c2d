"""Writing a report: a page, a summary, and a picture a gate."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rollout.report import markdown, page, png

if TYPE_CHECKING:
    from pathlib import Path

    from rollout.report.schema import Report

PAGE, SUMMARY = "report.html", "summary.md"
_UNSAFE = re.compile(r"[^\w.-]+")


def write(report: Report, folder: Path, *, pictures: bool = True) -> list[Path]:
    """Write the report into a folder, which is made, and return the files.

    Raises `OSError`, and `NoMatplotlibError` where pictures are wanted and can't be drawn; page and summary
    are written by then.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / PAGE, folder / SUMMARY]
    written[0].write_text(page.render(report), encoding="utf-8")
    written[1].write_text(markdown.render(report), encoding="utf-8")
    if pictures:
        for gate in report["gates"]:
            file = folder / f"{file_name(gate['name'])}.png"
            if png.draw(gate, report, file):
                written.append(file)
    return written


def file_name(name: str) -> str:
    """Return a name as one that any file system takes, inside the folder."""
    return _UNSAFE.sub("-", name).strip(".-") or "gate"
