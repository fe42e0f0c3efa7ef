"""Run docs/one-item.ipynb from top to bottom and keep what it prints (`--check`: only say whether it runs).

It looks at the newest run of the demo: `make demo` first.
"""

import argparse
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

NOTEBOOK = Path(__file__).resolve().parent.parent / "docs" / "one-item.ipynb"

CELL_SECONDS = 600


def main() -> int:
    """Run the notebook in the working directory; returns 1 where a cell fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args().check
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(notebook, timeout=CELL_SECONDS, kernel_name="python3", resources={"metadata": {"path": str(Path.cwd())}})
    try:
        client.execute()
    except CellExecutionError as error:
        print(error, file=sys.stderr)
        return 1
    for cell in notebook.cells:
        # When each cell was run says nothing to a reader, and would change every time.
        cell.metadata.pop("execution", None)
    notebook.metadata.pop("language_info", None)
    if not check:
        nbformat.write(notebook, NOTEBOOK)
    return 0


if __name__ == "__main__":
    sys.exit(main())
