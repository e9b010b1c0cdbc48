"""A county's tables as counties really write them, and files that would take the program down."""

import csv
import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
import xlsxwriter

from yimen.office.tables import (
    Heading,
    Skipped,
    TableProblem,
    ValueProblem,
    matched,
    open_table,
    preview,
    read_boolean,
    read_date,
    read_file,
    read_money,
    read_text,
    read_whole,
    rows_of,
    suggest,
    write_rejects,
)

HEADINGS = (
    Heading("name", ("姓名",), required=True),
    Heading("income", ("月收入", "收入月收入"), required=True),
    Heading("born_on", ("出生日期",)),
)
ROWS = (("沈小满", "1,260.00", "1963.5.7"), ("沈大年", "800", "1970年5月7日"))


@pytest.fixture(autouse=True)
def _home(settings, tmp_path):
    settings.YIMEN_HOME = tmp_path / "home"


def comma_separated(path, rows, *, encoding="utf-8"):
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def workbook(path, rows, *, merge=(), formula=None):
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("名册")
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    for cells, words in merge:
        sheet.merge_range(cells, words)
    if formula:
        sheet.write_formula(*formula)
    book.close()
    return path


def people(path, skipped=None):
    table = read_file(path, name=path.name)
    match = suggest(table, HEADINGS)
    assert match.missing == ()
    return [tuple(map(read_text, cells.values())) for _, cells in rows_of(table, match, skipped)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_text_file_is_read_whatever_its_encoding(tmp_path, encoding):
    path = comma_separated(tmp_path / "a.csv", [("姓名", "月收入", "出生日期"), *ROWS], encoding=encoding)
    assert people(path) == [tuple(row) for row in ROWS]


@pytest.mark.parametrize("separator", ["\t", ";", "|"])
def test_the_separator_is_found(tmp_path, separator):
    path = tmp_path / "a.txt"
    path.write_text(
        separator.join(("姓名", "月收入", "出生日期")) + "\n" + separator.join(("沈小满", "800", "1963.5.7")), "utf-8"
    )
    assert people(path) == [("沈小满", "800", "1963.5.7")]


def test_titles_subtotals_and_notes_are_left_out_and_counted(tmp_path):
    rows = [
        ("花城县低保家庭花名册（虚构）",),
        ("填报单位：民政局", "", "2026年11月"),
        ("姓名", "月收入", "出生日期"),
        ROWS[0],
        ("小 计：", "1260", ""),
        (),
        ROWS[1],
        ("合计", "2060", ""),
        ("制表人：某某", "", ""),
    ]
    skipped = Skipped()
    assert people(workbook(tmp_path / "a.xlsx", rows), skipped) == [tuple(row) for row in ROWS]
    assert skipped.rows == 4


def test_headings_merged_over_two_rows_are_joined(tmp_path):
    rows = [("", "", ""), ("", "月收入", "出生日期"), ROWS[0]]
    path = workbook(tmp_path / "a.xlsx", rows, merge=[("A1:A2", "姓名"), ("B1:C1", "收入")])
    assert people(path) == [ROWS[0]]


def test_a_person_corrects_the_match_of_headings(tmp_path):
    path = comma_separated(tmp_path / "a.csv", [("称呼", "月收入", "出生日期"), *ROWS])
    table = read_file(path, name=path.name)
    match = suggest(table, HEADINGS)
    assert match.missing == ("姓名",)
    assert "称呼" in match.unknown
    mended = matched(match.titles, HEADINGS, first=match.first, corrected={0: "name", 2: ""})
    assert (mended.missing, dict(mended.columns)) == ((), {0: "name", 1: "income"})


def test_a_spreadsheets_own_days_and_the_value_of_a_formula(tmp_path):
    path = workbook(
        tmp_path / "a.xlsx", [("姓名", "月收入", "出生日期"), ("沈小满", 0, 23138)], formula=(1, 1, "=600+660", None, 1260)
    )
    table = read_file(path, name=path.name)
    cells = next(rows_of(table, suggest(table, HEADINGS)))[1]
    assert read_money(cells["income"], column="月收入") == Decimal("1260.00")
    assert read_date(cells["born_on"], column="出生日期") == date(1963, 5, 7)


@pytest.mark.parametrize(
    "text", ["1963.5.7", "1963-05-07", "1963/5/7", "1963年5月7日", "19630507", "１９６３．５．７", 23138, date(1963, 5, 7)]
)
def test_a_day_as_counties_write_it(text):
    assert read_date(text, column="出生日期") == date(1963, 5, 7)


@pytest.mark.parametrize("text", ["1963.13.7", "63.5.7", "五月", "2026-02-30"])
def test_a_day_that_cannot_be_is_refused_and_named(text):
    with pytest.raises(ValueProblem, match="出生日期"):
        read_date(text, column="出生日期")


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("1,260.00", "1260.00"),
        ("１２６０元", "1260.00"),
        ("￥1260", "1260.00"),
        ("1.26万", "12600.00"),
        (1260.5, "1260.50"),
        ("0", "0.00"),
    ],
)
def test_an_amount_as_counties_write_it_is_exact(text, yuan):
    assert read_money(text, column="月收入") == Decimal(yuan)


