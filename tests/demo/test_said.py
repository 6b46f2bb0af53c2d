from __future__ import annotations

from demo import said

UP = """Updating (dev):

@ updating....
    pulumi:pulumi:Stack rollout-dev running warning: abort: green (m:2-ab) failed at 50 %: slow [Degraded]
    pulumi:pulumi:Stack rollout-dev running gates, 14:20:21Z to 14:35:03Z, 549 requests:
 ~  azure-native:machinelearningservices:OnlineEndpoint endpoint updated (0.26s) [diff: ~properties,tags]
Diagnostics:
  pulumi:pulumi:Stack (rollout-dev):
    warning: abort: green (m:2-ab) failed at 50 %: slow; its 50 % go back to blue [Degraded]
    gates, 14:20:21Z to 14:35:03Z, 549 requests:
      errors   Successful    errors: RequestsPerMinute 0 at worst, limit <= 0 (green at 50 %, 549 requests)
      latency  Failed        latency: RequestLatency_P90 90.172, limit <= 50 (green at 50 %, 549 requests)
    error: abort: green (m:2-ab) failed at 50 %: slow; its 50 % go back to blue

Outputs:
  ~ phase              : "Progressing" => "Degraded"
"""

PREVIEW = """Previewing update (dev):

@ previewing update......
 =  azure-native:machinelearningservices:ModelVersion model credit-risk:2 import
 ~  azure-native:machinelearningservices:OnlineEndpoint endpoint update [diff: ~tags]
 +- azure-native:machinelearningservices:OnlineDeployment green replace [diff: ~properties]
 ~  pulumi:index:Stash record update [diff: ~input]
@ previewing update.........
    pulumi:pulumi:Stack rollout-dev  1 message
Diagnostics:
  pulumi:pulumi:Stack (rollout-dev):
    start: credit-risk:2-909d54f9 is a new release: it is created in green at 0 % and probed [Progressing]

Outputs:
  + candidateDeployment: "green"
  ~ phase              : "Healthy" => "Progressing"

Resources:
    + 1 to create
"""


def test_the_step_is_the_last_that_was_said():
    found = said.step(UP)

    assert found == said.Said(
        "abort", "green (m:2-ab) failed at 50 %: slow; its 50 % go back to blue", "Degraded"
    )


def test_no_step_where_only_a_workspace_is_made():
    assert said.step("    the workspace mlw is created first: register m:1 there, then run again") is None


def test_the_gates_table_without_what_its_head_says():
    assert said.gates(UP) == [
        "gates, 14:20:21Z to 14:35:03Z, 549 requests:",
        "  errors   Successful    RequestsPerMinute 0 at worst, limit <= 0",
        "  latency  Failed        RequestLatency_P90 90.172, limit <= 50",
    ]
    assert said.gates(PREVIEW) == []


def test_what_a_preview_would_do():
    assert said.changes(PREVIEW) == [
        "=  ModelVersion model credit-risk:2 import",
        "~  OnlineEndpoint endpoint update [diff: ~tags]",
        "+- OnlineDeployment green replace [diff: ~properties]",
        "~  Stash record update [diff: ~input]",
    ]
