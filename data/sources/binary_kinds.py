"""Tells files of other kinds by how they begin, where one lies under the name of a text table."""

_BEGINNINGS = (
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"BZh91AY&SY", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls) or one with a password"),
    (b"PAR1\x15", "a Parquet file"),
    (b"%PDF-", "a PDF"),
    (b"SQLite format 3\0", "a SQLite database"),
)


def binary_kind(content: bytes) -> str | None:
    """Return what a file is whose content begins so; None if it may be text."""
    return next((kind for beginning, kind in _BEGINNINGS if content.startswith(beginning)), None)
