"""Version of the code, as recorded with every run and model."""

from importlib.metadata import version

VERSION = version("fillrate")
