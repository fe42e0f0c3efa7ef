"""What goes wrong with a store is one message that says what to check, and never holds a key."""

import socket
import time

import pytest

from data.storage import StorageError, place


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


WRONG = {
    "bucket": ({}, "s3://no-such-bucket/x", "has no such bucket. Create it, or mend the address"),
    "secret": ({"AWS_SECRET_ACCESS_KEY": "planted-secret"}, None, r"refuses the keys \(SignatureDoesNotMatch\). Check AWS_ACCESS_KEY_ID"),
    "key": ({"AWS_ACCESS_KEY_ID": "planted-key"}, None, r"refuses the keys \(InvalidAccessKeyId\)"),
    "down": ({"AWS_ENDPOINT_URL": "http://user:planted-pass@127.0.0.1:{port}"}, None, "cannot be reached. Check AWS_ENDPOINT_URL"),
    "no keys": ({"AWS_ACCESS_KEY_ID": ""}, None, "the environment has no keys for http://127.0.0.1:"),
    "open": ({"AWS_ALLOW_HTTP": ""}, None, "is not encrypted. Name it by https://, or set AWS_ALLOW_HTTP=true"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_faults_are_told_whatever_was_asked(bucket, monkeypatch, object_store_server, fault):
    changes, address, message = WRONG[fault]
    for name, value in changes.items():
        monkeypatch.setenv(name, value.format(port=free_port()))
    path = place(address or f"{bucket}/x")
    asked = [path.read_bytes, lambda: list(path.iterdir()), lambda: path.write_bytes(b""), lambda: path.create(b""), path.is_dir]
    for ask in asked[:1] if fault == "down" else asked:
        begun = time.monotonic()
        with pytest.raises(StorageError, match=message) as told:
            ask()
        assert time.monotonic() - begun < 15
        assert str(told.value).startswith("s3://")
        assert len(str(told.value)) < 400
        assert "planted" not in str(told.value)
        assert object_store_server.secret_key not in str(told.value)
