"""What the workflows do between two commands: `python .github/pipeline WHAT`, with its input in variables."""
