"""Time and memory of a night against series, regions and worker processes: `python -m benchmarks.bench_scaling`, or some of its sizes.

The series are real ones (`make_inputs.py fresh`), cut into regions of whole fcs, as even as they go; above 50,000 they are copied under new
fc names. Each night trains its models on an empty lake. Nights with workers use `[cluster]`; 0 workers is `--direct`, in one process.
"""

import argparse
import contextlib
import shutil
import subprocess
import sys
import threading
import time
from itertools import product
from pathlib import Path

import polars as pl

from benchmarks import make_inputs
from benchmarks.timed_run import LOOK_EVERY, REPO, memory_gb, with_descendants

ALL_SERIES = 50_000

CASES = (
    *((series, 8, 0) for series in (1_000, 10_000, 50_000, 250_000)),
    # What the largest region costs, the number of regions aside.
    *((50_000, regions, 0) for regions in (2, 32)),
    *((50_000, 8, workers) for workers in (1, 2)),
    (50_000, 2, 2),
)
"""Series, regions and workers of each night measured."""


def inputs_of(series: int, regions: int, folder: Path) -> Path:
    """Write the inputs of so many series in so many regions; return the config."""
    name = f"fresh-{series}-{regions}"
    copies = -(-series // ALL_SERIES)
    make_inputs.main(["fresh", "--to", str(folder), "--name", name, "--series", str(series // copies), "--copies", str(copies)])
    place = folder / name / "locations.parquet"
    numbered = pl.read_parquet(place).sort("fc").with_row_index()
    parts = pl.format("r{}", pl.col("index") * min(regions, numbered.height) // numbered.height)
    numbered.with_columns(parts.alias("region")).drop("index").write_parquet(place)
    return folder / f"{name}.toml"


def night(config: Path, out: Path, workers: int) -> tuple[float, float]:
    """Run a night on an empty lake; return its seconds and the GB of memory that its largest process held at its peak."""
    shutil.rmtree(out, ignore_errors=True)
    how = ["--set", f"cluster.workers={workers}"] if workers else ["--direct"]
    command = [
        str(Path(sys.executable).with_name("fillrate")),
        "run",
        str(config),
        "--set",
        f'lake.path="{out}/lake"',
        "--out",
        str(out),
        *how,
    ]
    begun = time.monotonic()
    process = subprocess.Popen(command, cwd=REPO, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    peak = [0.0]
    watching = threading.Thread(target=_watch, args=(process, peak))
    watching.start()
    _, errors = process.communicate()
    watching.join()
    if process.returncode:
        raise SystemExit(f"bench_scaling: {' '.join(command)} ended with {process.returncode}: {errors}")
    return time.monotonic() - begun, peak[0]


def _watch(process: "subprocess.Popen[str]", peak: list[float]) -> None:
    """Keep in `peak` the largest high-water mark of the process and of those it started, but for the Prefect server, until it ends."""
    while process.poll() is None:
        for pid in with_descendants(process.pid):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
                if b"prefect_server_process" not in Path(f"/proc/{pid}/cmdline").read_bytes():
                    peak[0] = max(peak[0], memory_gb(pid, "status", "VmHWM:"))
        time.sleep(LOOK_EVERY)


def main() -> int:
    """Measure the cases of the sizes asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("series", type=int, nargs="*", help="sizes; all of them by default")
    parser.add_argument("--regions", type=int, nargs="+", help="measure every size with these instead")
    parser.add_argument("--workers", type=int, nargs="+", help="measure every size with these instead, 0 for one process without a cluster")
    options = parser.parse_args()
    if not make_inputs.DATA.is_dir():
        print(f"bench_scaling: skipped: no data at {make_inputs.DATA}")
        return 0
    cases = [case for case in CASES if not options.series or case[0] in options.series]
    if options.regions or options.workers:
        cases = list(product(options.series or [ALL_SERIES], options.regions or [8], options.workers or [0]))
    folder = REPO / "out" / "bench_scaling"
    print("| series | regions | workers | seconds | GB, largest process |\n| --- | --- | --- | --- | --- |")
    for series, regions, workers in cases:
        config = inputs_of(series, regions, folder)
        seconds, peak = night(config, folder / "night", workers)
        print(f"| {series:,} | {regions} | {workers or 'none'} | {seconds:.0f} | {peak:.2f} |", flush=True)
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
