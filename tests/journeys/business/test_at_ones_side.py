"""At somebody's side in the hall: recognised at the reception, accompanied on a telephone to a named colleague, rated."""

import re

from tests.journeys.conftest import DESK, PHONE
from tests.journeys.seat import number_of

LOW = "subsistence_allowance"
COUNTED = ("陪办", "带到窗口", "一起填表", "政策单", "补材料", "其中上门", "材料到了", "请先办", "告知进度", "已评价", "移交")
NUMBER = number_of("19530218", 61)


def taken(reception):
    """Take a number at the reception and return it."""
    reception.go("/hall/?venue=county").press("取号")
    return re.search(r"取了 ([A-Z]\d+) 号", reception.page.inner_text("body"))[1]


def test_a_man_who_cannot_read_is_accompanied_from_the_door_to_a_named_colleague(sit):
    window, reception, side = sit("demo_town"), sit("demo_reception", DESK), sit("demo_escort2", PHONE)
    name = "邵春生"
    window.register((name, NUMBER, "户主", False))
    side.go("/").reads("在岗")

    ticket = taken(reception)
    reception.go("/reception/?venue=county").press("看", reception.page.locator("tr", has_text=ticket))
    reception.reads("还不知道他是谁", "今天能不能办完")
    reception.page.fill("#text", name)
    reception.press("查", reception.page.locator("form.seek"), exact=True)
    reception.press("是他").reads(name, "没有在办的", "还能得到")
    reception.page.fill("#why", "不识字")
    reception.press("派演示·县大厅协办员二号").reads("还没到", "不识字")

    side.go("/").press("打开", side.page.locator("li", has_text=ticket)).reads("前面还有", "不识字")
    assert name not in side.page.content()
    side.press("我来了").reads(name, "要什么材料")
    at = side.page.url
    side.press("带到窗口了").press("一起填表")
    side.interview({}, most=2)
    side.choose(LOW)
    side.hand_in("交给乡镇窗口受理").reads("全程协办", "待受理")
    side.page.goto(at)

    form = side.unfold("缺一份，派人去取")
    side.look()
    side.fill(form, other="出院小结", due_on="2026-11-24")
    form.locator("[name=at_home]").check()
    side.press("派出去", form).reads("出院小结", "我们去取，上门")
    side.press("到了", exact=False).reads("材料取到了")
    side.press("告诉了", side.unfold("告诉他进度")).reads("告知进度")
    fold = side.unfold("请后台先办")
    side.fill(fold, words="住得远，行动不便")
    side.press("先办", fold).reads("请后台先办")
    side.press("逐条问，打印政策单").reads(name, "可以享受")
    side.go(at).press("政策单给他了")
    side.press("请他评价").reads("请您评价刚才的服务")
    code = side.page.inner_text(".code-said").replace(" ", "")

    home = sit("", PHONE)
    home.go(f"/rate/{code}/").press("非常满意", exact=True).reads("您的评价收到了", "可以不答")
    home.page.get_by_label("要", exact=True).check()
    home.press("交上去").reads("您的回答也收到了")

    side.go(at)
    fold = side.unfold("结束这次协办")
    fold.locator("[value=handed_over]").check()
    fold.locator("[name=to]").select_option("demo_escort")
    side.fill(fold, words="等受理结果，告诉他")
    side.press("结束", fold, exact=True).reads("已移交给")
    assert side.page.request.get(at).status == 404
    kept = side.go("/ledger/").reads("合计").page.content()
    assert [one for one in COUNTED if f'data-label="{one}">1<' not in kept] == []

    other = sit("demo_escort", PHONE)
    other.go("/").press("打开", other.page.locator("li", has_text=ticket)).reads("等受理结果")
    other.press("我来了").reads(name, "待受理")
    leader = sit("demo_county", DESK)
    leader.go("/ledger/").reads("演示·县大厅协办员二号")
    leader.go("/team/").reads("快到期").go("/team/demo_escort2/").go("/questionnaire/").reads("以后来办事，还要我们陪吗？")
    side.go("/handbook/").reads("临近下班来的人")
