"""The policy pack, run by the engine: on the program, and on one that somebody wrote in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.engine.project import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout

PACK = ("--policy-pack", str(ROOT / "policies"))
CARELESS = """
import pulumi
from pulumi_azure_native import machinelearningservices as ml

place = dict(resource_group_name="rg-test", workspace_name="mlw-test", endpoint_name="careless")
endpoint = ml.OnlineEndpoint("careless", **place, properties={{"authMode": "Key", "traffic": {traffic}}})
blue = {{"endpointComputeType": "Managed", "model": "azureml:tiny:1", "instanceType": "Standard_DS3_v2"}}
opts = pulumi.ResourceOptions(depends_on=[endpoint], ignore_changes={ignored})
ml.OnlineDeployment("blue", **place, deployment_name="blue", properties=blue, opts=opts)
"""
FROZEN = ["properties"]


def test_the_pack_lets_the_program_pass_and_stops_a_careless_one(rollout: Callable[..., Rollout]) -> None:
    given = rollout()
    assert [given.up(*PACK).step, given.up(*PACK).step] == ["start", "promote"]
    sound = given.project.preview(*PACK)
    assert "azureml-rollout" in sound.out
    assert "mandatory" not in sound.out

    given.project.pulumi("stack", "init", f"{given.project.stack}-careless", check=True)
    program = given.project.folder / "__main__.py"
    program.unlink()
    for traffic, ignored, said in (
        ({"blue": 90, "green": 5}, FROZEN, "hands out 95 %"),
        ({"blue": 100}, [], "blue serves 100 %"),
        ({"blue": 90, "green": 10}, FROZEN, "10 % to green"),
    ):
        program.write_text(CARELESS.format(traffic=traffic, ignored=ignored))
        careless = given.project.preview(*PACK, "-c", "azure-native:location=eastus", check=False)
        assert careless.code != 0
        assert said in careless.out, careless.out[-3000:]
