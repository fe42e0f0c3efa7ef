"""What comes in and what is kept: contracts, sources, the lake, quality checks, sales to demand. The only room that reads or writes tables."""
