"""The `fillrate` command line."""
