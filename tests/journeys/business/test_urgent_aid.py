"""急难型 walked through the pages: money first, checks within the days, the county's yes, the next stage; then an opinion."""

import re
from datetime import date

from tests.journeys.conftest import PHONE
from tests.journeys.seat import number_of, picture


def test_a_family_whose_house_burnt_down_is_helped_first_checked_after_and_paid_in_stages(sit, town, tmp_path):
    county = sit("demo_county").go("/reserve/")
    form = county.page.locator("form", has_text="拨付或缴回")
    county.fill(form, area="990101002", yuan="5000", words="花民发〔2026〕13号（虚构）")
    county.press("记账").reads("已记入桃源镇的备用金")

    window = sit("demo_town")
    window.register(("石有根", number_of("19710514", 41), "户主", False), then="?urgent")
    window.press("按急难型办").reads("一人最高 2,000.00 元", "不填就是 2026年11月30日", "第 5 个工作日")
    page, form = window.page, window.page.locator("form.short-form")
    window.fill(form, cause="fire", words="昨夜失火，房子烧了，没有住处和衣被。")
    amount = page.locator("[name^='yuan-']").first
    amount.fill("2000.01")
    window.press("已经给了，记下").reads("先行救助一人最高 2,000.00 元")
    amount.fill("1500")
    page.set_input_files("#receipt", picture(tmp_path))
    window.press("已经给了，记下").reads("2026年11月30日 以前核实、补办手续", "本人签字").prints("打印先行救助告知书")
    address = page.url

    check = page.locator("form", has_text="怎么核实的，补了什么手续")
    window.fill(check, words="入户看过，房屋烧毁，村里出具证明。", **{"on-2": "2026-12-23"})
    check.locator("[name^='yuan-2-']").fill("1500.01")
    check.locator("[name=holds][value=yes]").check()
    window.press("记下，报审核", check).reads("第 2 期一人最高 1,500.00 元")
    assert page.input_value("#check-words") == "入户看过，房屋烧毁，村里出具证明。"
    check = page.locator("form", has_text="怎么核实的，补了什么手续")
    check.locator("[name^='yuan-2-']").fill("1000")
    window.press("记下，报审核", check).reads("核实情况和初审意见已记下", "等另一位审核确认")

    sit("demo_approver").confirm("石**", "急难型").reads("已确认")
    window.go(address).reads("没到日子", "2,500.00")
    town.it_is(date(2026, 12, 23))
    window.go(address).reads("可以给了")
    window.press("第 2 期已经给了").reads("第 2 期已记下给了", "乡镇备用金")
    window.press("号户").reads("已经给过的", "乡镇备用金合计", "2,500.00")

    # At the end of the service he is asked for an opinion; the window sees that he gave one, not which.
    window.go(address).press("看办件")
    window.press("请他评价").reads("请您评价刚才的服务")
    asked = window.page.url
    code = re.search(r"/rate/(\w{10})/", window.page.inner_text("body"))[1]
    phone = sit("", PHONE).go(f"/rate/{code}/").reads("刚才办得怎么样")
    phone.page.fill("#words", "跑了两趟")
    phone.press("不满意", exact=True).reads("您的评价收到了", "已经交给没有经手的人处理")
    window.go(asked).reads("已经评价")
    assert "不满意" not in window.page.inner_text("main")
    sit("demo_leader").go("/ratings/").reads("桃源镇", "跑了两趟")
