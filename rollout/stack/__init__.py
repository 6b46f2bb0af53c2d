"""The Pulumi side: what is declared, the hooks that guard it, and the published record."""
