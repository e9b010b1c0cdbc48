"""The business of a county, walked through the pages by whoever does it: window, village, approver, departments, citizen."""

import re
from datetime import date, timedelta

from tests.journeys.conftest import MONDAY, PHONE
from tests.journeys.seat import KEYS, number_of, picture

NOTHING = {"遭遇": "否", "突然出了急事": "否", "流浪在外": "否"}


def test_a_couple_goes_from_the_interview_to_subsistence_with_a_visit_by_two_and_seven_days_on_the_board(sit, town, tmp_path):
    window, village, photo = sit("demo_town"), sit("demo_village", PHONE), picture(tmp_path)
    window.register(("周有福", number_of("19680307", 11), "户主", False), ("李桂珍", number_of("19700912", 12), "配偶", False))
    said = NOTHING | {"一个月一共挣": "300", "存款": "800", "几辆汽车": "0", "几套房": "1"}
    case = window.accept("周有福", said, "subsistence_allowance")
    code = window.page.inner_text(".code-of b").replace(" ", "")

    window.go(f"/cases/{case}/verify/")
    window.press("启动调查")
    window.press("提请核对")
    send = window.unfold("派人入户")
    send.locator("#to1").select_option("demo_town")
    send.locator("#to2").select_option("demo_village")
    window.press("派去", send)
    sit("demo_county").go(f"/cases/{case}/verify/").press("启动核对")

    town.it_is(MONDAY + timedelta(days=2))
    clerk = sit("demo_town", PHONE)
    seen = {"月收入": "300", "机动车数": "0", "住房套数": "1"}
    clerk.visit(case, seen, second="demo_village", photo=photo, words="两间平房，地里种着菜，与邻居说的一致。")
    village.sign("周**").reads("已签字，核查到的事实")

    window.decide(case, "最低生活保障", "初审", "拟同意", words="入户与申报一致，人均 300 元，拟同意。").reads("初审意见已记下")
    window.decide(case, "最低生活保障", "张贴公示", "开始公示", photo=photo).reads("已开始公示")
    last = window.day("到")
    window.prints("审核公示").prints("入户调查表").prints("家庭经济状况核对授权书")
    assert last >= MONDAY + timedelta(days=2 + 7)
    window.decide(case, "最低生活保障", "公示期满或有异议", "期满，无异议").reads("过了这一天才能记")

    town.it_is(last)
    window.decide(case, "最低生活保障", "上传公示照片", "上传", photo=photo)
    town.it_is(last + timedelta(days=1))
    window.decide(case, "最低生活保障", "公示期满或有异议", "期满，无异议").reads("公示期满，无异议，已报审核确认")
    approver = sit("demo_approver")
    approver.confirm("周**", "最低生活保障").reads("已确认，结果回到受理窗口")

    window.decide(case, "最低生活保障", "公布（领取期间张贴）", "开始公布")
    window.prints("长期公布").prints("结果告知书").prints("结果大字条").prints("卷内目录")
    window.page.check("[name=said_aloud]")
    window.press("已送达").reads("已送达")
    family = sit("", PHONE)
    family.go("/progress/")
    family.page.fill("#code", code.lower())
    family.press("查一查").reads("最低生活保障", "同意")
    town.it_is(date(2027, 1, 4))
    # 640 元 a month for each of the two, less the 600 they earn.
    window.find("周有福").reads("低保家庭", "正在领的", "680.00", "2027年1月1日")


def test_one_application_ends_in_the_results_of_four_departments_from_one_verification(sit, town, tmp_path):
    window, photo = sit("demo_town"), picture(tmp_path)
    window.find("傅国强")
    said = NOTHING | {"现在上到哪一级": "小学"}
    asked = ("rigid_expenditure_household", "medical_aid 傅雨桐", "school_aid 傅雨桐", "dilapidated_housing")
    case = window.accept("傅国强", said, *asked)
    window.go(f"/cases/{case}/decisions/").reads("刚性支出困难家庭认定", "等身份认定")
    window.go(f"/cases/{case}/verify/").press("启动调查")

    clerk, colleague = sit("demo_town", PHONE), sit("demo_town2", PHONE)
    clerk.visit(case, {"危房等级": "D"}, second="demo_town2", photo=photo, words="孩子在县医院，父亲请假照看；房子东墙开裂。")
    colleague.sign("傅**").reads("已签字，核查到的事实")
    # Asked once: the household's identity, medical aid and the house rest on the same facts.
    window.go(f"/cases/{case}/verify/")
    served = re.search(
        r"核实了 (\d+) 项，本件 3 项政策、3 个部门（住建、医保、民政）用了 (\d+) 次", window.page.inner_text("main")
    )
    assert served, window.page.inner_text("main")
    assert int(served[2]) > int(served[1])

    window.decide(case, "刚性支出困难家庭认定", "初审", "拟同意", words="一年自付十二万元，超过收入的六成，拟同意。")
    sit("demo_approver").confirm("傅**", "刚性支出困难家庭认定").reads("已确认")
    for policy in ("医疗救助", "农村危房改造"):
        window.decide(case, policy, "初审", "拟同意", words="身份已认定，同一次核实，拟同意。").reads("初审意见已记下")
    window.decide(case, "学生资助", "转介到学校", "转介，并出具证明", words="桃源镇中心小学").reads("已转介")
    sit("demo_yibao").confirm("傅**", "医疗救助").reads("已确认，结果回到受理窗口")
    sit("demo_zhujian").confirm("傅**", "农村危房改造").reads("已确认，结果回到受理窗口")

    window.go(f"/cases/{case}/decisions/").reads("已办结", "民政", "医保", "住建", "教育", "已转介")


