"""Find a published run from what a person types: its id, its folder, or 'latest'."""

from pathlib import Path

from data.published import PublishError, RunPaths, find_run, latest_run, retired, runs
from data.storage import Place, place


def locate_run(text: str, out: str | None) -> RunPaths:
    """Return the run that `text` names.

    Parameters
    ----------
    text
        A run id, the path or address of a run's folder, or `latest`.
    out
        Output folder; by default every folder below ./out and the working directory that holds runs.

    Raises
    ------
    PublishError
        If there is no such run.
    """
    path = place(text)
    if (path / "manifest.json").is_file():
        folder = path.resolve()
        return find_run(folder.parent.parent, folder.name)
    outputs = [place(out)] if out is not None else output_folders()
    if not outputs:
        raise PublishError("nothing has been published below ./out: name the output folder with --out DIR")
    if text == "latest":
        return newest_run(out)
    for output in outputs:
        if any(run.run_id == text for run in runs(output)):
            return find_run(output, text)
    removed = [output for output in outputs if retired(output, text)]
    return find_run([*removed, outputs[0]][0], text)


def newest_run(out: str | None) -> RunPaths:
    """Return the run that `latest` names; of several outputs the one published last."""
    found = [run for output in ([place(out)] if out is not None else output_folders()) if (run := latest_run(output))]
    if not found:
        raise PublishError(f"nothing has been published in {out or './out'} yet: `fillrate run CONFIG` publishes a run")
    return max(found, key=lambda run: run.manifest.stat().st_mtime_ns)


def output_folders() -> list[Place]:
    """Return the folders below ./out, and the working directory itself, that hold runs."""
    return sorted({folder.parent for pattern in ("runs", "out/runs", "out/*/runs") for folder in Path().glob(pattern)})
