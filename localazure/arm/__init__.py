"""Azure Resource Manager: paths, the store, operations, and the behaviour of each resource type."""
