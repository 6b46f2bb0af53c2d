"""Pulumi programs for the proofs. Each notes what it saw in `seen.jsonl` beside itself."""

RECORD = """
import json, os, subprocess, sys
import pulumi

config = pulumi.Config()


def note(**what):
    with open("seen.jsonl", "a") as seen:
        seen.write(json.dumps(what) + "\\n")


def publish(arguments):
    subprocess.run(["pulumi", "stack", "tag", "set", "ROLLOUT_PHASE", config.require("phase")], check=True)
    note(hook=config.require("phase"), pid=os.getpid())


note(
    pid=os.getpid(),
    project=pulumi.get_project(),
    stack=pulumi.get_stack(),
    organization=pulumi.get_organization(),
    root=pulumi.get_root_directory(),
    dry_run=pulumi.runtime.is_dry_run(),
    folder=os.getcwd(),
    arguments=sys.argv,
    path=sys.path[0],
    password=config.require("password"),
    leaked=any("hunter2" in value for value in os.environ.values()),
    virtualenv=os.environ["VIRTUAL_ENV"],
)
binding = pulumi.ResourceHookBinding(
    after_create=[pulumi.ResourceHook("created", publish)],
    after_update=[pulumi.ResourceHook("updated", publish)],
)
record = pulumi.Stash(
    "record", input={"phase": config.require("phase")}, opts=pulumi.ResourceOptions(hooks=binding)
)
pulumi.export("phase", record.input["phase"])
pulumi.export("password", config.require_secret("password"))
if config.get_bool("degraded") and not pulumi.runtime.is_dry_run():
    pulumi.log.error("taken back: errors 3 > 1")
    sys.exit(1)
"""

RAISES = """
import pulumi


def inner():
    raise ValueError("a bug of the program's")


inner()
"""

REFUSES = """
import pulumi

raise pulumi.RunError("rollout:model is missing in Pulumi.dev.yaml")
"""

SLEEPS_IN_A_HOOK = """
import json, os, subprocess
import pulumi


def wait(arguments):
    child = subprocess.Popen(["sleep", "60"])
    with open("pids.json.new", "w") as pids:
        json.dump({"program": os.getpid(), "host": os.getppid(), "child": child.pid}, pids)
    os.rename("pids.json.new", "pids.json")
    child.wait()


binding = pulumi.ResourceHookBinding(after_create=[pulumi.ResourceHook("wait", wait)])
pulumi.Stash("record", input=1, opts=pulumi.ResourceOptions(hooks=binding))
"""
