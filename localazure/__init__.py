"""A local Azure: speaks Azure's wire protocol on loopback, for the same programs and clients."""
