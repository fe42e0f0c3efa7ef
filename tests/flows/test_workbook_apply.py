"""A workbook filled in and applied: orders, overrides, and every way in which it is refused."""

import re
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.contracts import Overrides
from data.published import decisions_of
from flows.workbook import Applied, WorkbookRefused, apply_workbook, write_workbook
from flows.workbook.orders import supplier_slugs

RUN = "2024-04-14-a1b2c3"
TODAY = date(2024, 4, 15)


@dataclass
class Desk:
    """A planner's desk: the workbook of a run, ways to fill it in, and the folder of orders."""

    path: Path
    orders: Path
    recommendations: pl.DataFrame

    def fill(self, change: Callable[[Any], None]) -> None:
        book = openpyxl.load_workbook(self.path)
        change(book)
        book.save(self.path)

    def put(self, cell: str, value: Any) -> None:
        self.fill(lambda book: book["Orders"].__setitem__(cell, value))

    def decide(self, row: int, units: Any, reason: str = "budget") -> None:
        self.fill(lambda book: [book["Orders"].__setitem__(f"G{row}", units), book["Orders"].__setitem__(f"H{row}", reason)])

    def get(self, cell: str) -> Any:
        return openpyxl.load_workbook(self.path)["Orders"][cell].value

    def apply(self, **options: Any) -> Applied:
        given = {"run_recommendations": self.recommendations, "run_id": RUN, "output": self.orders.parent, "author": "Li Wei", "on": TODAY}
        return apply_workbook(self.path, **{**given, **options})

    def everything_written(self) -> dict[Path, tuple[bytes, int]]:
        """Bytes and time of every file of orders and of the ledger."""
        folders = (self.orders, self.orders.parent / "overrides")
        return {path: (path.read_bytes(), path.stat().st_mtime_ns) for folder in folders for path in folder.rglob("*") if path.is_file()}

    def ordered(self) -> pl.DataFrame:
        return pl.concat(
            [pl.read_csv(file, schema_overrides={"sku": pl.String, "units": pl.Float64}) for file in sorted(self.orders.glob("*.csv"))]
        )


@pytest.fixture
def desk(tmp_path: Path, recommendations: pl.DataFrame, alerts: pl.DataFrame, plan_messages: pl.DataFrame) -> Desk:
    path = tmp_path / "report.xlsx"
    write_workbook(path, recommendations, alerts, plan_messages, {}, RUN)
    return Desk(path, tmp_path / "orders", recommendations)


def test_an_untouched_workbook_orders_what_was_recommended(desk: Desk) -> None:
    applied = desk.apply()
    expected = desk.recommendations.filter(pl.col("order_units") > 0)
    got = desk.ordered()
    assert applied.overrides.is_empty()
    assert got.select("fc", "sku", "units").sort("fc", "sku").rows() == expected.select("fc", "sku", "order_units").sort("fc", "sku").rows()
    assert applied.units == expected["order_units"].sum()
    assert [file.name for file in applied.files] == [
        f"order_{supplier}_{RUN}.csv" for supplier in ("acme-foods", "hofmann-söhne", "no-supplier", "华东供应")
    ]
    assert got["value"].sum() == pytest.approx(expected["order_value"].sum())


def test_changed_lines_become_overrides_with_their_reason(desk: Desk) -> None:
    desk.put("G3", 5)
    desk.put("H3", "promotion was called off")
    desk.put("G4", 0)
    desk.put("H4", "budget")
    fc, sku = desk.get("B3"), desk.get("C3")
    applied = desk.apply()
    Overrides.validate(applied.overrides)
    rows = {(row["fc"], row["sku"]): row for row in applied.overrides.to_dicts()}
    assert len(rows) == 2
    changed, cancelled = rows[fc, sku], rows[desk.get("B4"), desk.get("C4")]
    assert (changed["field"], changed["value"], changed["reason"], changed["author"]) == (
        "order_units",
        5.0,
        "promotion was called off",
        "Li Wei",
    )
    assert (changed["expires"], changed["source_file"], changed["source_line"]) == (TODAY, "report.xlsx", 3)
    assert (cancelled["value"], cancelled["reason"]) == (0.0, "budget")
    got = desk.ordered()
    assert got.filter(fc=fc, sku=sku)["units"].to_list() == [5.0]
    assert got.filter(fc=desk.get("B4"), sku=desk.get("C4")).is_empty()


