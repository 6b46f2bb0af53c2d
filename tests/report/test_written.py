"""What is written beside the page: pictures and a summary."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from rollout.report import markdown, write
from tests.report import sample

if TYPE_CHECKING:
    from pathlib import Path


def test_a_picture_for_each_gate_that_measured_anything(tmp_path: Path):
    found = {file.name: file for file in write.write(sample.report(), tmp_path / "new" / "folder")}
    assert found.keys() == {"report.html", "summary.md", "latency.png", "errors-vs-prod.png"}
    for name in ("latency.png", "errors-vs-prod.png"):
        head = found[name].read_bytes()[:24]
        assert head.startswith(b"\x89PNG\r\n")
        assert int.from_bytes(head[16:20]) == 1080


def test_page_and_summary_need_no_matplotlib(tmp_path: Path):
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from pathlib import Path\nfrom rollout.report import png, write\nfrom tests.report import sample\n"
        "try:\n    write.write(sample.report(), Path(sys.argv[1]))\n"
        "except png.NoMatplotlibError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )
    assert "pip install matplotlib" in done.stdout
    assert {file.name for file in tmp_path.iterdir()} == {"report.html", "summary.md"}


def test_a_gates_name_stays_in_its_folder():
    assert write.file_name("../../etc/passwd") == "etc-passwd"
    assert write.file_name("..") == "gate"
    assert write.file_name("latency p95, green") == "latency-p95-green"


def test_the_summary_says_what_matters_first():
    lines = markdown.render(sample.report()).splitlines()
    assert lines[0] == "### ❌ Failed: credit-prod"
    assert lines[2].startswith("errors-vs-prod: 3.2 %")
    rows = [line for line in lines if line.startswith("| ")]
    assert [row.split(" | ")[0].strip("| ") for row in rows] == [
        "gate",
        "---",
        "errors-vs-prod",
        "gpu",
        "latency",
    ]
    assert all(row.count(" | ") == 4 for row in rows)
    assert "⏳ Inconclusive (dry run)" in rows[3]


def test_no_text_of_others_becomes_markup():
    report = sample.report()
    report["reason"] = "a | b\n# heading <img src=x> [x](y)"
    text = markdown.render(report)
    assert r"a \| b \# heading \<img src=x\> \[x\](y)" in text
    assert "<script>" not in text


def test_bars_of_both_arms_have_one_scale():
    assert markdown.sparkline([("", 0.0), ("", None), ("", 1.0), ("", 2.0)], 2.0) == "▁ ▅█"
    assert markdown.sparkline([("", 0.0)], 0.0) == "▁"