@pytest.mark.parametrize("text", ["一千", "12.345", "1260元左右", "1e3"])
def test_an_amount_that_is_none_is_refused_and_named(text):
    with pytest.raises(ValueProblem, match="月收入"):
        read_money(text, column="月收入")


def test_empty_is_unknown_and_never_zero():
    for empty in (None, "", " ", "-", "—"):
        assert read_money(empty, column="月收入") is None
        assert read_whole(empty, column="人数") is None
    assert read_boolean("", column="有车") is None


@pytest.mark.parametrize(("text", "value"), [("是", True), ("√", True), ("有", True), ("否", False), ("×", False), ("无", False)])
def test_yes_and_no(text, value):
    assert read_boolean(text, column="有车") is value


def bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("xl/worksheets/sheet1.xml", b"0" * (300 * 2**20))
    return path


def content(path, data):
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda f: bomb(f / "a.xlsx"), "压缩炸弹"),
        (lambda f: content(f / "a.xlsx", b""), "空的"),
        (lambda f: content(f / "a.xlsx", b"%PDF-1.7 ..."), "不是表格"),
        (lambda f: content(f / "a.csv", b"\x89PNG\r\n\x1a\n" + b"0" * 100), "不是表格"),
        (lambda f: content(f / "a.xls", b"<html><table><tr><td>1</td></tr></table></html>"), "网页"),
        (lambda f: content(f / "a.xlsx", b"PK\x03\x04" + b"broken" * 50), "损坏"),
        (lambda f: content(f / "a.xls", b"\xd0\xcf\x11\xe0" + b"broken" * 500), "读|损坏"),
        (lambda f: content(f / "a.csv", b"\x00\x01\x02\xff" * 100), "乱码|编码"),
        (lambda f: content(f / "a.csv", ("," * 400 + "\n").encode() * 3), "列"),
        (lambda f: comma_separated(f / "a.csv", [("天气", "心情"), ("晴", "好")]), "没有找到表头"),
    ],
    ids=["bomb", "empty", "pdf", "picture", "web page", "broken xlsx", "broken xls", "bytes", "400 columns", "no headings"],
)
def test_a_file_that_cannot_be_read_gets_a_sentence_and_takes_nothing_down(tmp_path, make, words):
    path = make(tmp_path)
    with pytest.raises(TableProblem, match=words):
        suggest(read_file(path, name=path.name), HEADINGS)


def test_a_file_that_eats_memory_or_time_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr("yimen.office.tables.SECONDS", 0.05)
    path = comma_separated(tmp_path / "a.csv", [("姓名", "月收入")] * 100_000)
    with pytest.raises(TableProblem, match="拆成"):
        read_file(path, name="a.csv")


