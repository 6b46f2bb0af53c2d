"""The pure core: what a release is, what is observed, how gates judge and what the next step is."""
