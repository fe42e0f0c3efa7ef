"""Reads input tables: files or rows of a query in, rows that keep the contract out, the rest set aside with a reason."""

from data.intake.assembling import Intake
from data.intake.queries import Answer, ask, intake_of
from data.intake.reading import read_table, read_together, source_files
from data.sources.discovery import SourceFile

__all__ = ["Answer", "Intake", "SourceFile", "ask", "intake_of", "read_table", "read_together", "source_files"]