def test_a_couple_from_another_province_is_helped_the_same_day_within_the_law_s_cap(sit, town, tmp_path):
    county = sit("demo_county").go("/reserve/")
    form = county.page.locator("form", has_text="拨付或缴回")
    county.fill(form, area="990101002", yuan="2000", words="花民发〔2026〕12号（虚构）")
    county.press("记账").reads("已记入桃源镇的备用金")

    window = sit("demo_town")
    couple = ("冯远行", number_of("19960214", 31), "户主", True), ("梁小雨", number_of("19980521", 32), "配偶", True)
    window.register(*couple, then="?urgent").reads("每人最高 500.00 元", "户口在外地")
    page, form = window.page, window.page.locator("form.short-form")
    amounts = page.locator("[name^='yuan-']")
    window.fill(form, cause="traffic", words="今天上午过境翻车，妻子快生了，没有钱住店。")
    amounts.nth(0).fill("600")
    window.press("已经给了，记下").reads("小额快救一人最高 500.00 元")
    assert page.input_value("#words") == "今天上午过境翻车，妻子快生了，没有钱住店。"
    amounts.nth(0).fill("300")
    amounts.nth(1).fill("500")
    page.set_input_files("#receipt", picture(tmp_path))
    window.press("已经给了，记下").reads("2026年11月23日由演示·桃源镇窗口先行救助", "等另一位同事", "本人签字")
    address = page.url

    head = sit("demo_town_head")
    head.confirm("冯**", "小额快救").reads("已确认")
    head.confirm("冯**", "小额快救").reads("已确认")

    window.go(address).reads("都已经确认", "演示·桃源镇审核", "300.00", "500.00", "已办结")
    window.press("号户").reads("已经给过的", "乡镇备用金合计", "800.00")
    county.go("/reserve/?area=990101002").reads("冯**", "梁**")


def test_the_missed_man_of_61_goes_from_the_warning_to_his_grant(sit, town):
    window = sit("demo_town")
    window.find("沈小满")
    window.press("养老服务补贴和护理补贴", window.page.locator("aside")).reads("现在没有领")
    window.press("立案核查").reads("已立案，办件号", "首派责任人 演示·桃源镇窗口")
    page = window.page
    page.check("[name=way][value=carry_out]")
    page.fill("#words", "到家里核实，本人愿意申请。")
    window.press("办结").reads("核查已办结，已为这一户开了救助申请")
    case = KEYS.search(page.url)[0]
    window.interview(NOTHING, most=3)
    window.choose("elderly_care_subsidy 沈小满")
    window.hand_in().reads("已受理，办件号", "沈小满")
    window.decide(case, "养老服务补贴", "初审", "拟同意", words="满 61 岁，智力二级，低保对象，拟同意。").reads("初审意见已记下")
    sit("demo_approver").confirm("沈**", "养老服务补贴").reads("已确认，结果回到受理窗口")

    town.it_is(date(2026, 12, 1))
    window.find("沈小满").reads("养老服务补贴和护理补贴", "120.00", "2026年12月1日")
    assert "养老服务补贴" not in window.page.locator("aside section").first.inner_text()


def test_a_wrong_aid_warning_is_heard_before_it_ends(sit, town):
    window = sit("demo_town")
    window.find("孟大川")
    window.press("最低生活保障", window.page.locator("aside")).reads("须核查")
    window.press("立案核查").reads("先听取本人意见")
    page = window.page
    case = KEYS.search(page.url)[0]
    page.check("[name=way][value=check_out]")
    page.fill("#words", "两人都有工作。")
    window.press("办结").reads("须先听取本人意见")
    page.fill("#said", "本人说：上个月两口子都找到活了，知道要停，没有意见。")
    window.press("记下").reads("本人意见已记下")

    window.press("拟调整、拟终止")
    end = window.unfold("拟调整或终止")
    window.fill(end, words="两人月收入合计 4,900 元，人均高于标准，拟终止。")
    window.press("拟终止", end).reads("拟终止的初审意见已记下")
    window.go(f"/checks/{case}/")
    page.check("[name=way][value=check_out]")
    page.fill("#words", "两人都有工作。")
    window.press("办结").reads("还没有审核确认")
    sit("demo_approver").confirm("孟**", "最低生活保障").reads("已确认")
    page.check("[name=way][value=check_out]")
    page.fill("#words", "听取意见后已终止，次月停发。")
    window.press("办结").reads("已办结")
    window.press("送达、打印").prints("结果告知书")
    window.page.select_option("#way", "home")
    window.page.check("[name=said_aloud]")
    window.press("已送达", exact=True).reads("已送达")

    window.find("孟大川").reads("正在领的", "最低生活保障")
    town.it_is(date(2026, 12, 1))
    home = window.find("孟大川")
    assert "最低生活保障" not in home.page.locator("section", has_text="正在领的").first.inner_text()


def test_a_cadre_falls_ill_and_everything_is_handed_over(sit, town):
    head = sit("demo_town_head")
    head.go("/reassign/")
    head.press("看他手上的", head.page.locator("tr").filter(has=head.page.get_by_text("demo_town", exact=True)))
    held = head.page.locator("table").first.locator("tbody tr").count()
    assert held > 3
    form = head.page.locator("form.closing")
    head.fill(form, to="demo_town2", reason="因病", words="住院两周")
    head.press("都改派", form).reads("已改派给演示·桃源镇窗口二号", "手上没有未办完的")
    head.prints("打印移交清单")

    colleague = sit("demo_town2").go("/cases/?whose=mine")
    assert colleague.page.locator("tbody tr").count() >= 3
    ill = sit("demo_town").go("/cases/?whose=mine")
    assert ill.page.locator("tbody tr").count() == 0