def test_rejected_rows_come_back_as_they_were_and_no_cell_becomes_a_formula(tmp_path):
    rows = [("姓名", "月收入", "出生日期"), ("=HYPERLINK(1)", "+1", "@x"), ROWS[0]]
    path = comma_separated(tmp_path / "a.csv", rows)
    table = read_file(path, name=path.name)
    write_rejects(tmp_path / "b.xlsx", table, suggest(table, HEADINGS), {2: "“月收入”不是金额。"})
    back = read_file(tmp_path / "b.xlsx", name="b.xlsx").rows
    assert list(back[0]) == ["原行号", "未采用的原因", "姓名", "月收入", "出生日期"]
    assert list(back[1]) == [2, "“月收入”不是金额。", "=HYPERLINK(1)", "+1", "@x"]
    with zipfile.ZipFile(tmp_path / "b.xlsx") as pack:
        assert b"<f>" not in pack.read("xl/worksheets/sheet1.xml")


def test_nothing_is_left_of_the_open_file(tmp_path, settings):
    people(comma_separated(tmp_path / "a.csv", [("姓名", "月收入", "出生日期"), *ROWS]))
    assert list((settings.YIMEN_HOME / "working").iterdir()) == []


def test_a_household_number_merged_over_its_members_stands_in_each_row(tmp_path):
    rows = [("姓名", "月收入", "出生日期"), ("沈小满", "", "1963.5.7"), ("沈大年", "", "1970.5.7"), ("", "", "")]
    path = workbook(tmp_path / "a.xlsx", rows, merge=[("B2:B4", "1260")])
    assert people(path) == [("沈小满", "1260", "1963.5.7"), ("沈大年", "1260", "1970.5.7")]


def test_a_file_of_several_lists_is_refused_so_that_none_is_lost_in_silence(tmp_path):
    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    for village, count in (("张村", 2), ("李村", 1)):
        sheet = book.add_worksheet(village)
        for number, row in enumerate((("姓名", "月收入"), *ROWS[:count])):
            sheet.write_row(number, 0, row)
    book.add_worksheet("说明").write(0, 0, "请如实填写")
    book.close()
    for door in (preview, open_table):
        with pytest.raises(TableProblem, match=r"2 张工作表.*张村、李村"):
            door(path=tmp_path / "a.xlsx", name="a.xlsx", headings=HEADINGS)


def test_a_sheet_of_notes_beside_the_list_hinders_nobody(tmp_path):
    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    sheet = book.add_worksheet("名册")
    for number, row in enumerate((("姓名", "月收入"), *ROWS)):
        sheet.write_row(number, 0, row[:2])
    book.add_worksheet("说明").write_column(0, 0, ("姓名", "写全名"))
    book.close()
    assert preview(path=tmp_path / "a.xlsx", name="a.xlsx", headings=HEADINGS).rows == 2


def test_an_xlsx_under_the_name_of_an_xls_is_read(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [("姓名", "月收入", "出生日期"), *ROWS])
    assert people(path.rename(tmp_path / "a.xls")) == list(ROWS)


@pytest.mark.parametrize("break_", ["\u2028", "\x85", "\x0b", "\n"])
def test_a_line_break_of_any_kind_in_a_cell_moves_no_row(tmp_path, break_):
    path = comma_separated(tmp_path / "a.csv", [("姓名", "月收入"), (f"沈{break_}小满", "1"), ("沈大年", "2")])
    assert [row[1] for row in people(path)] == ["1", "2"]


def test_a_number_that_is_none_is_a_bad_cell_and_not_the_end_of_the_program(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [("姓名", "月收入"), ("沈小满", 4711), ("沈大年", 4712)])
    with zipfile.ZipFile(path) as pack, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as spoilt:
        for name in pack.namelist():
            spoilt.writestr(name, pack.read(name).replace(b"<v>4711</v>", b"<v>NaN</v>").replace(b"<v>4712</v>", b"<v>1e999</v>"))
    for _, cells in rows_of(table := read_file(tmp_path / "b.xlsx", name="b.xlsx"), suggest(table, HEADINGS)):
        with pytest.raises(ValueProblem, match="月收入"):
            read_money(cells["income"], column="月收入")


