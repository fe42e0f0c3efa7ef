"""Baselines, forecasters, predictive distribution and ordering policy. Frames and arrays in and out, no I/O."""
