"""Someone who reads what is published all the while, as a planner's page would, and counts the half runs that are seen.

Nothing of fillrate's own reading is used: what it takes for whole is what is to be proved.
"""

import hashlib
import json
import threading
from types import TracebackType
from typing import Self

from data.storage import ObjectPath, Place, place

PAUSE_SECONDS = 0.02


class Reader:
    """Looks at an output folder again and again for the length of a `with` block.

    half: what was seen of runs that are not whole; looks: how often it looked. pointer_damaged: the pointer leads nowhere to begin
    with, which counts only where it still does at the end.
    """

    def __init__(self, output: str | Place, *, pointer_damaged: bool = False) -> None:
        self.output = place(output)
        self.half: dict[str, str] = {}
        self.looks = 0
        self._led_to_a_run = not pointer_damaged
        self._ended = threading.Event()
        self._looking = threading.Lock()
        self._thread = threading.Thread(target=self._watch, name="reader", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()
        self._led_to_a_run = True
        self.look()

    def look(self) -> None:
        """Look once: at every run that can be seen, and at the one that the pointer names."""
        self.looks += 1
        folders = {path.name: path for path in (self.output / "runs").glob("*") if not path.name.startswith(".")}
        for run_id, folder in folders.items():
            # Looked at twice: a run that was removed while it was being read was whole for as long as it was there.
            if what_is_not_whole(folder) and (found := what_is_not_whole(folder)) and folder.is_dir():
                self.half[run_id] = found
        # One that was damaged before anybody looked is no half run, but the night that comes must mend it.
        found = what_is_wrong_with_the_pointer(self.output)
        if found and self._led_to_a_run:
            self.half["latest"] = found
        self._led_to_a_run = self._led_to_a_run or not found

    def _watch(self) -> None:
        while not self._ended.wait(PAUSE_SECONDS):
            with self._looking:
                self.look()

    def pause(self) -> None:
        """Stop looking, since what is looked at is about to be out of reach."""
        self._looking.acquire()

    def resume(self) -> None:
        """Look again."""
        self._looking.release()


def what_is_not_whole(folder: Place) -> str | None:
    """Return what a run's folder lacks of what its manifest says, None where it is whole or, in a store, no run."""
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
    except FileNotFoundError:
        # A store has no renames: there a run is a run once its manifest is there.
        return None if isinstance(folder, ObjectPath) else "it has no manifest"
    except ValueError:
        return "its manifest is no JSON"
    try:
        there = {path.as_posix().removeprefix(f"{folder.as_posix()}/"): path for path in folder.rglob("*") if path.is_file()}
    except FileNotFoundError:
        return "it is gone"
    there.pop("manifest.json", None)
    if there.keys() != manifest["checksums"].keys():
        return f"it has other files than its manifest says: {sorted(there.keys() ^ manifest['checksums'].keys())}"
    for name, path in there.items():
        try:
            if hashlib.sha256(path.read_bytes()).hexdigest() != manifest["checksums"][name]:
                return f"{name} is not what its manifest says"
        except FileNotFoundError:
            return f"{name} is gone"
    return None


def what_is_wrong_with_the_pointer(output: Place) -> str | None:
    """Return why the pointer leads to no whole run; None where it leads to one, or there is none yet."""
    try:
        pointer = json.loads((output / "latest.json").read_bytes())
        run = output / str(pointer["path"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        return f"latest.json is no pointer: {error}"
    if not (run / "manifest.json").is_file():
        return f"latest.json names {run.name}, which is no run"
    if not isinstance(output, ObjectPath) and not (output / "latest" / "manifest.json").is_file():
        return "the link latest leads to no run"
    return what_is_not_whole(run)
