"""The report in short, as Markdown: for a pull request's comment or a job's summary."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rollout.report import words

if TYPE_CHECKING:
    from rollout.report.schema import Gate, Points, Report

_EMOJI = {"Successful": "✅", "Inconclusive": "⏳", "Error": "⚠️", "Failed": "❌"}
_BLOCKS = "▁▂▃▄▅▆▇█"
_SPARKS = 30
_SPECIAL = re.compile(r"([\\`*_\[\]<>|#])")


def render(report: Report) -> str:
    """Return the summary: verdict, why, a table of the gates and what the comparisons rest on."""
    lines = [
        f"### {_verdict(report['verdict'])}: {_plain(report['endpoint'])}",
        "",
        _plain(report["reason"]),
        "",
    ]
    if told := _where(report):
        lines += [told, ""]
    gates = sorted(report["gates"], key=lambda gate: words.rank(gate["verdict"]))
    if gates:
        lines += ["| gate | verdict | value | limit | over time |", "| --- | --- | --- | --- | --- |"]
        lines += [_row(gate) for gate in gates]
        lines.append("")
        lines += [f"- {_plain(gate['reason'])}" for gate in gates]
        lines += [
            f"  - {_plain(gate['name'])}: {_plain(each)}" for gate in gates for each in gate["warnings"]
        ]
        lines.append("")
    if report["next"]:
        lines += [f"Next `pulumi up`: **{report['next']['step']}**: {_plain(report['next']['reason'])}", ""]
    return "\n".join(lines)


def sparkline(points: Points, most: float) -> str:
    """Return the newest points as bars from zero to `most`; a space is no measurement."""
    return "".join(_bar(value, most) for _, value in points[-_SPARKS:])


def _bar(value: float | None, most: float) -> str:
    if value is None:
        return " "
    height = max(0.0, value) / most if most > 0 else 0.0
    return _BLOCKS[round(height * (len(_BLOCKS) - 1))]


def _where(report: Report) -> str:
    stage, window = report["stage"], report["window"]
    parts = [
        f"stack `{report['stack']}`" if report["stack"] else "",
        f"{_plain(report['deployment'])} at {stage['traffic']} %" if report["deployment"] and stage else "",
        f"{words.clock(window['start'])} to {words.clock(window['end'])} UTC" if window else "",
        f"{words.count(report['requests'])} requests" if report["requests"] is not None else "",
        f"evidence from {report['tier']}" if report["tier"] else "",
        words.moment(report["at"]) if report["at"] else "",
    ]
    return ", ".join(part for part in parts if part)


def _row(gate: Gate) -> str:
    verdict = _verdict(gate["verdict"]) + (" (dry run)" if gate["dryRun"] else "")
    most = max((value for line in gate["lines"] for _, value in line["points"] if value), default=0.0)
    drawn = "<br>".join(
        f"<code>{sparkline(line['points'], most)}</code> {_plain(line['name'])}" for line in gate["lines"]
    )
    value = words.number(gate["value"], gate["unit"])
    return f"| {_plain(gate['name'])} | {verdict} | {value} | {_plain(gate['limit'])} | {drawn} |"


def _verdict(verdict: str) -> str:
    return f"{_EMOJI.get(verdict, '')} {verdict}".strip()


def _plain(text: str) -> str:
    """Return text that Markdown and HTML leave as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
