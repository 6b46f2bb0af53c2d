"""The workflows' own steps, run in order against the local Azure and a GitHub on loopback: one long story."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.workflows.conftest import Repository
    from tests.workflows.runner import Job

PULL_REQUEST = {
    "number": 7,
    "user": {"login": "somebody"},
    "head": {"repo": {"full_name": "someone/credit"}, "sha": "f00d"},
}


def test_releases_go_through_the_pipelines(repository: Repository) -> None:
    _first_release(repository)
    _nothing_is_due(repository)
    _it_is_proposed_for_staging_once(repository)
    _a_pull_request_says_what_it_would_do(repository)
    _a_merge_starts_it_and_each_run_is_one_rung(repository)
    _a_portal_edit_is_an_alarm(repository)
    _a_bad_one_is_taken_back_and_the_run_is_red(repository)


def _first_release(given: Repository) -> None:
    assert given.rollout.up().step == "start"
    jobs = _deploy(given)
    assert jobs["approval"].name.startswith("dev: promote, tiny:1-")
    assert given.rollout.traffic() == {"blue": 100}
    assert "10 of 10 requests through credit-dev were answered as expected" in jobs["up"].log
    assert "Healthy" in jobs["up"].summary


def _nothing_is_due(given: Repository) -> None:
    given.runner.variables[""]["ROLLOUT_STACKS"] = "dev"
    since = given.rollout.azure.mark()
    jobs = given.runner.run("go-on.yml", "schedule")
    given.runner.variables[""]["ROLLOUT_STACKS"] = "dev staging"
    assert jobs["which"].result == "success", jobs["which"].log
    assert jobs["which"].outputs["due"] == "[]"
    assert jobs["start"].result == "skipped"
    assert given.rollout.writes(since) == []
    assert given.hub.dispatched == []


def _it_is_proposed_for_staging_once(given: Repository) -> None:
    for _ in range(2):
        jobs = given.runner.run("promote.yml", "schedule")
        assert jobs["propose"].result == "success", jobs["healthy"].log + jobs["propose"].log
        assert given.git("diff", "--name-only") == "", "nothing is left behind in the checkout"
    assert [pull["head"] for pull in given.hub.pulls] == ["promote/staging"]
    assert given.hub.pulls[0]["title"].startswith("Promote tiny:1-")
    written = given.hub.branches["promote/staging"]["Pulumi.staging.yaml"]
    assert "rollout:model: azureml:tiny:1" in written
    was = (given.folder / "Pulumi.staging.yaml").read_text()
    assert written != was
    assert len(given.hub.objects) == 2, "a tree and a commit: the second run wrote nothing"


def _a_pull_request_says_what_it_would_do(given: Repository) -> None:
    given.rollout.project.release(2)
    base = given.commit("Release tiny:2")
    since = given.rollout.azure.mark()
    _preview(given, base)
    first = given.hub.comments[0]["body"]
    assert "### dev: start" in first
    assert "### staging" not in first
    assert "tiny:2-" in first
    given.rollout.project.configure(**{"rollout:instances": 2})
    given.commit("Two instances")
    _preview(given, base)
    assert len(given.hub.comments) == 1
    assert given.hub.comments[0]["body"] != first
    assert given.rollout.writes(since) == []
    given.rollout.project.configure(**{"rollout:instances": 1})
    given.commit("One instance")


def _preview(given: Repository, base: str) -> None:
    jobs = given.runner.run(
        "pull-request.yml", "pull_request", pull_request={**PULL_REQUEST, "base": {"sha": base}}
    )
    assert jobs["preview"].result == "success", jobs["preview"].log
    assert jobs["comment"].result == "success", jobs["comment"].log
    assert jobs["required"].result == "success", jobs["required"].log


def _a_merge_starts_it_and_each_run_is_one_rung(given: Repository) -> None:
    jobs = given.runner.run("go-on.yml", "push", before=given.git("rev-parse", "HEAD~3"))
    assert jobs["start"].result == "success", jobs["which"].log + jobs["start"].log
    assert given.hub.dispatched == ["dev"]
    assert given.rollout.up().step == "start"
    jobs = _deploy(given)
    assert jobs["look"].outputs["next"].startswith("dev: advance, tiny:2-")
    assert jobs["approval"].result == "success"
    assert given.rollout.traffic() == {"blue": 90, "green": 10}


def _a_portal_edit_is_an_alarm(given: Repository) -> None:
    given.runner.variables[""]["ROLLOUT_STACKS"] = "dev"
    assert given.runner.run("drift.yml", "schedule")["drift"].result == "success"
    given.rollout.edit({"blue": 80, "green": 20})
    found = given.runner.run("drift.yml", "schedule")["drift"]
    assert found.result == "failure"
    assert "dev" in found.log.splitlines()[-1]
    given.rollout.edit({"blue": 90, "green": 10})


def _a_bad_one_is_taken_back_and_the_run_is_red(given: Repository) -> None:
    given.rollout.serve(errors={"green": 3})
    given.hub.waiting.append(("dev", given.git("rev-parse", "HEAD")))
    assert given.runner.run("go-on.yml", "schedule")["start"].result == "success"
    assert given.hub.dispatched == ["dev", "dev"], "who waits for approval keeps no abort waiting"
    jobs = _deploy(given, up="failure")
    assert jobs["look"].outputs["next"].startswith("dev: abort, tiny:2-")
    assert jobs["approval"].result == "skipped"
    assert given.rollout.traffic() == {"blue": 100}
    assert "10 of 10 requests through credit-dev were answered as expected" in jobs["up"].log
    assert "Degraded" in jobs["up"].summary


def _deploy(given: Repository, up: str = "success") -> dict[str, Job]:
    before: Any = given.rollout.azure.mark()
    jobs = given.runner.run("deploy.yml", "workflow_dispatch", {"stack": "dev"})
    assert jobs["look"].result == "success", jobs["look"].log
    assert jobs["up"].result == up, jobs["up"].log
    assert len(given.rollout.puts(before)) == 1
    return jobs
