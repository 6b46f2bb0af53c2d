"""Log Analytics: the tables that diagnostic settings fill, and queries on them in KQL."""
