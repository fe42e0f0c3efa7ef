"""Registry of file formats: what a file's ending says about how to open it."""

from data.sources.excel import open_excel
from data.sources.opened import Opener
from data.sources.parquet import open_parquet
from data.sources.text import open_text

FORMATS: dict[str, Opener] = {
    ".parquet": open_parquet,
    ".csv": open_text,
    ".tsv": open_text,
    ".txt": open_text,
    ".xlsx": open_excel,
    ".xlsm": open_excel,
}
"""Ending of the file name, in lower case → opener. A new format is one new module and one line here."""
