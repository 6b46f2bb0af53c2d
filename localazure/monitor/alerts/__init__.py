"""Alert rules: what they say, when their condition is met, and whom action groups tell."""
