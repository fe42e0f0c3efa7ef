"""Reads input tables: files in, rows that keep the contract out, the rest set aside with a reason."""

from data.intake.reading import Intake, read_table, read_together, source_files
from data.sources.discovery import SourceFile

__all__ = ["Intake", "SourceFile", "read_table", "read_together", "source_files"]
