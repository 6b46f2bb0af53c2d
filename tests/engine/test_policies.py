"""The policy pack, run by the engine: on the program, and on one that somebody wrote in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.engine.project import CONFIG, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.project import Run
    from tests.engine.rollout import Rollout

PACK = ("--policy-pack", str(ROOT / "policies"))
CARELESS = """
import pulumi
from pulumi_azure_native import machinelearningservices as ml

place = dict(resource_group_name="rg-test", workspace_name="mlw-test", endpoint_name="careless")
blue = {{"endpointComputeType": "Managed", "model": "azureml:tiny:1", "instanceType": "Standard_DS3_v2"}}

def endpoint():
    ml.OnlineEndpoint("careless", **place, properties={{"authMode": "Key", **{properties}}})

def deployment():
    frozen = pulumi.ResourceOptions(ignore_changes={ignored})
    ml.OnlineDeployment("blue", **place, deployment_name="blue", properties=blue, opts=frozen)

for declare in {order}:
    declare()
"""
FROZEN = ["properties", "sku", "tags", "identity", "kind", "location"]
SOUND: dict[str, Any] = {
    "properties": {"traffic": {"blue": 100}},
    "ignored": FROZEN,
    "order": "(endpoint, deployment)",
}
GATES = {"rollout:gates": CONFIG["rollout:gates"]}


def test_the_pack_lets_the_program_pass_and_stops_a_careless_one(rollout: Callable[..., Rollout]) -> None:
    given = rollout()
    assert [given.up(*PACK).step, given.up(*PACK).step] == ["start", "promote"]
    sound = given.project.preview(*PACK)
    assert "azureml-rollout" in sound.out
    assert "mandatory" not in sound.out

    given.project.stack += "-prod"
    given.project.pulumi("stack", "init", given.project.stack, check=True)
    given.project.configure(**GATES)
    (given.project.folder / "__main__.py").unlink()
    for wrong, said in (
        ({"properties": {"traffic": {"blue": 90, "green": 5}}}, "hands out 95 %"),
        ({"properties": {"traffic": {"blue": 90, "green": 10}}}, "10 % to green"),
        ({"properties": {"traffic": {"blue": 100}, "mirrorTraffic": {"blue": 10}}}, "mirrors to blue"),
        ({"ignored": []}, "blue serves 100 %"),
        ({"ignored": ["properties", "tags", "identity", "kind"]}, "of its sku, location:"),
        ({"ignored": [], "order": "(deployment, endpoint)"}, "blue serves 100 %"),
    ):
        careless = _preview(given, **wrong)
        assert careless.code != 0
        assert said in careless.out, careless.out[-3000:]

    sound = _preview(given)
    assert sound.code == 0, sound.out
    assert "takes keys in" in sound.out, "which is advice"
    given.project.configure(**{"rollout:gates": [{**CONFIG["rollout:gates"][0], "dryRun": True}]})
    careless = _preview(given)
    assert careless.code != 0
    assert "no gate counts" in careless.out


def _preview(given: Rollout, **wrong: Any) -> Run:
    program = given.project.folder / "__main__.py"
    program.write_text(CARELESS.format(**{**SOUND, **wrong}))
    return given.project.preview(*PACK, "-c", "azure-native:location=eastus", check=False)
