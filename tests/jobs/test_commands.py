"""What an operator types: staff, the calendar, keys, loading with the rejected rows, and the reports as JSON."""

import csv
import json
from contextlib import suppress
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.screening.county import County, id_number
from yimen.benefits.models import Grant
from yimen.evidence.models import Statement
from yimen.hall.models import Venue
from yimen.office.access import System, scope
from yimen.office.actions import load_areas, load_departments
from yimen.office.calendar import calendar
from yimen.office.models import Area, Delivery, Staff
from yimen.office.tables import read_file
from yimen.registry.models import Person
from yimen.screening.queries import current_rules

pytestmark = pytest.mark.django_db
SON = id_number(date(1975, 5, 6), 700)


@pytest.fixture
def county(tmp_path, settings):
    settings.YIMEN_HOME = tmp_path
    return County(tmp_path)


def said(*words, **options) -> str:
    out = StringIO()
    call_command(*words, stdout=out, **options)
    return out.getvalue()


def test_the_first_clerk_of_a_county_gets_a_password_and_a_post(county):
    words = said("staff", "add", "wang", "--name", "王某", "--post", "county_clerk", "--area", "990101")
    password = words.split("初始口令 ")[1].split("（")[0]
    staff = Staff.objects.get(username="wang")
    assert staff.check_password(password)
    assert [post.kind for post in staff.posts.all()] == ["county_clerk"]


def test_an_administrator_of_the_three_holds_no_other_post(county):
    said("staff", "add", "wang", "--name", "王某", "--post", "county_clerk", "--area", "990101")
    with pytest.raises(CommandError, match="三员"):
        said("staff", "post", "wang", "--post", "audit_admin", "--area", "990101")


def test_somebody_who_leaves_is_shut_out_and_a_post_can_end(county):
    said("staff", "add", "wang", "--name", "王某", "--post", "town_clerk", "--area", "990101", "--on", "2020-01-01")
    assert "没有岗位" in said("staff", "end", "wang", "--post", "town_clerk", "--area", "990101", "--on", "2026-01-01")
    said("staff", "leave", "wang")
    assert not Staff.objects.get(username="wang").is_active
    assert "已停用" in said("staff", "list")


def test_a_years_notice_is_entered_whole_or_not_at_all(county):
    good = county.write("2027.csv", ("日期", "上班", "名称"), [("2027年1月1日", "否", "元旦"), ("2027.1.3", "是", "调休上班")])
    said("calendar", "2027", str(good), "--document", "虚构〔2026〕1号")
    assert calendar().is_known(2027)
    assert calendar().is_workday(date(2027, 1, 3))
    assert not calendar().is_workday(date(2027, 1, 1))

    bad = county.write("bad.csv", ("日期", "上班", "名称"), [("2027-05-01", "否", "劳动节"), ("2028-05-01", "否", "劳动节")])
    with pytest.raises(CommandError, match="2028-05-01"):
        said("calendar", "2027", str(bad), "--document", "虚构〔2026〕2号")
    assert calendar().is_workday(date(2027, 1, 3))


def test_a_roster_from_the_terminal_returns_its_rejected_rows_as_a_file(county, tmp_path):
    county.person("1", "沈小满", date(1950, 1, 1))
    county.person("2", "沈大年", date(1960, 1, 1))
    county.people[1]["身份证号"] = "9.90101E+17"
    path = tmp_path / "花名册.csv"
    with path.open("w", encoding="gb18030", newline="") as file:
        writer = csv.DictWriter(file, list(county.people[0]))
        writer.writeheader()
        writer.writerows(county.people)
    rejects = tmp_path / "退回.xlsx"

    told = json.loads(said("load", "roster", str(path), "--area", "990101", "--rejects", str(rejects), "--json"))

    assert (told["rows"], told["loaded"], told["rejected"]) == (2, 1, 1)
    rows = read_file(rejects, name="退回.xlsx").rows
    assert rows[1][0] == 3
    assert "科学计数" in str(rows[1][1])
    assert f"未采用的行和原因写在 {rejects}，" in said("load", "roster", str(path), "--area", "990101", "--rejects", str(rejects))
    assert "加 --rejects 文件名.xlsx 取回" in said("load", "roster", str(path), "--area", "990101")