def test_approving_the_recommended_number_is_no_override(desk: Desk) -> None:
    desk.put("G3", desk.get("F3"))
    assert desk.apply().overrides.is_empty()


def test_an_override_applied_late_holds_until_its_order_goes_out(desk: Desk) -> None:
    desk.decide(3, 5)
    assert desk.apply(on=date(2024, 4, 17)).overrides["expires"].to_list() == [date(2024, 4, 17)]


def test_applying_twice_changes_nothing(desk: Desk) -> None:
    desk.decide(3, 5)
    first = desk.apply()
    before = desk.everything_written()
    second = desk.apply(on=date(2024, 4, 20))
    assert desk.everything_written() == before
    assert (second.files, second.removed, second.units) == (first.files, (), first.units)
    assert second.decisions.equals(first.decisions)
    assert second.overrides.equals(first.overrides)


def test_what_is_decided_anew_replaces_what_was_recorded(desk: Desk) -> None:
    desk.decide(3, 5)
    desk.decide(4, 6)
    desk.apply()
    desk.decide(3, 7)
    desk.decide(4, None)
    later = date(2024, 4, 16)
    (decision,) = desk.apply(on=later).decisions.to_dicts()
    assert (decision["approved_units"], decision["recorded"], decision["cell"]) == (7.0, later, "Orders!G3")
    assert decisions_of(desk.orders.parent, RUN).height == 1
    desk.decide(3, None)
    desk.apply()
    assert decisions_of(desk.orders.parent, RUN).is_empty()


def test_a_kill_in_between_is_healed_by_applying_again(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.decide(3, 0)
    desk.apply()
    wanted = {path.relative_to(tmp_path): content for path, (content, _) in desk.everything_written().items()}
    for stop_after in range(len(wanted)):
        left = tmp_path / f"killed-{stop_after}"
        replaced = 0
        really = Path.replace

        def killed(self: Path, target: Any, really: Any = really, stop_after: int = stop_after) -> Any:
            nonlocal replaced
            if replaced == stop_after:
                raise KeyboardInterrupt
            replaced += 1
            return really(self, target)

        with monkeypatch.context() as killing:
            killing.setattr(Path, "replace", killed)
            with pytest.raises(KeyboardInterrupt):
                desk.apply(output=left)
        desk.apply(output=left)
        assert {path.relative_to(left): path.read_bytes() for path in left.rglob("*") if path.is_file()} == {
            name: content for name, content in wanted.items() if name.parts[0] in ("orders", "overrides")
        }


def test_a_supplier_whose_lines_are_all_cancelled_gets_no_file(desk: Desk) -> None:
    desk.apply()
    other_run = desk.orders / "order_acme-foods_2024-04-13-ffffff.csv"
    other_run.write_text("kept")

    def cancel(book: Any) -> None:
        for row in book["Orders"].iter_rows(min_row=3):
            if row[0].value == "Acme Foods":
                row[6].value, row[7].value = 0, "supplier cannot deliver"

    desk.fill(cancel)
    applied = desk.apply()
    assert [file.name for file in applied.removed] == [f"order_acme-foods_{RUN}.csv"]
    assert not applied.removed[0].exists()
    assert other_run.exists()


def test_sorting_the_sheet_changes_nothing(desk: Desk) -> None:
    expected = desk.apply()
    ordered = desk.ordered()

    def reverse(book: Any) -> None:
        sheet = book["Orders"]
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]
        for target, values in zip(sheet.iter_rows(min_row=3), reversed(rows), strict=True):
            for cell, value in zip(target, values, strict=True):
                cell.value = value

    desk.fill(reverse)
    assert desk.apply().units == expected.units
    assert desk.ordered().equals(ordered)


def test_a_line_that_was_not_recommended_can_be_added(desk: Desk) -> None:
    idle = desk.recommendations.filter(pl.col("order_units") == 0).row(0, named=True)

    def add(book: Any) -> None:
        sheet = book["Orders"]
        row = sheet.max_row + 1
        sheet[f"B{row}"], sheet[f"C{row}"], sheet[f"G{row}"], sheet[f"H{row}"] = idle["fc"], idle["sku"], 24, "shop opening"

    desk.fill(add)
    (override,) = desk.apply().overrides.to_dicts()
    assert (override["sku"], override["value"]) == (idle["sku"], 24.0)


