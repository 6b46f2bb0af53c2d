"""Provides the project's tools. Runs on a bare Python, so it imports the standard library only."""