def test_a_file_of_which_not_one_row_could_be_used_ends_with_1_and_still_says_what_became_of_it(county, tmp_path):
    county.person("1", "沈小满", date(1950, 1, 1))
    county.people[0]["身份证号"] = "9.90101E+17"
    path = tmp_path / "花名册.csv"
    with path.open("w", encoding="gb18030", newline="") as file:
        writer = csv.DictWriter(file, list(county.people[0]))
        writer.writeheader()
        writer.writerows(county.people)
    out, err = StringIO(), StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("load", "roster", str(path), "--area", "990101", "--json", stdout=out, stderr=err)

    assert ended.value.code == 1
    told = json.loads(out.getvalue())
    assert (told["rows"], told["loaded"], told["rejected"]) == (1, 0, 1)
    assert "没有一行能用" in err.getvalue()


ROSTER = ("户编号", "乡镇", "村居", "姓名", "身份证号", "与户主关系", "保障类别", "民族", "备用")


def roster(county, *places):
    rows = [[n, *place, "石小路", id_number(date(1950, 1, 1), 300 + n), "户主", "农", "汉", ""] for n, place in enumerate(places)]
    return str(county.write("花名册.csv", ROSTER, rows))


@pytest.fixture
def neighbour(county):
    """A second county, with a 柳树村 of its own below 桃源镇, and a 石桥村."""
    above = Area.objects.get(code="9901")
    home = Area.objects.create(code="990102", name="石桥县", level=3, parent=above, path=f"{above.path}990102.")
    town = Area.objects.create(code="990102001", name="桃源镇", level=4, parent=home, path=f"{home.path}990102001.")
    for number, name in enumerate(("柳树村", "石桥村"), start=1):
        code = f"990102001{number:03d}"
        Area.objects.create(code=code, name=name, level=5, parent=town, path=f"{town.path}{code}.")
    return home


def refusal(*words) -> tuple[int, dict]:
    """Return with which code a command ends that is asked for JSON, and what it says."""
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command(*words, "--json", stdout=out, stderr=err)
    told = json.loads(out.getvalue())
    assert (told["ok"], told["problem"]) == (False, err.getvalue().strip())
    return ended.value.code, told["problem"]


def test_whose_roster_it_is_follows_from_its_villages(county, neighbour):
    told = json.loads(said("load", "roster", roster(county, ("桃源镇", "柳树村"), ("桃源镇", "石桥村")), "--json"))

    assert (told["loaded"], told["rejected"]) == (2, 0)
    assert Delivery.objects.get().area == neighbour


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ([("桃源镇", "柳树村")], "请用 --area 写明区划代码：990101 花城县（虚构）、990102 石桥县。"),
        ([("桃源镇", "石桥村"), ("", "鼓楼社区")], "分在 2 个县"),
        ([("某镇", "某村")], "一个也没有（如“某镇某村”），看不出是哪个县的。请用 --area 写明区划代码，如 --area 371702。"),
    ],
)
def test_where_the_villages_do_not_tell_the_county_the_call_is_asked_for_it(county, neighbour, places, words):
    code, problem = refusal("load", "roster", roster(county, *places))

    assert code == 2
    assert words in problem
    assert not Delivery.objects.exists()


def test_the_other_files_belong_to_the_county_whose_people_are_registered(county, neighbour):
    number = id_number(date(1950, 1, 1), 300)
    facts = str(county.write("残联.csv", ("身份证号", "残疾类别"), [[number, "智力"]]))
    assert refusal("load", "facts", facts, "--from", "残联") == (
        2,
        "名册里还没有人（请先装名册），看不出这个文件是哪个县的。请用 --area 写明区划代码，如 --area 371702。",
    )

    said("load", "roster", roster(county, ("桃源镇", "柳树村")), "--area", "990101")
    said("load", "facts", facts, "--from", "残联")

    assert Delivery.objects.get(kind="facts").area == county.area


def test_where_no_county_is_there_yet_the_sentence_says_what_to_do(db, tmp_path):
    path = tmp_path / "名册.csv"
    path.write_text("村居,姓名\n", encoding="utf-8")

    assert refusal("load", "roster", str(path)) == (2, "还没有装载区划。请先运行 yimen manage areas。")


def test_the_columns_a_file_has_in_vain_are_named_for_every_kind(county):
    number = id_number(date(1950, 1, 1), 300)
    path = roster(county, ("桃源镇", "柳树村"))
    facts = str(county.write("残联.csv", ("身份证号", "残疾类别", "残疾等级", "走访人"), [[number, "智力", 2, "某某"]]))
    listed = str(county.write("高龄.csv", ("身份证号", "金额", "起始日期", "开户行"), [[number, 50, "2026-01-01", "某行"]]))

    words = said("load", "roster", path)
    calls = (("facts", facts, "--from", "残联"), ("recipients", listed, "--policy", "elderly_allowance"))
    told = [json.loads(said("load", *call, "--json"))["columns_left_out"] for call in calls]

    assert "用不上的列：民族、备用。" in words
    assert told == [["走访人"], ["开户行"]]


