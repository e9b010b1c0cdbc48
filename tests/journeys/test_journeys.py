"""A person's way through the pages, as it is done at a desk: mostly by keyboard."""

import csv
import re
from datetime import date

from python_calamine import CalamineWorkbook

from tests.journeys.conftest import DESK, PHONE, faults
from yimen.registry.id_numbers import check_digit


def test_a_clerk_passes_the_door_with_password_and_code(enter):
    page = enter("demo_county")
    page.goto("/")

    assert page.inner_text("h1") == "今天三件事"
    assert "演示数据，均为虚构" in page.inner_text("header")


def test_a_clerk_finds_a_person_and_answers_a_question_by_keyboard_alone(enter):
    page = enter("demo_town")
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("孟大川")
    page.keyboard.press("Enter")
    page.wait_for_selector("td a.go")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('孟大川一户')")
    page.keyboard.press("1")
    page.wait_for_selector("#question")

    told = _answer_until_something_changes(page)

    assert re.search(r"由还差信息变为(可以享受|目前不符合)", told)
    assert page.locator(".chip:has-text('刚变化')").count() >= 1
    page.keyboard.press("F3")
    page.wait_for_function("words => !document.querySelector('.last').innerText.includes(words)", arg=told[:20])


def _answer_until_something_changes(page):
    """Answer what is asked, by keys alone, until a policy changes its group; the page keeps the hand in the right place."""
    for number in range(1, 9):
        choices = page.locator(".choices input").count()
        if choices:
            page.keyboard.press("2" if choices == 2 else "1")
        else:
            page.keyboard.type("1990.1.1" if "哪年" in page.inner_text("#question") else "2")
        page.keyboard.press("Enter")
        page.wait_for_function("n => document.querySelectorAll('.question input[name=said]').length == n", arg=number)
        page.wait_for_function("() => document.querySelector('#help').contains(document.activeElement)")
        told = page.inner_text(".last")
        if "变为" in told:
            return told
    raise AssertionError("eight answers changed nothing")


def test_a_stranger_at_the_window_is_asked_without_a_name(enter):
    page = enter("demo_village", PHONE)
    page.goto("/help/")

    told = _answer_until_something_changes(page)

    assert "变为" in told
    assert page.url.endswith("/help/")
    assert "只在这一页上算，不写进档案" in page.inner_text("#help")


def test_the_county_filters_opens_a_finding_hands_it_on_and_closes_another_with_a_reason(enter):
    page = enter("demo_county")
    page.goto("/")
    # The first of today's three things is what has waited too long.
    page.keyboard.press("1")
    page.wait_for_url("**late=yes**")
    page.goto("/findings/")
    page.wait_for_selector("h1:has-text('线索')")
    page.select_option("select[name=kind]", "missed")
    page.wait_for_url("**kind=missed**")
    first = page.locator("tbody a.go").first
    first.click()
    page.wait_for_selector("h2:has-text('逐条核对')")
    page.keyboard.press("t")
    page.select_option("select[name=to]", "demo_town")
    page.click("text=转过去")
    page.wait_for_selector("text=已转给演示·桃源镇窗口")
    page.keyboard.press("c")
    page.keyboard.type("11月20日入户核实，本人不愿申请，已讲明政策。")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.wait_for_selector("text=已关闭，理由已记下")
    assert "本人不愿申请" in page.inner_text(".act")
    assert page.locator("text=重新打开").count() == 1


def test_the_arrows_walk_a_list_and_closing_leads_on_to_the_next(enter):
    page = enter("demo_county")
    page.goto("/findings/?kind=missed")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_selector("h2:has-text('逐条核对')")
    closed = page.url
    page.keyboard.press("c")
    page.keyboard.type("11月20日入户核实，本人已去外地与女儿同住。")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=已关闭，理由已记下")
    page.keyboard.press("j")
    page.wait_for_selector("text=关闭并写明理由")

    assert page.url != closed
    assert "kind=missed" in page.url


def test_choosing_a_department_chooses_its_kind_of_file(enter):
    page = enter("demo_county")
    page.goto("/load/")
    page.select_option("select[name=source]", "医保")

    assert page.is_checked("input[value=facts]")


def test_a_roster_with_bad_rows_is_loaded_with_a_corrected_heading_and_the_rejects_come_back(enter, tmp_path):
    page = enter("demo_county")
    page.goto("/load/")
    page.check("input[value=roster]")
    page.set_input_files("#file", _roster(tmp_path / "柳树村新来的户.csv", rows=40, bad=4))
    page.click("text=上传，先看看怎么读")
    page.wait_for_selector("text=还缺：身份证号")
    page.locator("tr", has_text="证号(身份)").locator("select").select_option("id_number")
    page.wait_for_selector("text=必填的列都找到了")
    page.click("button[value=load]")
    page.wait_for_selector("h1:has-text('装载花名册完成')")

    figures = page.locator(".results dd").all_inner_texts()
    with page.expect_download() as arriving:
        page.click("text=下载未采用的 4 行")
    rows = CalamineWorkbook.from_path(arriving.value.path()).get_sheet_by_index(0).to_python()

    assert figures == ["40", "36", "–", "4"]
    assert rows[0][:2] == ["原行号", "未采用的原因"]
    assert len(rows) == 5
    assert all(row[1] for row in rows[1:])


