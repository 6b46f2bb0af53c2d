"""Health: what `rollout doctor` looks at. One function a check, each on what was read once for all."""
