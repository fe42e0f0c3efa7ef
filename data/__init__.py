"""What comes in and what is kept: the only room that reads or writes tables."""
