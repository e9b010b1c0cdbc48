"""Files through the page: headings corrected, a job behind, the rejected rows given back, and nobody else's files."""

import io
import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

import yimen.jobs.work  # noqa: F401  (declares what loading does)
from yimen.office import work
from yimen.office.models import AuditEntry, Delivery, Job, StoredFile

pytestmark = pytest.mark.django_db
GOOD = "990101198001010010"


def file_of(text, name="数据.csv"):
    return SimpleUploadedFile(name, text.encode("utf-8"))


def upload(client, text, name="数据.csv", **said):
    return client.post(reverse("arrivals"), {"kind": "facts", "source": "残联", "file": file_of(text, name), **said})


def numbers(county, many):
    return [row["身份证号"] for row in county.people[:many]]


def test_facts_with_an_odd_heading_are_loaded_after_a_person_corrects_it(enter_as, county):
    client = enter_as("canlian")
    rows = "\n".join(f"{number},肢体,2" for number in [*numbers(county, 9), "3.7E+17"])

    page = upload(client, f"证号,残疾类别,残疾等级\n{rows}\n")
    checked = client.get(page["Location"]).content.decode()
    refused = client.post(page["Location"], {"do": "load"})
    started = client.post(page["Location"], {"do": "load", "column-0": "id_number"})
    work.run_one("test")
    done = client.get(started["Location"]).content.decode()

    assert "还缺：<b>身份证号</b>" in checked
    assert refused.status_code == 422
    assert "装载部门数据完成" in done
    delivery = Delivery.objects.latest("received_at")
    assert (delivery.rows, delivery.loaded, delivery.rejected) == (10, 9, 1)
    sheet = client.get(reverse("rejects", args=[delivery.pk]))
    found = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(sheet.streaming_content))).get_sheet_by_index(0).to_python()
    assert found[0] == ["原行号", "未采用的原因", "证号", "残疾类别", "残疾等级"]
    assert found[1][2] == "3.7E+17"
    assert AuditEntry.objects.filter(purpose="下载未采用的行").exists()
    assert StoredFile.objects.get(pk=delivery.rejects_file).retain_until == timezone.localdate() + timedelta(days=30)
    Delivery.objects.filter(pk=delivery.pk).update(finished_at=timezone.now() - timedelta(days=31))
    assert client.get(reverse("rejects", args=[delivery.pk])).status_code == 404
    assert "到期已清除" in client.get(reverse("arrivals")).content.decode()


def test_the_preview_of_a_roster_says_how_households_are_told_apart_and_follows_the_corrections(enter_as, county):
    client = enter_as("luzhixia")
    page = upload(client, f"村居,姓名,身份证号,与户主关系,户主证号\n柳树村,沈某,{GOOD},户主,{GOOD}\n", kind="roster")

    by_order = client.get(page["Location"]).content.decode()
    by_head = client.post(page["Location"], {"column-4": "head_id"}).content.decode()

    assert "没有户编号，也没有户主身份证号，按行的顺序分户" in by_order
    assert "没有户编号，按“户主身份证号”分户" in by_head


def test_the_preview_shows_people_and_no_subtotals_and_where_the_columns_it_leaves_out_belong(enter_as, county):
    client = enter_as("luzhixia")
    people = f"柳树村,沈某,{GOOD},户主,1260.00,某行"
    text = f"村居,姓名,身份证号,与户主关系,月收入（元）,开户行\n,,,小计,1260,\n{people}\n合计,,,,1260,\n"

    page = upload(client, text, kind="roster")["Location"]
    held = client.get(page)

    body = held.content.decode()
    assert [column["samples"] for column in held.context["columns"]][:4] == [["柳树村"], ["沈某"], [GOOD], ["户主"]]
    assert "1 行要装，另有 2 行是空行、小计或落款，不算" in body
    assert "用不上的列：月收入(元)、开户行；要用的，在下面选它当作什么。" in body
    assert "“月收入(元)”是部门数据，花名册里不装：同一个文件再按“部门数据”装一次就用上了。" in body


