"""A Python language host for Pulumi CLIs that were built from source.

Pulumi's own release archives carry `pulumi-language-python`, a Go program that is available as no module.
This package is the same gRPC service in Python: it starts the program and tells the engine which plugins it
needs. Beside an official CLI it is not used.
"""
