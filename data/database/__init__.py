"""PostgreSQL: where databases are, connections to them, and the tables that runs are written to."""
