"""Safe rollout of a model on an Azure ML managed online endpoint: one step per `pulumi up`."""

from rollout.stack import program

program.run()
