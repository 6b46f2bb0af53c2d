"""Declares what `resources.json` lists, each with its own class of `pulumi_azure_native`, and nothing else.

The yardstick of `benchmarks/up.py`: what Pulumi, its Azure provider and these resources cost by themselves.
"""

import importlib
import json
import re
from pathlib import Path
from typing import Any

import pulumi

CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


def declare(name: str, token: str, arm_id: str, inputs: dict[str, Any]) -> pulumi.Resource:
    _, module, kind = token.split(":")
    arguments = {CAPITAL.sub("_", key).lower(): value for key, value in inputs.items()}
    if "resource_name" in arguments:  # the SDK's own first argument has this name
        arguments["resource_name_"] = arguments.pop("resource_name")
    options = pulumi.ResourceOptions(import_=arm_id, ignore_changes=list(inputs))
    return getattr(importlib.import_module(f"pulumi_azure_native.{module}"), kind)(
        name, **arguments, opts=options
    )


def main() -> None:
    listed = json.loads(Path("resources.json").read_text(encoding="utf-8"))
    azure = [declare(each["name"], each["type"], each["id"], each["inputs"]) for each in listed["azure"]]
    pulumi.Stash("record", input=listed["record"], opts=pulumi.ResourceOptions(depends_on=azure))


main()
