"""Baselines, forecasters, predictive distribution, lead times and ordering policy. Frames and arrays in, frames and arrays out; no table I/O."""
