"""Presets: a marketplace's reports as a seller downloads them, turned into rows of input tables.

Knows what the columns of each report mean; reading cells into types, contracts and quarantine are intake's.
"""
