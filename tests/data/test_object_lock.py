"""One run at a time on a lake in a store, and a killed run blocks nobody for long."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from data.lock import LakeLocked, lake_lock, lock_holder
from data.storage import place

HOLD = (
    "import sys, time\nfrom data.lock import lake_lock\nwith lake_lock(sys.argv[1], lapse_seconds=float(sys.argv[2])):\n"
    "    print('held', flush=True)\n    time.sleep(60)\n"
)


def test_a_second_run_ends_at_once_and_names_the_first(bucket):
    lake = f"{bucket}/lake"
    assert lock_holder(lake) is None
    with lake_lock(lake) as still_held:
        still_held()
        with pytest.raises(LakeLocked, match=f"process {os.getpid()} on host .*, since 20.* lapses 120 s after"), lake_lock(lake):
            pytest.fail("two runs held the same lake")
        assert f"process {os.getpid()}" in lock_holder(lake)
    assert lock_holder(lake) is None
    with lake_lock(lake), lake_lock(f"{bucket}/other"):
        pass


def test_it_is_free_after_an_error(bucket):
    with pytest.raises(ZeroDivisionError), lake_lock(bucket):
        1 / 0  # noqa: B018
    with lake_lock(bucket):
        pass


def test_one_of_many_at_once_gets_it(bucket):
    ready = threading.Barrier(8)
    held = []

    def attempt(number):
        ready.wait()
        try:
            with lake_lock(bucket):
                held.append(number)
                time.sleep(1)
        except LakeLocked:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == len(held) == 1


def test_the_lock_of_a_killed_process_lapses_and_not_before(bucket):
    lapse = 3.0
    command = [sys.executable, "-c", HOLD, bucket, str(lapse)]
    holder = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    assert holder.stdout.readline() == "held\n"
    time.sleep(lapse * 1.3)  # a living one keeps it beyond that
    with pytest.raises(LakeLocked, match=f"process {holder.pid} "), lake_lock(bucket, lapse_seconds=lapse):
        pytest.fail("the lock of a living process was taken")
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    with pytest.raises(LakeLocked), lake_lock(bucket, lapse_seconds=lapse):
        pytest.fail("the lock of a process that may live was taken")
    time.sleep(lapse + 1.1)  # the store tells times to the second
    with lake_lock(bucket, lapse_seconds=lapse):
        pass


def test_a_run_that_slept_too_long_learns_that_it_lost_the_lock(bucket):
    with lake_lock(bucket, lapse_seconds=2) as still_held:
        # what another run does that finds the lock lapsed while this process could give no sign
        locks = place(bucket) / ".lock"
        assert (locks / "00000002").create(b'{"pid": 7, "host": "elsewhere", "since": "now"}')
        time.sleep(1.5)
        with pytest.raises(LakeLocked, match=r"lapsed.*taken: process 7 on host elsewhere"):
            still_held()
    assert [path.name for path in locks.iterdir() if path.stat().st_size] == ["00000001", "00000002"]