@pytest.mark.parametrize(
    "words",
    [
        ("load", "roster", "/nowhere.csv"),
        ("load", "roster", __file__, "--area", "990101"),
        ("screen", "--area", "111111"),
        ("explain", "nobody"),
        ("rules", "list", "/nowhere"),
    ],
)
def test_who_asks_for_json_gets_json_also_where_it_goes_wrong(county, words):
    code, problem = refusal(*words)
    assert code in (1, 2)
    assert problem.endswith("。")


def test_loading_again_what_is_there_already_is_no_refusal(county, tmp_path):
    number = county.person("1", "沈小满", date(1950, 1, 1))
    county.load()
    facts = county.write("残联.csv", ("身份证号", "残疾类别", "残疾等级"), [[number, "智力", 2]])

    for unchanged in (0, 1):
        told = json.loads(said("load", "facts", str(facts), "--from", "残联", "--area", "990101", "--json"))
        assert (told["unchanged"], told["rejected"]) == (unchanged, 0)


def test_a_department_s_facts_and_its_list_of_recipients_are_loaded_from_the_terminal(county):
    number = county.person("1", "沈小满", date(1950, 1, 1))
    county.load()
    rows = [[number, "智力", "二级"], [number[:-1] + "?", "肢体", 1]]
    facts = county.write("残联.csv", ("身份证号", "残疾类别", "残疾等级"), rows)
    listed = county.write("高龄.csv", ("身份证号", "金额", "起始日期"), [[number, 50, "2026-01-01"]])

    told = json.loads(said("load", "facts", str(facts), "--from", "残联", "--area", "990101", "--json"))
    paid = json.loads(said("load", "recipients", str(listed), "--policy", "elderly_allowance", "--area", "990101", "--json"))

    assert (told["rows"], told["loaded"], told["rejected"]) == (2, 1, 1)
    assert (paid["rows"], paid["loaded"], paid["rejected"]) == (1, 1, 0)
    with scope(System("test"), "查看"):
        assert Statement.objects.get().facts == {"残疾类别": "智力", "残疾等级": 2}
        assert (Grant.objects.get().policy, Grant.objects.get().amount_fen) == ("elderly_allowance", 5000)


@pytest.mark.parametrize(
    ("headings", "cells", "facts", "words"),
    [
        (("残疾人证号",), ("{number}52",), {"残疾类别": "智力", "残疾等级": 2}, ""),
        (("残疾证号", "需长期照护"), ("{number}41", "是"), {"残疾类别": "肢体", "残疾等级": 1, "需长期照护": True}, ""),
        (("身份证号", "残疾人证号", "残疾等级"), ("{number}", "{number}52", "二级"), {"残疾类别": "智力", "残疾等级": 2}, ""),
        (("身份证号", "残疾人证号"), ("{number}", ""), {}, "没有任何可用的数据"),
        (("残疾人证号", "残疾等级"), ("{number}52", "3"), {}, "“残疾等级”写的是“3”，残疾人证号里是“2”"),
        (("身份证号", "残疾人证号"), ("{other}", "{number}52"), {}, "不是同一个"),
        (("残疾人证号",), ("{number}5",), {}, "共 20 位"),
    ],
)
def test_a_disability_certificate_says_whose_it_is_of_which_class_and_grade(county, tmp_path, headings, cells, facts, words):
    number, other = (county.person(str(n), "沈小满", date(1950, 1, n)) for n in (1, 2))
    county.load()
    path = county.write("残联.csv", headings, [[cell.format(number=number, other=other) for cell in cells]])
    rejects = tmp_path / "退回.xlsx"

    with suppress(SystemExit):
        said("load", "facts", str(path), "--from", "残联", "--area", "990101", "--rejects", str(rejects))

    with scope(System("test"), "查看"):
        assert [one.facts for one in Statement.objects.all()] == ([facts] if facts else [])
    if words:
        assert words in str(read_file(rejects, name="退回.xlsx").rows[1][1])


