"""What people are told: a refusal and its review, a bad opinion and its reply, a complaint's answer that gives nobody away."""

import re
from datetime import timedelta

from tests.journeys.conftest import MONDAY, PHONE
from tests.journeys.seat import number_of, picture

LOW = "最低生活保障"


def test_a_refusal_is_explained_appealed_against_and_answered_by_somebody_else(sit, town, tmp_path):
    window, photo = sit("demo_town"), picture(tmp_path)
    window.register(("秦大顺", number_of("19710418", 41), "户主", False))
    case = window.accept("秦大顺", {"存款": "3000"}, "subsistence_allowance")
    code = window.page.inner_text(".code-of b")
    window.go(f"/cases/{case}/verify/").press("启动调查")
    seen = {"月收入": "1900", "机动车数": "0", "住房套数": "1"}
    visited = "在砖厂上班，工资单看过，每月一千九。"
    sit("demo_town", PHONE).visit(case, seen, second="demo_village", photo=photo, words=visited)
    sit("demo_village", PHONE).sign("秦**")
    window.decide(case, LOW, "初审", "拟不同意", words="月收入 1,900 元，高于标准，拟不同意。").reads("初审意见已记下")

    approver = sit("demo_approver")
    approver.go("/approve/").press(LOW, approver.page.locator("tr", has_text="秦**"))
    approver.reads("1,900.00元/月")
    no = approver.fill(approver.unfold("不予确认"), words="您的月收入 1,900 元，高于当地低保标准 640 元。")
    approver.fill(no, article="社会救助法第十八条")
    approver.press("不予确认", no, exact=True).reads("已不予确认", "三个工作日内书面告知本人")

    window.go(f"/cases/{case}/decisions/").prints("结果告知书").prints("结果大字条")
    window.page.select_option("#way", "message")
    window.press("已送达", exact=True).reads("不能只发短信")
    window.page.select_option("#way", "home")
    window.page.check("[name=said_aloud]")
    window.press("已送达", exact=True).reads("已送达", "行政复议")

    town.it_is(MONDAY + timedelta(days=3))
    words = "厂里下月就停工，工资没有了。"
    window.decide(case, LOW, "本人不服，申请复核", "记下复核申请", words=words).reads("等没有经手的人答复")
    approver.go("/approve/")
    approver.press(LOW, approver.page.locator("#reviews li", has_text="秦**")).reads("您经手过，由别人复核")
    second = sit("demo_approver2")
    second.go("/approve/").press(LOW, second.page.locator("#reviews li", has_text="秦**")).reads("申请了复核")
    form = second.page.locator("form", has_text="维持原决定")
    form.locator("[value=uphold]").check()
    second.fill(form, words="现在仍在岗，收入高于标准；停工以后请再来申请，材料不用重交。")
    second.press("答复", form).reads("复核")
    assert "等没有经手的人答复" not in window.go(f"/cases/{case}/decisions/").page.inner_text("main")

    family = sit("", PHONE)
    family.go("/progress/").page.fill("#code", code)
    family.press("查一查").reads("理由和不服怎么办", "这件事办得怎么样")
    family.page.fill("#opinion-words", "跑了两趟才说清楚。")
    family.press("不满意", exact=True).reads("您的评价收到了", "已经交给另外的人处理")
    boss = sit("demo_town_head").go("/visits/")
    boss.press("去办", boss.page.locator("li", has_text="秦**").first)
    boss.page.fill("#words", "已当面道歉，以后一次说清要带什么。")
    boss.press("办结").reads("已办结")
    family.go(f"/progress/{code.replace(' ', '')}/").reads("给您的回复", "已当面道歉")


def test_a_named_complaint_is_verified_and_answered_without_the_household_s_details(sit):
    window = sit("demo_town").go("/reports/new/?kind=complaint")
    form = window.page.locator("form.short-form")
    window.fill(form, about="孟大川", village="990101002001", channel="phone", words="两口子都上班，还在吃低保。")
    window.fill(form, informant="范守正", informant_phone="0999-7654321")
    window.press("登记", form).reads("举报人另外密封，您的岗位不能看")
    address = window.page.url
    code = re.search(r"查询码\s*([0-9A-Z]{10})", window.page.inner_text("main"))[1]

    window.page.fill("#text", "孟大川")
    window.press("找", window.page.locator("form.seek"), exact=True)
    window.press("就是他，立案核查").reads("已立案，办件号")
    page = window.page
    page.check("[name=way][value=one_by_one]")
    page.fill("#words", "入户和工资流水核实，已另按错救线索立案，听取意见后按程序办。")
    window.press("办结", exact=True).reads("已办结")
    window.go(address).page.fill("#words", "孟大川家月收入 4,900 元，已经停了。")
    window.press("答复", exact=True).reads("不能透露这一户的情况")
    window.page.fill("#words", "您反映的情况已核实，按规定处理，谢谢您。")
    window.press("答复", exact=True).reads("答复已记下")

    county = sit("demo_county").go(address)
    county.page.fill("#purpose", "当面致谢")
    county.press("查看").reads("范守正", "0999-7654321", "这次查看已记入审计")
    told = sit("", PHONE)
    told.go("/progress/").page.fill("#code", code)
    told.press("查一查").reads("您反映的事，已答复", "按规定处理")
    words = told.page.inner_text("body")
    assert [one for one in ("孟", "吕秀英", "范守正", "4,900", "低保") if one in words] == []
