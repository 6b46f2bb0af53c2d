"""Reports: what `rollout check` found, drawn for people. Plain data in, text and pictures out."""
