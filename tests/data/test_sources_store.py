"""Input tables in a store are found and read as those on disk, whatever their format."""

from datetime import date
from io import BytesIO

import polars as pl
import pytest

from data.errors import InputError
from data.intake import read_table, source_files
from data.presets.recognising import find_exports
from data.settings import ExportsInput, InputsSettings, TableInput
from data.storage import place

SALES = pl.DataFrame({"date": [date(2024, 6, 1), date(2024, 6, 2)], "sku": ["001", "é"], "fc": ["N1", "N1"], "units": [1.5, 2.0]})
ORDERS = (
    "amazon-order-id\tpurchase-date\torder-status\tsku\tquantity\tsales-channel\n"
    "1-2-3\t2024-06-01T00:00:00+00:00\tShipped\tA\t2\tAmazon.com\n"
)


def as_xlsx(frame):
    content = BytesIO()
    frame.write_excel(content)
    return content.getvalue()


def as_parquet(frame):
    content = BytesIO()
    frame.write_parquet(content)
    return content.getvalue()


FILES = {
    "sales/a.csv": SALES.write_csv().encode("utf-16"),
    "sales/b.parquet": as_parquet(SALES.with_columns(pl.col("date") + pl.duration(days=10))),
    "sales/c.xlsx": as_xlsx(SALES.with_columns(pl.col("date") + pl.duration(days=20))),
    "sales/empty.parquet": b"",
    "sales/notes.md": b"no table",
    "sales/_SUCCESS": b"",
    "erp/stock.csv": b"date;sku;fc;on_hand\n2024-06-01;001;N1;3,5\n",
    "exports/acme/orders.txt": ORDERS.encode(),
    "exports/long.txt": ORDERS.encode() + b"x" * 200_000,
    "exports/picture.png": b"\x89PNG",
}


@pytest.fixture
def both(bucket, tmp_path):
    folders = (tmp_path / "in", place(bucket) / "in")
    for folder in folders:
        for name, content in FILES.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
    return [str(folder) for folder in folders]


def test_tables_are_read_as_from_disk(both):
    read = []
    for folder in both:
        absolute = InputsSettings(path=folder, stock=TableInput(path=f"{folder}/erp/stock.csv"))
        relative = InputsSettings(path=folder, stock=TableInput(path="erp"))
        asked = [(absolute, "sales"), (absolute, "stock"), (relative, "stock"), (absolute, "returns")]
        read.append([read_table(inputs, name, today=date(2024, 7, 1), fcs=None) for inputs, name in asked])
    for disk, store in zip(*read, strict=True):
        if disk is None:
            assert store is None
        else:
            assert store.frame.equals(disk.frame)
            assert store.messages == disk.messages
            assert [(file.name, file.size) for file in store.files] == [(file.name, file.size) for file in disk.files]
    assert [table and table.frame.height for table in read[1]] == [6, 1, 1, None]


def test_reports_are_recognised_as_on_disk(both):
    found = [
        [(file.name, file.seller, file.preset, file.missing) for file in find_exports(InputsSettings(path=folder, exports=exports))]
        for folder in both
        for exports in (ExportsInput(), ExportsInput(path=f"{folder}/exports"))
    ]
    assert found[0] == found[1] == found[2] == found[3]
    assert [preset for _, _, preset, _ in found[0]] == ["amazon_all_orders", "amazon_all_orders", None]


def test_a_fingerprint_changes_with_the_content_and_fetches_nothing(bucket, object_store_server):
    for number in range(20):
        (place(bucket) / f"in/sales/{number}.csv").write_bytes(FILES["sales/a.csv"])
    inputs = InputsSettings(path=f"{bucket}/in")
    before = source_files(inputs, "sales")
    served = object_store_server.requests()
    assert source_files(inputs, "sales") == before
    assert (object_store_server.requests() - served).total() < 10, "files are fetched"
    (place(bucket) / "in/sales/1.csv").write_bytes(FILES["sales/a.csv"])
    assert source_files(inputs, "sales") == before
    (place(bucket) / "in/sales/1.csv").write_bytes(FILES["sales/a.csv"] + b"\n\0")
    after = source_files(inputs, "sales")
    assert [file.name for file, old in zip(after, before, strict=True) if file != old] == ["sales/1.csv"]


def test_what_is_missing_is_told_with_its_address(both):
    with pytest.raises(InputError, match=r"no such folder \(looked for s3://test-.*/in/none\)"):
        source_files(InputsSettings(path=f"{both[1]}/none"), "sales")
    with pytest.raises(InputError, match=r"\[inputs.stock\] path = .*: no such file or folder"):
        source_files(InputsSettings(path=both[1], stock=TableInput(path=f"{both[1]}/x.csv")), "stock")
