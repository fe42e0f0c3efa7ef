"""Makes the tables and views that runs are written to, where they are missing, and adds columns that are new. Nothing else is changed."""

from collections.abc import Mapping

from adbc_driver_postgresql.dbapi import Cursor

from data.database.connection import quoted
from data.database.errors import DatabaseError
from data.database.run_tables import KEYS, RUNS

LATEST_RUN = "latest_run"
"""View of the newest run of each config."""

INDEXED = ("recommendations", "alerts")
"""Tables in which an item is followed over many nights; forecasts are too many for a second index to be worth its time every night."""


def prepare(cursor: Cursor, schema: str, tables: Mapping[str, Mapping[str, str]]) -> None:
    """Make `schema` hold `tables` (name → column → type) and a view `latest_…` of each.

    Whoever may not create is not asked to where all is there already; a view is only made anew where its table got columns, since that
    waits for everyone who is reading it.

    Raises
    ------
    DatabaseError
        If a column is there with another type.
    """
    # Two runs that both found a table missing would both make it.
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext($1))", (f"fillrate {schema}",))
    cursor.fetchall()
    if not _found(cursor, "SELECT nspname::text FROM pg_namespace WHERE nspname = $1", schema):
        cursor.execute(f"CREATE SCHEMA {quoted(schema)}")
    there = _columns(cursor, schema)
    changed = [table for table, columns in tables.items() if _prepare_table(cursor, schema, table, columns, there.get(table))]
    if RUNS in changed or LATEST_RUN not in there:
        # The rule by which `latest` moves beside the files.
        cursor.execute(
            f"CREATE OR REPLACE VIEW {_name(schema, LATEST_RUN)} AS SELECT DISTINCT ON (name) * FROM {_name(schema, RUNS)} "  # noqa: S608
            "WHERE kind = 'nightly' ORDER BY name, as_of DESC, finished_at DESC, run_id DESC"
        )
    for table in tables:
        view = f"latest_{table}"
        if table != RUNS and (table in changed or view not in there):
            cursor.execute(
                f"CREATE OR REPLACE VIEW {_name(schema, view)} AS SELECT t.* FROM {_name(schema, table)} AS t "  # noqa: S608
                f"WHERE t.run_id IN (SELECT run_id FROM {_name(schema, LATEST_RUN)})"
            )


def _prepare_table(cursor: Cursor, schema: str, table: str, columns: Mapping[str, str], there: Mapping[str, str] | None) -> bool:
    """Make a table or add its new columns; return whether there was anything to do."""
    if there is None:
        keys = KEYS[table]
        listed = [f"{quoted(name)} {kind}{' NOT NULL' if name in keys else ''}" for name, kind in columns.items()]
        listed.append(f"PRIMARY KEY ({', '.join(map(quoted, keys))})")
        cursor.execute(f"CREATE TABLE {_name(schema, table)} ({', '.join(listed)})")
        if table in INDEXED:
            cursor.execute(f"CREATE INDEX ON {_name(schema, table)} (fc, sku, as_of)")
        return True
    for name, kind in columns.items():
        if there.get(name, kind) != kind:
            raise DatabaseError(
                f"column {name} of {schema}.{table} is of type {there[name]}, and {kind} was expected: give it that type, "
                "or rename the table, and it is made anew"
            )
    added = [f"ADD COLUMN {quoted(name)} {kind}" for name, kind in columns.items() if name not in there]
    if added:
        cursor.execute(f"ALTER TABLE {_name(schema, table)} {', '.join(added)}")
    return bool(added)


def _columns(cursor: Cursor, schema: str) -> dict[str, dict[str, str]]:
    """Tables and views of a schema → column → type."""
    cursor.execute(
        "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod) FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v') AND a.attnum > 0 AND NOT a.attisdropped",
        (schema,),
    )
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in cursor.fetchall():
        found.setdefault(table, {})[column] = kind
    return found


def _found(cursor: Cursor, query: str, name: str) -> bool:
    cursor.execute(query, (name,))
    return bool(cursor.fetchall())


def _name(schema: str, table: str) -> str:
    return f"{quoted(schema)}.{quoted(table)}"