def _roster(path, *, rows, bad):
    """Write a roster whose column of numbers has a heading nobody knows, and whose last rows cannot be right."""
    headings = ["户编号", "乡镇", "村居", "姓名", "证号（身份）", "与户主关系", "保障类别"]
    lines = []
    for number in range(rows):
        first = f"990191{date(1960 + number % 40, 3, 8):%Y%m%d}{number + 700:03d}"
        whole = "3.7E+17" if number >= rows - bad else first + check_digit(first)
        lines.append([f"N{number:05d}", "桃源镇", "柳树村", "石小路", whole, "户主", "农"])
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([headings, *lines])
    return path


def test_a_screening_is_run_from_the_page(enter):
    page = enter("demo_county")
    page.goto("/screening/")
    page.keyboard.press("s")
    page.wait_for_selector("h1:has-text('全员筛查完成')", timeout=30_000)

    assert page.locator(".results dd").count() == 4


def test_no_page_fails_anybody_who_cannot_see_or_use_a_mouse(enter):
    county, village = enter("demo_county"), enter("demo_village")

    found = [fault for address in _county(county) for fault in _faults_at(county, address)]
    found += [fault for address in ("/", "/screening/") for fault in _faults_at(village, address)]

    assert found == []


def test_the_administrators_pages_are_sound_and_fit_a_phone(enter):
    for user, addresses in (
        ("demo_security", ("/staff/", "/staff/demo_town/")),
        ("demo_audit", ("/audit/",)),
        ("demo_system", ("/calendar/", "/calendar/2027/")),
    ):
        page = enter(user, PHONE)
        for address in addresses:
            assert _faults_at(page, address) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0], address


def test_the_pages_of_who_answers_for_the_halls_are_sound_and_fit_a_phone(enter):
    for user, addresses in (
        ("demo_hall", ("/", "/hall/statistics/", "/ledger/", "/hall/day/")),
        ("demo_leader", ("/hall/day/", "/hall/statistics/?order=taken")),
    ):
        for size in (DESK, PHONE):
            page = enter(user, size)
            for address in addresses:
                assert _faults_at(page, address) == []
                assert page.evaluate("document.documentElement.scrollWidth") <= size[0], address
            if user == "demo_hall":
                page.evaluate("document.querySelectorAll('.seats details').forEach(one => { one.open = true; })")
                assert faults(page) == []
                assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


ASK_AGAIN = "id => htmx.ajax('GET', `/hall/day/${id}/`, {target: `#${id}`, swap: 'outerHTML'})"


def test_the_day_of_the_hall_asks_again_by_itself_but_not_under_a_hand(enter):
    page = enter("demo_hall")
    page.goto("/hall/day/")
    page.evaluate("document.querySelectorAll('#now, #windows').forEach(one => { one.dataset.before = 'yes'; })")
    page.locator(".seats summary").first.click()
    page.locator(".seats details[open] input[name=reason]").fill("就餐")
    for part in ("windows", "now"):
        page.evaluate(ASK_AGAIN, part)
    page.wait_for_selector("#now:not([data-before])")
    page.locator("h1").click()
    page.evaluate(ASK_AGAIN, "windows")

    assert page.locator("#windows[data-before] details[open] input[name=reason]").input_value() == "就餐"
    page.locator(".seats details[open] summary").click()
    page.evaluate("document.activeElement.blur()")
    page.evaluate(ASK_AGAIN, "windows")
    page.wait_for_selector("#windows:not([data-before])")


def test_every_page_fits_a_phone_and_the_busiest_are_sound_there_too(enter):
    page = enter("demo_county", PHONE)
    *plain, finding, home, person, _ = _county(page)
    found = [fault for address in ("/", finding, person) for fault in _faults_at(page, address)]
    for address in (*plain, home):
        page.goto(address)
        if page.evaluate("document.documentElement.scrollWidth") > PHONE[0]:
            found.append(f"{address}: wider than the screen")

    assert found == []


def _faults_at(page, address):
    page.goto(address)
    return [f"{address}: {fault}" for fault in faults(page)]


def _county(page):
    """Return the addresses of a county desk's pages, those of one finding, household and person among them."""
    page.goto("/findings/?kind=wrong")
    finding = page.locator("tbody a.go").first.get_attribute("href")
    page.goto(finding)
    home = page.locator("a[data-key=h]").get_attribute("href")
    page.goto(home)
    person = page.locator("a[href$='/help/'].btn").first.get_attribute("href")
    plain = ["/", "/findings/", "/people/", "/help/", "/load/", "/screening/", "/policies/", "/policies/subsistence_allowance/"]
    return [*plain, finding, home, person, "/nothing-here/"]
