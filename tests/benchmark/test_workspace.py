from __future__ import annotations

import json
import re

from benchmarks.workspace import Bench


def test_each_part_comes_after_what_it_names():
    bench, before = Bench("10ca1a2e"), set[str]()
    for resource, body in bench.bodies().items():
        assert set(re.findall(r'"(/subscriptions/[^"]+)"', json.dumps(body))) <= before, resource
        assert resource == bench.group or bench.group in before
        before.add(resource)
    assert {bench.group, bench.workspace, bench.logs} <= before
