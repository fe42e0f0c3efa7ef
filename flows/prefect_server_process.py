"""The temporary Prefect server, a process of its own: it ends when its standard input ends, so never after its parent."""

import os
import shutil
import socket
import sys
import threading
from pathlib import Path


def main(descriptor: int, home: Path) -> None:
    """Serve Prefect's API on the socket `descriptor` until standard input ends, then remove `home` and everything in it."""
    threading.Thread(target=_end_with_parent, args=(home,), daemon=True).start()
    import uvicorn

    config = uvicorn.Config("prefect.server.api.server:create_app", factory=True, lifespan="on", log_level="critical", access_log=False)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


def _end_with_parent(home: Path) -> None:
    """Wait for the end of standard input; the parent holds its other end, and the system closes it however the parent ends.

    Nothing is shut down in order, since nobody will read the database again.
    """
    sys.stdin.buffer.read()
    shutil.rmtree(home, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
