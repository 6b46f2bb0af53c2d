"""Measurements that a claim in the documentation rests on; each prints a table and, on request, JSON."""
