"""Assets: a subset of blob storage, and the way from an asset's URI to a folder."""