@pytest.mark.parametrize(
    ("cell", "value", "told"),
    [
        ("G5", -1, r"Orders!G5 is -1: expected a number, 0 or more"),
        ("G5", 2.5, r"Orders!G5 is 2\.5: expected whole units"),
        ("G5", "a lot", r"Orders!G5 is 'a lot': expected a number, 0 or more"),
        ("G5", True, r"Orders!G5 is True: expected a number, 0 or more"),
        ("G5", "1,200", r"Orders!G5 is '1,200': expected a number, 0 or more"),
        ("G5", "#REF!", r"Orders!G5 is '#REF!': expected a number, 0 or more"),
        ("G5", 1e12, r"Orders!G5 is 1e\+12: more than 1,000,000,000 units"),
        ("G5", 7, r"Orders!H5 is empty: Orders!G5 is not what was recommended"),
        ("H5", "x" * 501, r"Orders!H5 has 501 characters"),
        ("G5", "=F5*2", r"Orders!G5 holds the formula '=F5\*2' without a result"),
        ("F5", 999_999, r"Orders!F5 says 999999, the run recommended \d+\. Leave order_units as it was and write your number in Orders!G5"),
        ("C5", "nonsense", r"Orders!C5: the run has no row for fc '.*', sku 'nonsense'"),
        ("C5", 53, r"Orders!C5: .* leading zeros may be lost"),
        ("C5", None, r"Orders!C5: sku is empty"),
        ("A2", "x", None),
        ("C2", "article", r"no row of the first 10 holds the column names"),
        ("G2", "approved", r"column approved_units is missing"),
    ],
)
def test_what_is_wrong_is_told_with_its_cell_and_nothing_is_written(desk: Desk, cell: str, value: Any, told: str | None) -> None:
    desk.put(cell, value)
    if told is None:
        desk.apply()
        return
    with pytest.raises(WorkbookRefused, match=told):
        desk.apply()
    assert not desk.orders.exists()


def test_a_key_given_twice_is_refused_with_both_cells(desk: Desk) -> None:
    def double(book: Any) -> None:
        for column in "ABCDEF":
            book["Orders"][f"{column}6"] = book["Orders"][f"{column}5"].value

    desk.fill(double)
    with pytest.raises(WorkbookRefused, match=r"Orders!C6: .* stands already in Orders!C5"):
        desk.apply()


def test_a_deleted_row_is_refused_not_taken_for_a_cancelled_one(desk: Desk) -> None:
    desk.fill(lambda book: book["Orders"].delete_rows(4, 3))
    with pytest.raises(WorkbookRefused, match=r"Orders lacks 3 recommended line\(s\), the first fc"):
        desk.apply()


def test_many_faults_are_told_at_once_and_counted(desk: Desk) -> None:
    def spoil(book: Any) -> None:
        for row in range(3, 18):
            book["Orders"][f"G{row}"] = -1

    desk.fill(spoil)
    with pytest.raises(WorkbookRefused) as refused:
        desk.apply()
    assert str(refused.value).count("expected a number") == 10
    assert "… and 5 more" in str(refused.value)


def test_another_runs_workbook_is_refused(desk: Desk) -> None:
    with pytest.raises(WorkbookRefused, match=f"belongs to run {RUN}, not to 2024-04-15-d4e5f6"):
        desk.apply(run_id="2024-04-15-d4e5f6")


def test_the_run_is_still_known_when_a_program_drops_the_named_cell(desk: Desk) -> None:
    desk.fill(lambda book: book.defined_names.pop("fillrate_run_id"))
    assert desk.apply().lines > 0


