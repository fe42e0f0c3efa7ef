"""The command that gives a new user something to start from."""

from pathlib import Path

from rich.markup import escape

from data.contracts import INPUT_TABLES, business_columns, required_columns
from flows.settings import ConfigError
from flows.terminal import VisibleConsole

CONFIG = """\
# A night of your own. Every key is explained in docs/configuration.md; every table and column in docs/input-tables.md.
name = "{name}"
frequency = "day"                # or "week"
horizon = 28                     # periods forecast and published

[inputs]
path = "{folder}/inputs"         # one file or folder per table: sales.csv, sales/2024-06.parquet, stock.xlsx …
# sales.columns = {{ day = "date", item = "sku", warehouse = "fc", qty = "units" }}   # your names → fillrate's
# exports.marketplace = "Amazon.com"   # a seller's reports as downloaded go into {folder}/inputs/exports: docs/input-tables.md

[lake]
path = "{folder}/lake"           # history and models; keep it, runs build on it

[output]
path = "{folder}/out"            # what is published; `latest` names the newest run

[replenishment]
objective = "cost"               # the cheapest order; "service" for the smallest that reaches service_level
service_level = 0.95
# holding_cost = 0.02            # money per unit left at a period's end; without it from items.unit_cost
# shortage_cost = 1.0            # money per unit of unmet demand; without it items.price − items.unit_cost
lead_time_days = 7               # }} where the supply table
review_days = 7                  # }} says nothing else
"""


def write_starter(folder: Path) -> None:
    """Write `config.toml` and an empty CSV with the headers of every input table into `<folder>/templates`.

    Raises
    ------
    ConfigError
        If the folder holds something already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} is there already and not empty: name a new folder")
    templates = folder / "templates"
    templates.mkdir(parents=True)
    (folder / "inputs").mkdir()
    (folder / "config.toml").write_text(CONFIG.format(name=folder.resolve().name, folder=folder.as_posix()), encoding="utf-8")
    for table in INPUT_TABLES:
        (templates / f"{table}.csv").write_text(",".join(business_columns(table)) + "\n", encoding="utf-8")
    console = VisibleConsole()
    console.print(f"Wrote {escape(str(folder))}/config.toml and a template of each of the {len(INPUT_TABLES)} input tables in templates/.")
    console.print(
        f"Only sales is needed: {', '.join(required_columns('sales'))}. With stock there are orders, with items and supply good ones."
    )
    console.print(
        f"Next: fill copies in {escape(str(folder))}/inputs, then\n  fillrate check {escape(str(folder))}/config.toml\n"
        f"  fillrate run {escape(str(folder))}/config.toml",
        soft_wrap=True,
    )
