"""Turns columns as they stand in a file into dates, numbers, shares and keys. No I/O here."""
