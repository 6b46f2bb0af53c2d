"""Comparing a candidate with prod in the same blocks of time, by tests that hold at every look."""