def test_loading_twice_by_a_double_click_is_one_job(enter_as, county):
    client = enter_as("canlian")
    page = upload(client, f"身份证号,残疾类别,残疾等级\n{GOOD},肢体,2\n")

    first = client.post(page["Location"], {"do": "load"})
    second = client.post(page["Location"], {"do": "load"})

    assert first["Location"] == second["Location"]
    assert Job.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("照片.jpg", "x", "只收 Excel"),
        ("空.csv", "", "这个文件是空的"),
        ("说明.csv", "今天天气不错\n没有表头\n", "没有找到表头"),
        ("假的.xlsx", "这不是表格", "没有找到表头"),
    ],
)
def test_what_is_no_table_is_refused_in_words(enter_as, county, name, content, words):
    answer = upload(enter_as("canlian"), content, name)

    assert answer.status_code == 422
    problem = re.search(r'role="alert"[^>]*>([^<]*)<', answer.content.decode())[1]
    assert words in problem
    assert Delivery.objects.filter(received_by__username="canlian").count() == 0


def test_a_department_brings_only_what_is_its_own(enter_as, county):
    client = enter_as("canlian")

    others = upload(client, f"身份证号,医保自付\n{GOOD},1\n", source="医保")
    roster = upload(client, "户编号,村居,姓名,身份证号,与户主关系\n", kind="roster")

    assert others.status_code == roster.status_code == 422
    page = client.get(reverse("arrivals")).content.decode()
    assert "花名册" not in re.findall(r"<b>([^<]*)</b>", page)
    assert "名册.csv" not in page


def test_a_preview_a_job_and_rejects_belong_to_whoever_sent_the_file(enter_as, county):
    mine, other = enter_as("luzhixia"), enter_as("canlian")
    page = upload(mine, f"身份证号,残疾类别,残疾等级\n3.7E+17,肢体,2\n{GOOD},肢体,2\n")
    started = mine.post(page["Location"], {"do": "load"})
    work.run_one("test")
    delivery = Delivery.objects.latest("received_at")

    assert other.get(page["Location"]).status_code == 404
    assert other.get(started["Location"]).status_code == 404
    assert other.get(reverse("rejects", args=[delivery.pk])).status_code == 403
    assert mine.get(reverse("rejects", args=[delivery.pk])).status_code == 200


def test_recipients_are_loaded_for_the_policy_that_was_chosen(enter_as, county):
    client = enter_as("luzhixia")
    text = f"身份证号,金额,起始日期\n{numbers(county, 1)[0]},160,2026-01-01\n"

    page = upload(client, text, kind="recipients", policy="disability_nursing_subsidy")
    client.post(page["Location"], {"do": "load"})
    work.run_one("test")

    delivery = Delivery.objects.latest("received_at")
    assert (delivery.kind, delivery.origin, delivery.loaded) == ("recipients", "disability_nursing_subsidy", 1)
    assert "重度残疾人护理补贴" in client.get(reverse("arrivals")).content.decode()


def test_a_job_that_moves_asks_by_itself_without_keeping_the_session_alive(enter_as, county):
    client = enter_as("canlian")
    page = upload(client, f"身份证号,残疾类别,残疾等级\n{GOOD},肢体,2\n")
    started = client.post(page["Location"], {"do": "load"})

    body = client.get(started["Location"]).content.decode()

    assert 'hx-trigger="every 1s"' in body
    assert '"X-Polling": "1"' in body


def test_the_building_of_the_demonstration_is_shown_until_it_stands(enter_as, county):
    job = Job.objects.create(
        name="demo.build", run_after=county.at, made_at=county.at, doing="装载名册", rows_done=5, rows_all=10
    )
    client = enter_as("dingxiang")

    assert "演示县正在建" in client.get("/").content.decode()
    assert "5 / 10" in client.get(reverse("building")).content.decode()
    Job.objects.filter(pk=job.pk).update(state="done")
    assert client.get(reverse("building"))["HX-Refresh"] == "true"
    assert "演示县正在建" not in client.get("/").content.decode()
