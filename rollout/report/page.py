"""The report as one self-contained page: no script, nothing from the network, light and dark."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from rollout.report import margin, svg, words
from rollout.report.chart import CANDIDATE, charts_of

if TYPE_CHECKING:
    from rollout.report.chart import Chart, Series
    from rollout.report.schema import Gate, Report

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_NOTE = (
    "Times are UTC, by Azure's clock. A gap in a line is a time that wasn't measured. Evidence is the power "
    "of ten by which the measurements speak for a candidate that is worse; it fails at the bound, however "
    "often it is looked at. The certified margin is the most by which it can still be worse. What this page "
    "is drawn from is in it, as JSON."
)


def render(report: Report) -> str:
    """Return the page as HTML, the report itself embedded as JSON."""
    title = f"{report['verdict']}: {report['endpoint']}"
    style = files("rollout.report").joinpath("page.css").read_text(encoding="utf-8")
    gates = sorted(report["gates"], key=lambda gate: words.rank(gate["verdict"]))
    body = [
        _head(report),
        _overview(gates) if len(gates) > 1 else "",
        *(_gate(number, gate, report) for number, gate in enumerate(gates)),
        f"<footer><p>{_NOTE}</p></footer>",
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in body if part)
        + f'\n</main>\n<script type="application/json" id="report">{_embedded(report)}</script>\n'
        "</body>\n</html>\n"
    )


def _embedded(report: Report) -> str:
    """Return the report as JSON that no HTML in it can end."""
    return json.dumps(report, allow_nan=False).replace("<", "\\u003c")


def _head(report: Report) -> str:
    stage, window = report["stage"], report["window"]
    facts = [
        ("stack", report["stack"]),
        ("deployment", report["deployment"]),
        ("compared with", report["prod"]),
        ("stage", _stage(report)),
        ("since", words.moment(stage["since"]) if stage else None),
        ("judged", f"{words.clock(window['start'])} to {words.clock(window['end'])}" if window else None),
        ("requests judged", words.count(report["requests"]) if report["requests"] is not None else None),
        ("evidence from", report["tier"]),
        ("at", words.moment(report["at"]) if report["at"] else None),
    ]
    then = report["next"]
    following = (
        f'<p class="next">Next <code>pulumi up</code>: {escape(then["step"])}: {escape(then["reason"])}</p>'
        if then
        else ""
    )
    return (
        f'<header class="card"><div class="head">{_pill(report["verdict"])}'
        f'<h1>{escape(report["endpoint"])}</h1></div><p class="why">{escape(report["reason"])}</p>'
        f"{following}{_facts(facts)}</header>"
    )


def _stage(report: Report) -> str | None:
    stage = report["stage"]
    if not stage:
        return None
    ladder = (*report["past"], stage)
    return " → ".join(words.share_of_traffic(each["traffic"], each["mirror"]) for each in ladder)


def _overview(gates: list[Gate]) -> str:
    rows = "".join(
        f'<tr><td><a href="#gate-{number}">{escape(gate["name"])}</a></td><td>{_pill(gate["verdict"])}'
        f"{_dry(gate)}</td><td>{escape(words.number(gate['value'], gate['unit']))}</td>"
        f"<td>{escape(gate['limit'])}</td><td>{escape(gate['eta'] or '')}</td></tr>"
        for number, gate in enumerate(gates)
    )
    return (
        '<section class="card scroll"><table><thead><tr>'
        '<th scope="col">gate</th><th scope="col">verdict</th>'
        '<th scope="col">value</th><th scope="col">limit</th>'
        '<th scope="col">decidable after</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></section>"
    )


def _gate(number: int, gate: Gate, report: Report) -> str:
    charts = charts_of(gate, report)
    measured = [chart for chart in charts if chart.key == "measured"]
    evidence = [chart for chart in charts if chart.key == "evidence"]
    ident = f"gate-{number}"
    parts = [
        f'<section class="card gate" id="{ident}" data-gate="{escape(gate["name"])}">',
        f'<div class="head"><h2>{escape(gate["name"])}</h2>{_pill(gate["verdict"])}{_dry(gate)}</div>',
        f"<p>{escape(gate['reason'])}</p>" if gate["reason"] != report["reason"] else "",
        _facts(_numbers(gate)),
        _list("warnings", gate["warnings"]),
        *(_drawn(chart, ident) for chart in measured),
    ]
    if gate["margin"]:
        parts.append(f"<h3>{escape(margin.said(gate['margin']))}</h3>")
        parts.append(f'<div class="scroll">{margin.draw(gate["margin"], f"{ident}-margin")}</div>')
    parts += [f"<h3>{escape(chart.title)}</h3>" + _drawn(chart, ident) for chart in evidence]
    if gate["worst"]:
        said = [f"{words.clock(each['at'])}: log10 {each['log10']:.2f}" for each in gate["worst"]]
        parts.append(f"<h3>blocks with the most evidence against it</h3>{_list('', said)}")
    parts += [_table(chart) for chart in charts]
    return "\n".join(part for part in parts if part) + "</section>"


def _numbers(gate: Gate) -> list[tuple[str, str | None]]:
    requests, events, evidence = gate["requests"], gate["events"], gate["evidence"]
    facts: list[tuple[str, str | None]] = [
        ("value", words.number(gate["value"], gate["unit"]) if gate["value"] is not None else None),
        ("limit", gate["limit"] or None),
    ]
    if requests and events:
        facts.append(("candidate", words.share(events["candidate"], requests["candidate"])))
        facts.append(("prod", words.share(events["prod"], requests["prod"])))
    if gate["margin"]:
        facts.append(("allowed margin", words.points(gate["margin"]["allowed"])))
        facts.append(("certified margin", words.points(gate["margin"]["certified"])))
    if evidence:
        facts.append(
            ("evidence, log10", f"{words.number(evidence['log10'])} of {words.number(evidence['bound'])}")
        )
    facts.append(("decidable after", gate["eta"]))
    return facts


def _drawn(chart: Chart, ident: str) -> str:
    legend = "".join(f"<li>{_key(series)}{escape(series.name)}</li>" for series in chart.series)
    shown = f'<ul class="legend">{legend}</ul>' if chart.key == "measured" else ""
    return f'{shown}<div class="scroll">{svg.draw(chart, f"{ident}-{chart.key}")}</div>'


def _key(series: Series) -> str:
    shape = (
        '<circle cx="11" cy="5" r="3.4"/>'
        if series.role == CANDIDATE
        else '<rect x="8" y="2" width="6" height="6"/>'
    )
    return (
        f'<svg class="series {series.role}" viewBox="0 0 22 10" aria-hidden="true">'
        f'<path d="M0 5L22 5"/>{shape}</svg>'
    )


def _table(chart: Chart) -> str:
    """Return the chart's numbers as a table: for screen readers, and for those who want to copy them."""
    by_time: dict[str, list[str]] = {}
    for index, series in enumerate(chart.series):
        for at, value in series.points:
            row = by_time.setdefault(f"{at:%Y-%m-%d %H:%M:%S}", [words.NOTHING] * len(chart.series))
            row[index] = words.number(value, chart.unit)
    names = "".join(f'<th scope="col" class="number">{escape(series.name)}</th>' for series in chart.series)
    rows = "".join(
        f"<tr><td>{at}</td>" + "".join(f'<td class="number">{escape(cell)}</td>' for cell in cells) + "</tr>"
        for at, cells in sorted(by_time.items())
    )
    return (
        f"<details><summary>{escape(chart.title)}: the numbers</summary><table><thead><tr>"
        f'<th scope="col">UTC</th>{names}</tr></thead><tbody>{rows}</tbody></table></details>'
    )


def _pill(verdict: str) -> str:
    sign = words.SIGNS.get(verdict, "")
    return (
        f'<span class="pill {escape(verdict)}"><span aria-hidden="true">{sign}</span>{escape(verdict)}</span>'
    )


def _dry(gate: Gate) -> str:
    return ' <span class="tag">dry run: doesn\'t count</span>' if gate["dryRun"] else ""


def _facts(facts: list[tuple[str, str | None]]) -> str:
    shown = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts if value
    )
    return f"<dl>{shown}</dl>" if shown else ""


def _list(kind: str, lines: list[str]) -> str:
    return f'<ul class="{kind}">{"".join(f"<li>{escape(line)}</li>" for line in lines)}</ul>' if lines else ""