@pytest.mark.parametrize("spoilt", ['沈小满,"1\n沈大年,2\n', '沈小满,"1\n沈大年,2\n"沈三",3\n'])
def test_a_quotation_mark_that_nobody_closed_swallows_no_row_in_silence(tmp_path, spoilt):
    path = tmp_path / "a.csv"
    path.write_text("姓名,月收入\n" + spoilt, "utf-8")
    with pytest.raises(TableProblem, match="第 2 行起引号不成对"):
        read_file(path, name="a.csv")


@pytest.mark.parametrize("words", ["桃源镇小计", "柳树村 合计：", "注：本表一式两份", "单位负责人：某某"])
def test_a_towns_subtotal_and_the_notes_below_are_left_out(tmp_path, words):
    skipped = Skipped()
    path = comma_separated(tmp_path / "a.csv", [("姓名", "月收入", "出生日期"), ROWS[0], (words, "3 人", "")])
    assert (people(path, skipped), skipped.rows) == ([ROWS[0]], 1)


@pytest.mark.parametrize("number", ["99010119480305100X", "9.90101E+17"])
def test_a_row_about_somebody_is_never_taken_for_a_subtotal(tmp_path, number):
    path = comma_separated(tmp_path / "a.csv", [("姓名", "月收入", "身份证号"), ("小计", "1", number)])
    assert people(path) == [("小计", "1")]


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("words", ["小计", "合 计：", "柳树村小计"])
def test_a_subtotal_is_one_in_whatever_column_it_stands(tmp_path, place, words):
    row = ["1", "桃源镇", "柳树村", "12", "3600", ""]
    row[place] = words
    headings = ("序号", "乡镇", "村", "姓名", "月收入", "备注")
    skipped, path = Skipped(), comma_separated(tmp_path / "a.csv", [headings, row])

    assert (people(path, skipped), skipped.rows) == ([], 1)


def test_a_note_that_speaks_of_a_sum_makes_no_subtotal_of_a_person(tmp_path):
    headings = ("序号", "乡镇", "村", "姓名", "月收入", "备注")
    row = ("1", "桃源镇", "柳树村", "沈小满", "1260", "收入是全家三口去年的合计")
    assert people(comma_separated(tmp_path / "a.csv", [headings, row])) == [("沈小满", "1260")]


@pytest.mark.parametrize(
    ("cell", "number"),
    [("二级", 2), ("贰级", 2), ("2级", 2), ("2 级", 2), ("２级", 2), (2.0, 2), ("四", 4), ("十", 10), ("十二", 12), ("二十", 20)],
)
def test_a_whole_number_is_read_as_certificates_write_it(cell, number):
    assert read_whole(cell, column="残疾等级") == number


@pytest.mark.parametrize("cell", ["二二", "十十", "二级级", "几级", "2.5", "级", "一百"])
def test_what_is_no_whole_number_is_told_in_words(cell):
    with pytest.raises(ValueProblem, match="不是整数"):
        read_whole(cell, column="残疾等级")


@pytest.mark.parametrize("text", ["1963-05-07 10:30:00", "1963/5/7 0:00", "1963-05-07T00:00:00.000", "23138", "23138.0"])
def test_a_day_as_programs_export_it(text):
    assert read_date(text, column="出生日期") == date(1963, 5, 7)


def test_a_unit_in_brackets_is_no_other_heading_but_a_person_in_brackets_is():
    titles = ["姓名", "月收入（元）", "出生日期（配偶）"]

    match = matched(titles, HEADINGS, first=1)

    assert match.columns == {0: "name", 1: "income"}
    assert match.unknown == ("出生日期（配偶）",)
