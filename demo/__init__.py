"""`make demo`: a release goes out and a bad one comes back, told with the commands that a user would run."""
