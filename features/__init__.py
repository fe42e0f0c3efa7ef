"""Demand history and known future to design matrix. Nothing here looks past the origin of a forecast, and nothing does I/O."""
