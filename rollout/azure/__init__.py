"""What is read from Azure, and the little that is written to it outside the Pulumi engine.

Everything here is blocking I/O behind small protocols. Nothing imports Pulumi, and the Azure SDKs are
imported where they are used, so that importing a module of this package costs nothing.
"""
