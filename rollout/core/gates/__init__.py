"""Gates: checks on measured behaviour. What to ask for is planned here, and the answers are judged here."""
