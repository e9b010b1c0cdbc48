"""Applying without going to the window: from home on a telephone, through the village cadre, and by a helping agent."""

import re

from tests.journeys.conftest import DESK, PHONE
from tests.journeys.seat import KEYS, number_of, picture

LOW = "subsistence_allowance"
BIRTHS = {"薛冬梅": ("19690214", 51), "罗长根": ("19580506", 52), "郝秀兰": ("19620911", 53), "崔老汉": ("19500120", 54)}


def number(name):
    """Return the number of one of these."""
    return number_of(*BIRTHS[name])


def answered(home, most=4):
    """Answer some questions at home: no to what can be said no to, the rest is skipped."""
    page = home.page
    for _ in range(most):
        if not page.locator("#question").count():
            break
        home.press("否" if page.get_by_role("button", name="否", exact=True).count() else "说不清，跳过", exact=True)
    return home.go("/online/choose/")


def chosen(home, value=LOW + "|"):
    """Choose the allowance alone."""
    page = home.page
    for fold in page.locator("details").all():
        fold.locator("summary").click()
    home.look()
    for box in page.locator("[name=asked]").all():
        box.set_checked(box.input_value() == value)
    return home.press("选好了，下一步")


def submitted(home):
    """Authorise, declare and submit; return the code of the receipt."""
    page = home.page
    home.press("下一步")
    for one in page.locator("input[type=radio][value=yes]").all():
        one.check()
    page.check("[name=declared]")
    home.press("提交申请").reads("申请交上去了")
    return page.inner_text(".big-code").strip()


def test_a_woman_applies_on_her_telephone_with_the_code_of_a_slip_and_the_window_takes_it_in(sit, tmp_path):
    window, photo = sit("demo_town"), picture(tmp_path)
    window.register(("薛冬梅", number("薛冬梅"), "户主", False))
    window.press("发申请码")
    window.page.check("[name=card_seen]")
    window.press("发申请码").reads("申请码已经发了")
    code = window.page.inner_text(".code-shown").strip()

    home = sit("", PHONE)
    home.go("/online/").press("我有申请码").page.fill("#code", code)
    home.page.fill("#tail", number("薛冬梅")[-6:])
    home.press("开始")
    answered(home)
    chosen(home)
    if home.page.locator("input[type=file]").count():
        with home.page.expect_navigation():
            home.page.locator("input[type=file]").first.set_input_files(photo)
        home.look()
    receipt = submitted(home)
    home.press("看办到哪一步").reads("申请已交到窗口，等候受理")
    assert number("薛冬梅") not in home.page.content()

    window.go("/cases/?whose=all&state=submitted")
    window.press("未编号", window.page.locator("tr", has_text="薛**")).reads("本人网上", "申请人薛冬梅")
    case = KEYS.search(window.page.url)[0]
    window.go(f"/cases/{case}/papers/")
    window.hand_in().reads("已受理，办件号", "薛冬梅")
    home.go(f"/progress/{receipt.replace(' ', '')}/").reads("正在办理", "受理")


def test_without_any_proof_it_waits_until_the_village_cadre_has_seen_the_card(sit):
    window = sit("demo_town")
    window.register(("罗长根", number("罗长根"), "户主", False))
    home = sit("", PHONE)
    home.go("/online/").press("都没有，先填申请").page.select_option("#town", "990101002")
    home.press("下一步").page.select_option("#village", "990101002001")
    for field, value in (("#name", "罗长根"), ("#number", number("罗长根")), ("#phone", "0999-7654322")):
        home.page.fill(field, value)
    home.press("下一步").reads("请记下这个码")
    resume = home.page.inner_text(".big-code").strip()
    home.press("记下了，开始").press("先到这里，退出")

    again = sit("", PHONE)
    again.go("/online/").press("上次没填完，接着填").page.fill("#code", resume)
    again.press("接着填", again.page.locator("form"))
    answered(again)
    chosen(again)
    submitted(again)
    again.press("看办到哪一步").reads("等当面看身份证")

    cadre = sit("demo_village", PHONE)
    cadre.go("/").reads("份网上申请等核验身份")
    cadre.go("/from-home/").press("罗**").reads("罗长根", number("罗长根"))
    cadre.page.check("[name=card_seen]")
    cadre.press("转为办件").reads("身份已核验，转为办件")
    again.page.reload()
    again.reads("申请已交到窗口，等候受理")


def test_what_the_village_cadre_takes_in_at_the_door_is_accepted_at_the_window(sit):
    window = sit("demo_town")
    window.register(("崔老汉", number("崔老汉"), "户主", False))
    cadre = sit("demo_village", PHONE)
    cadre.go("/people/").page.fill("#text", "崔老汉")
    cadre.press("找", cadre.page.locator("form.seek"))
    cadre.press("打开").press("登记申请").press("开始问情况")
    cadre.interview({}, most=2)
    cadre.choose(LOW)
    cadre.hand_in("交给乡镇窗口受理").reads("已交给乡镇窗口", "村（居）代办")
    case = KEYS.search(cadre.page.url)[0]

    window.go(f"/cases/{case}/papers/").press("受理，打印回执").reads("已受理，办件号", "崔老汉")


def test_a_helping_agent_applies_by_an_authority_and_sees_nobody_else(sit, tmp_path):
    window, photo = sit("demo_town"), picture(tmp_path)
    window.register(("郝秀兰", number("郝秀兰"), "户主", False))
    agent = sit("demo_agent", DESK)
    agent.go("/").reads("还没有人委托您").press("登记委托书")
    form = agent.page.locator("form.short-form")
    typed = {"name": "郝秀兰", "number": number("郝秀兰"), "agent_number": number_of("19900101", 60), "ends_on": "2027.11.22"}
    agent.fill(form, **typed | {"name": "郝秀芝"})
    agent.page.set_input_files("#photo", photo)
    agent.press("登记", form, exact=True).reads("对不上")
    agent.fill(agent.page.locator("form.short-form"), **typed)
    agent.page.set_input_files("#photo", photo)
    agent.press("登记", agent.page.locator("form.short-form"), exact=True).reads("委托书已登记", "待核对")
    window.go("/from-home/").press("看委托书").press("看过原件，核对无误").reads("委托书已核对")

    agent.go("/").reads("郝秀兰一户").press("替他申请")
    agent.interview({}, most=2)
    agent.choose(LOW)
    agent.hand_in("交给乡镇窗口受理").reads("申请已交到窗口，等候受理")
    case = KEYS.search(agent.page.url)[0]
    assert agent.page.request.get("/people/").status == 403
    assert agent.page.request.get("/cases/").status == 403

    window.go(f"/cases/{case}/").reads("帮办代办", "帮办代办员）代办，凭委托书")
    window.press("凭委托书").reads("郝秀兰一户的委托书", "有效")
    home = re.search(r"/households/([0-9a-f-]{36})/", window.page.url)[1]
    window.go(f"/cases/{case}/papers/").press("受理，打印回执").reads("已受理，办件号")
    agent.go(f"/helping/cases/{case}/").reads("正在办理")

    window.go(f"/households/{home}/authorities/")
    fold = window.unfold("撤销")
    fold.locator("[name=words]").fill("本人来窗口说以后自己办")
    window.press("撤销委托", fold).reads("已撤销", "本人来窗口说以后自己办")
    agent.go("/").reads("还没有人委托您")
    assert agent.page.request.get(f"/households/{home}/").status == 403