def test_a_workbook_without_a_run_is_refused(desk: Desk) -> None:
    def forget(book: Any) -> None:
        book.defined_names.pop("fillrate_run_id")
        del book.custom_doc_props["fillrate_run_id"]

    desk.fill(forget)
    with pytest.raises(WorkbookRefused, match="does not say which run it belongs to"):
        desk.apply()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("notes.xlsx", b"not a workbook", "cannot be read as an Excel workbook: it is a file of another kind"),
        ("empty.xlsx", b"", "cannot be read as an Excel workbook: it is a file of another kind"),
        ("locked.xlsx", bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600, "is protected with a password, or of the old .xls format"),
        ("printed.xlsx", b"%PDF-1.7\n", "is a PDF"),
        ("report.ods", b"PK\x03\x04" + b"\0" * 26 + b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "is an OpenDocument file"),
        ("cut.xlsx", b"PK\x03\x04" + b"\0" * 40, "cannot be read as an Excel workbook"),
    ],
)
def test_a_file_that_is_no_workbook_is_refused(desk: Desk, tmp_path: Path, name: str, content: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WorkbookRefused, match=told) as refused:
        replace(desk, path=tmp_path / name).apply()
    assert name in str(refused.value)


def test_a_path_that_holds_nothing_to_read_is_refused(desk: Desk, tmp_path: Path) -> None:
    for path, told in ((tmp_path / "gone.xlsx", "does not exist"), (tmp_path, "cannot be opened")):
        with pytest.raises(WorkbookRefused, match=told):
            replace(desk, path=path).apply()
    with pytest.raises(WorkbookRefused, match="author is empty"):
        desk.apply(author=" ")


def with_sheets(desk: Desk, path: Path, change: Callable[[bytes], bytes]) -> Desk:
    """The desk with a workbook whose sheets are changed."""
    with zipfile.ZipFile(desk.path) as whole, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as parts:
        for name in whole.namelist():
            content = whole.read(name)
            parts.writestr(name, change(content) if name.startswith("xl/worksheets/sheet") else content)
    return replace(desk, path=path)


def test_a_workbook_that_says_it_is_as_wide_as_a_sheet_can_be_is_read_all_the_same(desk: Desk, tmp_path: Path) -> None:
    def widest(sheet: bytes) -> bytes:
        return re.sub(rb'<dimension ref="[^"]*"/>', b'<dimension ref="A1:XFD1048576"/>', sheet)

    expected = desk.apply()
    wide = with_sheets(desk, tmp_path / "wide.xlsx", widest)
    begun = time.perf_counter()
    assert wide.apply().units == expected.units
    assert time.perf_counter() - begun < 10


