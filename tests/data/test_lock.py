"""One run at a time on a lake, and a killed run blocks nobody."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from data.lock import LakeLocked, lake_lock

HOLD = (
    "import sys, time\nfrom data.lock import lake_lock\nwith lake_lock(sys.argv[1]):\n    print('held', flush=True)\n    time.sleep(60)\n"
)


def test_second_run_ends_at_once_and_names_the_first(tmp_path):
    with lake_lock(tmp_path / "lake"), pytest.raises(LakeLocked) as told, lake_lock(tmp_path / "lake"):
        pytest.fail("two runs held the same lake")
    assert f"process {os.getpid()} on host {socket.gethostname()}, since 20" in str(told.value)
    assert str(tmp_path / "lake") in str(told.value)


def test_lock_is_free_after_the_block_and_after_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError), lake_lock(tmp_path):
        1 / 0  # noqa: B018
    with lake_lock(tmp_path):
        pass


def test_other_lakes_are_not_locked(tmp_path):
    with lake_lock(tmp_path / "one"), lake_lock(tmp_path / "two"):
        pass


def test_lock_of_a_killed_process_does_not_block(tmp_path):
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(LakeLocked, match=f"process {holder.pid} "), lake_lock(tmp_path):
        pytest.fail("the lock of another process was ignored")
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    with lake_lock(tmp_path):
        pass
