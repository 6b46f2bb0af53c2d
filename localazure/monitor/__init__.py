"""What Azure Monitor answers, computed from the rows that the gateway writes."""