@pytest.mark.parametrize(
    "spoil",
    [
        lambda sheet: sheet.replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'),
        lambda sheet: sheet.replace(b"</sheetData>", b'<row r="999999999"><c r="A999999999"><v>1</v></c></row></sheetData>'),
        lambda sheet: sheet.replace(b"</sheetData>", b" " * (3 << 20) + b"</sheetData>"),
    ],
    ids=["the last corner", "a row that does not exist", "blanks"],
)
def test_a_workbook_that_unfolds_without_end_is_refused(desk: Desk, tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    with pytest.raises(WorkbookRefused, match="is too large to be opened"):
        with_sheets(desk, tmp_path / "bomb.xlsx", spoil).apply()


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_workbook_is_read_or_refused_never_half_applied(desk: Desk, tmp_path: Path, data: st.DataObject) -> None:
    """Bytes of a part are changed: what comes is an order, or a refusal."""
    damaged = tmp_path / "damaged.xlsx"
    with zipfile.ZipFile(desk.path) as whole, zipfile.ZipFile(damaged, "w") as parts:
        spoilt = data.draw(st.sampled_from(whole.namelist()))
        for name in whole.namelist():
            content = bytearray(whole.read(name))
            if name == spoilt:
                start = data.draw(st.integers(0, len(content) - 1))
                content[start : start + data.draw(st.integers(1, 60))] = data.draw(st.binary(max_size=60))
            parts.writestr(name, bytes(content))
    output = Path(tempfile.mkdtemp(dir=tmp_path))
    try:
        applied = replace(desk, path=damaged).apply(output=output)
    except WorkbookRefused:
        assert not list(output.iterdir())
    else:
        assert applied.lines == sum(pl.read_csv(file).height for file in applied.files)


def test_hidden_sheets_filters_and_sheets_of_ones_own_change_nothing(desk: Desk) -> None:
    expected = desk.apply()

    def arrange(book: Any) -> None:
        book["Orders"].auto_filter.add_filter_column(0, ["Acme Foods"])
        for row in range(10, 20):
            book["Orders"].row_dimensions[row].hidden = True
        book["Summary"].sheet_state = "hidden"
        book["Orders"].sheet_state = "hidden"
        book.create_sheet("my notes")["A1"] = "=1+1"
        book["Orders"]["Z1"] = "ask Ana"

    desk.fill(arrange)
    assert desk.apply().units == expected.units
    desk.fill(lambda book: book.remove(book["Orders"]))
    with pytest.raises(WorkbookRefused, match="has no sheet 'Orders'; it has Summary"):
        desk.apply()


def test_packs_and_limits_of_the_run_are_kept(desk: Desk) -> None:
    terms = desk.recommendations.select("fc", "sku", unit_cost=2.5, case_pack=5.0, moq=10.0, max_units=1000.0)
    for row, units in ((3, 7), (4, 5), (5, 1005)):
        desk.decide(row, units)
    with pytest.raises(WorkbookRefused) as refused:
        desk.apply(run_terms=terms)
    assert "Orders!G3 is 7: the item comes in cases of 5. Write 5 or 10." in str(refused.value)
    assert "Orders!G4 is 5: the least order is 10 units (moq)." in str(refused.value)
    assert "Orders!G5 is 1005: at most 1000 units may be ordered (max_units)." in str(refused.value)
    for row in (3, 4, 5):
        desk.decide(row, 15)
    desk.apply(run_terms=terms)
    fc, sku = desk.get("B3"), desk.get("C3")
    assert desk.ordered().filter(fc=fc, sku=sku)["value"].to_list() == [37.5]


def test_a_run_that_orders_nothing_can_be_applied(
    tmp_path: Path, recommendations: pl.DataFrame, alerts: pl.DataFrame, plan_messages: pl.DataFrame
) -> None:
    for number, rows in enumerate((recommendations.with_columns(order_units=0.0), recommendations.clear())):
        path = tmp_path / f"{number}.xlsx"
        write_workbook(path, rows, alerts, plan_messages, {}, RUN)
        applied = Desk(path, tmp_path / "orders", rows).apply()
        assert (applied.files, applied.lines, applied.units, applied.decisions.height) == ((), 0, 0, 0)


@pytest.mark.parametrize("hostile", ["=1+1", "null\x00byte", "_x0041_", "😀 ümläut", "  inner  blanks", "line\nbreak", "carriage\rreturn"])
def test_odd_keys_come_back_exactly(
    tmp_path: Path, recommendations: pl.DataFrame, alerts: pl.DataFrame, plan_messages: pl.DataFrame, hostile: str
) -> None:
    odd = recommendations.with_columns(sku=pl.col("sku") + hostile, fc=hostile + pl.col("fc"), name=pl.lit("=cmd"), supplier=pl.lit("one"))
    write_workbook(tmp_path / "odd.xlsx", odd, alerts, plan_messages, {}, RUN)
    applied = Desk(tmp_path / "odd.xlsx", tmp_path / "orders", odd).apply()
    got = pl.read_csv(applied.files[0], infer_schema=False)
    expected = odd.filter(pl.col("order_units") > 0)
    assert sorted(got.select("fc", "sku").rows()) == sorted(expected.select("fc", "sku").rows())
    assert set(got["name"]) == {"'=cmd"}


def test_orders_on_several_sheets_are_all_read(
    tmp_path: Path, recommendations: pl.DataFrame, alerts: pl.DataFrame, plan_messages: pl.DataFrame
) -> None:
    write_workbook(tmp_path / "long.xlsx", recommendations, alerts, plan_messages, {}, RUN, max_rows=22)
    applied = Desk(tmp_path / "long.xlsx", tmp_path / "orders", recommendations).apply()
    assert applied.lines == recommendations.filter(pl.col("order_units") > 0).height


@given(st.sets(st.text(max_size=60), max_size=12))
def test_every_supplier_gets_a_file_name_of_its_own(suppliers: set[str]) -> None:
    slugs = supplier_slugs(suppliers)
    assert len(set(slugs.values())) == len(suppliers)
    for slug in slugs.values():
        assert slug
        assert len(slug.encode()) < 200
        assert not set(slug) & set('/\\\0 .:*?"<>|')
