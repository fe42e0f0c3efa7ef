"""Files of a table: which are found, which are passed over, what stops the run."""

import hashlib
from pathlib import Path

import pytest

from data.errors import InputError
from data.intake import read_table, source_files
from data.settings import InputsSettings, TableInput

SALES = "date,sku,fc,units\n2024-06-01,a,A,1\n"


def put(folder: Path, name: str, text: str = SALES) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def names(folder: Path, table: str = "sales") -> list[str]:
    return [file.name for file in source_files(InputsSettings(path=str(folder)), table)]


def test_a_fingerprint_is_that_of_the_content(tmp_path):
    put(tmp_path, "sales.csv")
    (file,) = source_files(InputsSettings(path=str(tmp_path)), "sales")
    assert (file.name, file.sha256, file.size) == ("sales.csv", hashlib.sha256(SALES.encode()).hexdigest(), len(SALES))


def test_an_absent_table_has_no_files_and_no_rows(tmp_path):
    assert names(tmp_path, "stock") == []
    assert read_table(InputsSettings(path=str(tmp_path)), "stock", today=None, fcs=None) is None


def test_temporary_hidden_and_bookkeeping_files_are_passed_over(tmp_path):
    for name in ("a.csv", ".~lock.a.csv#", "~$a.xlsx", ".b.parquet.crc", "_SUCCESS", ".c.csv", "d.csv.tmp"):
        put(tmp_path, f"sales/{name}")
    assert names(tmp_path) == ["sales/a.csv"]


def test_a_file_and_a_folder_of_one_table_go_together_and_case_does_not_matter(tmp_path):
    put(tmp_path, "Sales.CSV")
    put(tmp_path, "sales/b.tsv")
    put(tmp_path, "sales/a.txt")
    assert names(tmp_path) == ["Sales.CSV", "sales/a.txt", "sales/b.tsv"]


def test_one_table_in_two_formats_is_refused(tmp_path):
    put(tmp_path, "sales.csv")
    put(tmp_path, "sales.parquet")
    with pytest.raises(InputError, match=r"sales: found as sales.csv and as sales.parquet"):
        names(tmp_path)


@pytest.mark.parametrize("inside", [True, False])
def test_a_configured_path_may_be_a_file_or_a_folder_and_names_stay_relative(tmp_path, inside):
    root = tmp_path / "in"
    put(root, "items.csv")
    folder = (root if inside else tmp_path) / "erp"
    put(folder, "x.csv")
    put(folder, "y.csv", SALES + "2024-06-02,a,A,1\n")
    prefix = "erp/" if inside else ""

    def found(path: Path) -> list[str]:
        return [file.name for file in source_files(InputsSettings(path=str(root), sales=TableInput(path=str(path))), "sales")]

    assert found(folder / "x.csv") == [f"{prefix}x.csv"]
    assert found(folder) == ["erp/x.csv", "erp/y.csv"]


def test_a_relative_path_may_start_at_the_input_folder(tmp_path):
    put(tmp_path, "erp/x.csv")
    assert [file.name for file in source_files(InputsSettings(path=str(tmp_path), sales=TableInput(path="erp/x.csv")), "sales")] == [
        "erp/x.csv"
    ]


def test_an_input_folder_that_is_not_there_is_told():
    with pytest.raises(InputError, match=r"no such folder .*Create it or mend the path"):
        source_files(InputsSettings(path="no/such/folder"), "sales")


def test_an_input_folder_that_is_a_file_is_told(tmp_path):
    with pytest.raises(InputError, match=r"is a file; the folder of the input tables was expected"):
        source_files(InputsSettings(path=str(put(tmp_path, "all.csv"))), "sales")


def test_a_configured_path_that_does_not_exist_is_told(tmp_path):
    with pytest.raises(InputError, match=r'\[inputs.stock\] path = "nowhere.csv": no such file'):
        source_files(InputsSettings(path=str(tmp_path), stock=TableInput(path="nowhere.csv")), "stock")


def test_a_configured_file_of_another_format_is_told(tmp_path):
    path = put(tmp_path, "sales.json")
    with pytest.raises(InputError, match=r"format that is not read. Endings read: .parquet, .csv"):
        source_files(InputsSettings(path=str(tmp_path), sales=TableInput(path=str(path))), "sales")


def test_missing_sales_stop_with_what_was_found_and_the_line_that_mends_it(tmp_path):
    put(tmp_path, "items.csv")
    put(tmp_path, "my_sales_2024.csv")
    with pytest.raises(InputError) as error:
        read_table(InputsSettings(path=str(tmp_path)), "sales", today=None, fcs=None)
    assert "sales: required" in str(error.value)
    assert "items.csv, my_sales_2024.csv" in str(error.value)
    assert f'[inputs.sales] path = "{tmp_path / "my_sales_2024.csv"}"' in str(error.value)


def test_missing_sales_in_a_format_that_is_not_read(tmp_path):
    put(tmp_path, "sales.json")
    with pytest.raises(InputError, match=r"sales.json is of a format that is not read: save it as"):
        read_table(InputsSettings(path=str(tmp_path)), "sales", today=None, fcs=None)


def test_a_file_of_another_format_among_others_is_a_message(tmp_path):
    put(tmp_path, "sales/a.csv")
    put(tmp_path, "sales/b.json")
    intake = read_table(InputsSettings(path=str(tmp_path)), "sales", today=None, fcs=None)
    assert [(message.code, message.message) for message in intake.messages] == [
        ("file_not_read", "sales/b.json is of a format that is not read.")
    ]


def test_only_the_named_files_are_read(tmp_path):
    put(tmp_path, "sales/a.csv")
    put(tmp_path, "sales/b.csv", SALES.replace("06-01", "06-02"))
    inputs = InputsSettings(path=str(tmp_path))
    intake = read_table(inputs, "sales", today=None, fcs=None, files={"sales/b.csv"})
    assert intake.frame["source_file"].to_list() == ["sales/b.csv"]
    assert [file.name for file in intake.files] == ["sales/b.csv"]
    with pytest.raises(InputError, match=r"sales/c.csv is no longer in the input folder"):
        read_table(inputs, "sales", today=None, fcs=None, files={"sales/c.csv"})


def test_the_same_content_under_two_names_counts_once(tmp_path):
    put(tmp_path, "sales/a.csv")
    put(tmp_path, "sales/a (1).csv")
    intake = read_table(InputsSettings(path=str(tmp_path)), "sales", today=None, fcs=None)
    assert intake.frame["units"].to_list() == [1.0]
    assert [message.code for message in intake.messages] == ["same_file_twice"]
    assert len(intake.files) == 2
