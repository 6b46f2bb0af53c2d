"""The local Azure measured: its router, ARM, metrics, logs, memory and start."""