def test_every_source_of_the_catalogue_brings_every_fact_it_may_state_as_a_file(county):
    number = county.person("1", "沈小满", date(1950, 1, 1))
    county.load()
    facts = current_rules().catalogue.facts.values()
    sources = {source for fact in facts for source in fact.sources} - {"登记", "认定", "核定"}
    assert len(sources) >= 15

    path = county.write(
        "义务人.csv", ("被赡养人身份证号", "义务人姓名", "与被赡养人关系", "义务人身份证号"), [[number, "沈某", "子", SON]]
    )
    said("load", "obligors", str(path), "--area", "990101")
    for source in sorted(sources):
        for of_obligors in (False, True):
            own = [fact for fact in facts if source in fact.sources and (fact.subject == "义务人") is of_obligors]
            if own:
                row = [SON if of_obligors else number, *map(a_value, own)]
                county.facts(source, ("身份证号", *(fact.name for fact in own)), [row])

    with scope(System("test"), "查看"):
        kept = {(row.source, name) for row in Statement.objects.all() for name in row.facts}
    assert kept == {(source, fact.name) for fact in facts for source in fact.sources if source in sources}


def a_value(fact):
    """Return something a department may write in a column."""
    written = {"是否": "是", "日期": "2026-05-01", "文字": "无"}
    return written.get(fact.kind) or (fact.options[0] if fact.options else "1")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("load", "roster", "/nowhere.csv"), 2),
        (("load", "facts", __file__, "--area", "990101"), 2),
        (("load", "roster", __file__, "--area", "111111"), 2),
        (("load", "roster", __file__, "--area", "990101"), 1),
        (("screen", "--area", "111111"), 2),
    ],
)
def test_a_wrong_call_ends_with_2_and_a_refused_file_with_1(county, words, code):
    with pytest.raises(SystemExit) as ended:
        said(*words)
    assert ended.value.code == code
    with scope(System("test"), "测试"):
        assert not Person.objects.exists()


@pytest.mark.parametrize("words", [("add",), ("post", "wang"), ("post", "wang", "--post", "approver", "--area", "1"), ("reset",)])
def test_a_staff_command_that_lacks_something_is_a_wrong_call(county, words):
    said("staff", "add", "wang", "--name", "王某", "--post", "county_clerk", "--area", "990101")
    with pytest.raises(CommandError) as wrong:
        said("staff", *words)
    assert wrong.value.returncode == 2


def test_who_is_not_there_is_an_answer_and_no_wrong_call(county):
    with pytest.raises(CommandError) as wrong:
        said("staff", "reset", "nobody")
    assert wrong.value.returncode == 1


def test_staff_areas_and_calendar_speak_json(county, tmp_path):
    made = json.loads(said("staff", "add", "wang", "--name", "王某", "--post", "county_clerk", "--area", "990101", "--json"))
    assert Staff.objects.get().check_password(made.pop("password"))
    assert json.loads(said("staff", "list", "--json")) == [made]
    assert made["posts"][0]["post"] == "county_clerk"
    assert json.loads(said("staff", "leave", "wang", "--json"))["active"] is False
    assert json.loads(said("areas", "--json"))["new"] > 0
    notice = tmp_path / "2027.csv"
    notice.write_text("日期,上班,名称\n2027-01-01,否,元旦\n2027-01-03,是,调休\n", encoding="utf-8")
    told = json.loads(said("calendar", "2027", str(notice), "--document", "虚构〔2026〕1号", "--json"))
    assert told == {"year": 2027, "off": 1, "worked": 1, "cases_changed": 0}


def test_a_hall_is_opened_at_a_service_point_once_with_the_matters_of_the_rules(capsys):
    load_areas(fictional=True, below="99")
    load_departments()
    told = {"name": "新大厅", "area": "990101", "address": "新街 1 号（虚构）", "place": "40.02,91.5"}
    with pytest.raises(CommandError, match="--address"):
        call_command("venue", "open", "hall-1", name="新大厅", area="990101")
    with pytest.raises(CommandError, match="纬度"):
        call_command("venue", "open", "hall-1", **(told | {"place": "北边"}))

    call_command("venue", "open", "hall-1", **told)
    with pytest.raises(CommandError, match="已经开设过"):
        call_command("venue", "open", "hall-2", **told)
    call_command("venue", "list")

    assert "hall-1" in capsys.readouterr().out
    held = Venue.objects.get()
    assert held.matters.filter(code="subsistence_allowance").exists()
    assert [(one.weekday, f"{one.opens_at:%H:%M}") for one in held.openings.all()][:2] == [(1, "08:30"), (1, "14:00")]
