"""An environment of its own for each peer, installed from its lock file: hash-pinned, without addresses."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

LOCKS = Path(__file__).resolve().parent
CACHE = Path(tempfile.gettempdir()) / "fillrate-bench"


def installed(peer: str, folder: Path) -> Path:
    """Install what `<peer>.lock` pins into an environment below `folder`, unless it is there already; return its Python."""
    lock, home = LOCKS / f"{peer}.lock", folder / f"{peer}-env"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp, python = home / "lock.sha256", home / "bin" / "python"
    if not (stamp.is_file() and stamp.read_text() == wanted):
        shutil.rmtree(home, ignore_errors=True)
        print(f"installing {peer} into {home}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock], check=True)
        stamp.write_text(wanted)
    return python
