"""The printed papers: what each must say, what none may ever say, and that printed again it is the same paper."""

import io
from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone
from pypdf import PdfReader

from tests.cases.town import DAY, NOON, decision_of, declare, make_town, noon, opened
from tests.make import make_area, make_person, make_staff
from yimen.benefits.models import Grant
from yimen.cases import actions
from yimen.cases.models import ArchivedPaper, BlankPad, Posting, Visit
from yimen.office.models import Area, StoredFile
from yimen.registry.models import Membership, Person
from yimen.web.papers.printer import print_paper
from yimen.web.papers.wording import capitals, on_a_board

pytestmark = pytest.mark.django_db
NURSING, LOW = "disability_nursing_subsidy", "subsistence_allowance"


def text_of(content: bytes) -> str:
    """Return a paper's text without the breaks of its lines."""
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).replace("\n", "").replace(" ", "")


def address(case, paper, **query):
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return f"/cases/{case.pk}/print/{paper}/" + (f"?{asked}" if asked else "")


def printed(client, case, paper, **query) -> str:
    """Print a paper through its page and return its text."""
    answer = client.get(address(case, paper, **query))
    assert answer.status_code == 200, answer.content.decode()[:3000]
    assert answer["Content-Type"] == "application/pdf"
    return text_of(answer.content)


@pytest.fixture
def town():
    town = make_town()
    declare(town, {"残疾等级": 1, "需长期照护": True}, source="残联")
    declare(town, {"领取工伤护理费": False}, source="人社")
    with town.at_desk(town.window):
        make_person(town.home, name="沈立春", number=2, relation="子")
        Person.objects.filter(id_index=f"{2:032d}").update(born_on=date(2018, 3, 1))
    return town


@pytest.fixture
def clerk(enter, town):
    return enter(town.window)


def taken_in(town, *policies):
    """Take an application of both members in, the child's authorisation signed by the guardian."""
    case = opened(town)
    with town.at_desk(town.window):
        child = Person.objects.get(id_index=f"{2:032d}")
        common = {"given": True, "signed_on": DAY, "by": town.window, "at": NOON}
        actions.give_consent(case=case.pk, person=town.person.pk, **common)
        actions.give_consent(case=case.pk, person=child.pk, guardian_name="沈小满", **common)
        return actions.accept(case=case.pk, asked=policies, by=town.window, at=NOON)


def nursing_decided(town, *, agrees=True):
    case = taken_in(town, actions.Asked(NURSING, town.person.pk))
    with town.at_desk(town.window):
        decision = decision_of(case, NURSING)
        actions.propose(
            decision=decision.pk,
            agrees=agrees,
            opinion="符合，建议同意。" if agrees else "与规则不同的理由：见下。",
            by=town.window,
            at=noon(1),
        )
    with town.at_desk(town.approver):
        if agrees:
            actions.confirm(decision=decision.pk, by=town.approver, at=noon(2))
        else:
            words = {"words": "没有长期照护的需要", "article": "国发〔2015〕52号第二条"}
            actions.refuse(decision=decision.pk, by=town.approver, at=noon(2), **words)
    return case


def low_proposed(town, *, posted=False):
    """Bring 低保 as far as the opinion, after a home visit signed by two."""
    declare(
        town,
        {"残疾等级": 1},
        household={"家庭月收入": "0.00"},
    )
    case = taken_in(town, actions.Asked(LOW))
    with town.at_desk(town.window):
        decision = decision_of(case, LOW)
        decision.state, decision.agrees, decision.amount_fen = "proposed", True, 126_000
        decision.proposed_by, decision.proposed_at = town.window, noon(3)
        decision.save()
        Visit.objects.create(
            case=case, visited_on=DAY, first=town.window, second=town.colleague, recorded_at=NOON, area_path=case.area_path
        )
        if posted:
            decision.state = "posted"
            decision.save()
            common = {"decision": decision, "kind": "before", "place": "村务公开栏", "area_path": case.area_path}
            Posting.objects.create(starts_on=date(2026, 11, 27), ends_on=date(2026, 12, 4), **common)
    return case


def test_what_is_missing_is_told_once_and_together_in_plain_words(town, clerk):
    case = opened(town)
    with town.at_desk(town.window):
        common = {"case": case.pk, "by": town.window, "at": NOON}
        actions.record_paper(name="户口簿", state="missing", **common)
        actions.record_paper(name="出院小结", state="missing", **common)
        actions.record_paper(name="身份证", state="brought", **common)
        actions.tell_papers(**common)

    said = printed(clerk, case, "told")

    assert "还缺下面2样" in said
    assert "户口簿" in said
    assert "出院小结" in said
    assert "身份证（已交）" in said
    assert "城关镇人民政府" in said
    assert "2026年11月23日" in said


def test_nothing_is_told_before_the_telling_is_on_record(town, clerk):
    case = opened(town)
    with town.at_desk(town.window):
        actions.record_paper(case=case.pk, name="户口簿", state="missing", by=town.window, at=NOON)

    answer = clerk.get(address(case, "told"))

    assert answer.status_code == 409
    assert "请先点“一次性告知”" in answer.content.decode()
    with town.at_desk(town.window):
        assert not ArchivedPaper.objects.exists()


def test_the_receipt_has_number_code_matters_and_dates_with_their_articles(town, clerk):
    case = taken_in(town, actions.Asked(LOW))

    said = printed(clerk, case, "receipt")

    assert case.number in said
    assert case.receipt_code in said
    assert "最低生活保障" in said
    assert "民发〔2021〕57号第22条" in said
    assert "首派责任人" in said
    assert "99010119650615" not in said


@pytest.mark.parametrize(("channel", "is_entered_later"), [("window", False), ("village", False), ("paper", True)])
def test_only_a_paper_form_is_printed_as_entered_later(town, clerk, channel, is_entered_later):
    with town.at_desk(town.window):
        same = {"by": town.window, "at": NOON}
        received = date(2026, 11, 20)
        case = actions.open_case(household=town.home.pk, channel=channel, applicant=town.person.pk, received_on=received, **same)
        child = Person.objects.get(id_index=f"{2:032d}")
        actions.give_consent(case=case.pk, person=town.person.pk, given=True, signed_on=received, **same)
        actions.give_consent(case=case.pk, person=child.pk, given=True, guardian_name="沈小满", signed_on=received, **same)
        case = actions.accept(case=case.pk, asked=[actions.Asked(LOW)], **same)

    assert ("补录" in printed(clerk, case, "receipt")) is is_entered_later


def test_each_member_has_an_authorisation_of_their_own_and_a_guardian_signs_for_the_child(town, clerk):
    case = opened(town)

    content = clerk.get(address(case, "consent")).content

    pages = [text_of_page.replace("\n", "") for text_of_page in (p.extract_text() for p in PdfReader(io.BytesIO(content)).pages)]
    assert len(pages) == 2
    assert "沈小满" in pages[0]
    assert "监护人签名（捺印）" not in pages[0]
    assert "沈立春" in pages[1]
    assert "授权人未满十八周岁，由监护人代签" in pages[1]


def test_the_promise_lists_what_was_promised_with_its_day(town, clerk):
    case = opened(town)
    with town.at_desk(town.window):
        actions.record_paper(
            case=case.pk, name="离婚证", state="promised", promised_until=date(2026, 12, 10), by=town.window, at=NOON
        )

    said = printed(clerk, case, "promise")

    assert "离婚证" in said
    assert "2026年12月10日" in said
    assert "责令退回" in said


def test_the_visit_form_has_the_seven_areas_and_what_is_known_with_its_source(town, clerk):
    case = opened(town)

    said = printed(clerk, case, "visit")

    for area in ("人口户籍", "收入", "财产", "刚性支出", "健康残疾", "劳动就业", "义务人与生活"):
        assert area in said
    assert "沈小满：1（残联2026年11月23日）" in said
    assert "调查人（二）签名" in said


@pytest.mark.parametrize("paper", ["posting", "publication"])
def test_a_sheet_for_the_board_shows_name_members_and_amount_and_nothing_else_of_them(town, clerk, paper):
    case = low_proposed(town, posted=True)
    if paper == "publication":
        with town.at_desk(town.window):
            decision = decision_of(case, LOW)
            decision.state, decision.decided_by, decision.decided_at = "confirmed", town.approver, noon(12)
            decision.save()

    said = printed(clerk, case, paper)

    assert "沈小满" in said
    assert "1,260.00" in said
    assert "最低生活保障" in said
    for never in ("9901", "残疾", "护理", "沈立春", "1965"):
        assert never not in said


def test_a_posting_says_its_days_and_where_to_object(town, clerk):
    case = low_proposed(town, posted=True)

    said = printed(clerk, case, "posting")

    assert "公示7天" in said
    assert "2026年11月27日至2026年12月4日" in said
    assert "城关镇人民政府" in said
    assert "花城县民政局" in said


def test_a_policy_that_has_no_posting_gets_no_sheet(town, clerk):
    case = taken_in(town, actions.Asked(NURSING, town.person.pk))
    with town.at_desk(town.window):
        decision = decision_of(case, NURSING)
        actions.propose(decision=decision.pk, agrees=True, opinion="符合", by=town.window, at=NOON)

    answer = clerk.get(address(case, "posting"))

    assert answer.status_code == 409
    assert "按规定不公示，或没有查到要公示的规定" in answer.content.decode()


def test_no_childs_name_stands_on_a_board(town, clerk):
    case = low_proposed(town)
    with town.at_desk(town.window):
        child = Person.objects.get(id_index=f"{2:032d}")
        case.applicant = child
        case.save()

    said = printed(clerk, case, "posting")

    assert "沈立春" not in said
    assert "沈小满" in said


def test_the_name_of_a_benefit_on_a_board_tells_no_illness_and_no_disability():
    assert on_a_board("重度残疾人护理补贴") == "社会救助"
    assert on_a_board("最低生活保障") == "最低生活保障"


def test_a_confirmation_says_amount_in_capitals_since_when_by_which_article_and_how_to_appeal(town, clerk):
    case = nursing_decided(town)
    with town.at_desk(town.window):
        fen = decision_of(case, NURSING).amount_fen

    said = printed(clerk, case, "notice")

    assert "确认告知书" in said
    assert "不予" not in said
    assert f"大写：人民币{capitals(fen)}" in said
    assert "2026年11月起按月发给" in said
    assert "第七十六条" in said
    assert "行政复议" in said
    assert "花城县人民政府" in said
    assert "2026年11月25日" in said


def test_a_changed_amount_is_told_as_an_adjustment_from_how_much_to_how_much(town, clerk):
    with town.at_desk(town.window):
        Grant.objects.create(
            person=town.person,
            policy=NURSING,
            amount_fen=10_000,
            starts_on=date(2026, 1, 1),
            recorded_at=NOON,
            area_path=town.village.path,
        )
    case = nursing_decided(town)

    said = printed(clerk, case, "notice")

    assert "救助金额调整告知书" in said
    assert "原来100.00元/月" in said
    assert "大写" in said


def test_a_township_that_confirms_by_delegation_signs_itself(town, clerk):
    case = nursing_decided(town)
    mayor = make_staff(kind="town_approver", area=Area.objects.get(code="990101001"), username="mayor")
    with town.at_desk(town.window):
        decision = decision_of(case, NURSING)
        decision.department, decision.decided_by = "民政", mayor
        decision.save()

    said = printed(clerk, case, "notice")

    assert "城关镇人民政府" in said
    assert "花城县民政局" not in said


def test_a_refusal_says_the_reason_the_article_and_how_to_appeal(town, clerk):
    case = nursing_decided(town, agrees=False)

    said = printed(clerk, case, "notice")

    assert "不予确认告知书" in said
    assert "没有长期照护的需要" in said
    assert "国发〔2015〕52号第二条" in said
    assert "60日" in said.replace(" ", "")
    assert "6个月" in said.replace(" ", "")
    assert "大写" not in said


def test_nothing_is_told_of_a_decision_that_is_not_taken(town, clerk):
    case = taken_in(town, actions.Asked(NURSING, town.person.pk))

    assert clerk.get(address(case, "notice")).status_code == 409
    assert clerk.get(address(case, "slip")).status_code == 409


def test_the_slip_says_of_a_refusal_that_it_did_not_pass_and_never_speaks_of_approval(town, clerk):
    case = nursing_decided(town, agrees=False)

    said = printed(clerk, case, "slip")

    assert "这次没有通过。没有长期照护的需要" in said
    assert "批准" not in said


def test_the_slip_for_old_people_is_set_in_22_points(town, clerk):
    case = nursing_decided(town)
    content = clerk.get(address(case, "slip")).content
    sizes = []

    def note(text, _, __, ___, size):
        if text.strip() and "页" not in text:
            sizes.append(size)

    for page in PdfReader(io.BytesIO(content)).pages:
        page.extract_text(visitor_text=note)

    said = text_of(content)
    assert "每月发" in said
    assert "哪天" in said
    assert "打到哪张卡" in said
    assert "有事问谁" in said
    assert min(sizes) >= 22


def test_the_sheet_of_changes_lists_every_decision_with_its_amount(town, clerk):
    case = nursing_decided(town)

    said = printed(clerk, case, "changes")

    assert "确认同意" in said
    assert "2026年11月25日" in said
    assert "2026年11月1日" in said


def test_printed_again_it_is_the_same_paper_from_the_archive(town, clerk):
    case = nursing_decided(town)
    first = clerk.get(address(case, "notice")).content
    with town.at_desk(town.window):
        make_person(town.home, name="沈惊蛰", number=3, relation="妻")

    again = clerk.get(address(case, "notice")).content

    assert again == first
    with town.at_desk(town.window):
        held = ArchivedPaper.objects.get()
        assert (held.kind, held.number, held.pages, held.printed_by) == ("notice", 1, 1, town.window)
        kept = StoredFile.objects.get(pk=held.file)
        assert kept.retain_until is None
        assert kept.name == "notice.pdf"


def test_what_was_printed_then_can_be_opened_from_the_file(town, clerk):
    case = nursing_decided(town)
    first = clerk.get(address(case, "notice")).content
    with town.at_desk(town.window):
        held = ArchivedPaper.objects.get()

    assert clerk.get(f"/cases/{case.pk}/kept/{held.pk}/").content == first


def test_printed_twice_at_the_same_moment_it_is_kept_once(town):
    case = taken_in(town, actions.Asked(NURSING, town.person.pk))
    with town.at_desk(town.window):
        common = {
            "case": case.pk,
            "kind": "receipt",
            "title": "受理回执",
            "made_from": "one",
            "pages": 1,
            "by": town.window,
            "at": NOON,
        }
        first = actions.archive_paper(content=b"first", **common)
        second = actions.archive_paper(content=b"second", **common)

        assert second.pk == first.pk
        assert StoredFile.objects.filter(kind="printed_paper").count() == 1


def test_a_member_who_moved_out_makes_a_new_sheet_for_the_board(town, clerk):
    case = low_proposed(town)
    printed(clerk, case, "posting")
    with town.at_desk(town.window):
        Membership.objects.filter(person__id_index=f"{2:032d}").update(ends_on=DAY)

    printed(clerk, case, "posting")

    with town.at_desk(town.window):
        assert ArchivedPaper.objects.filter(kind="posting").count() == 2


def test_the_file_lists_what_was_printed_and_where_each_begins(town, clerk):
    case = nursing_decided(town)
    for paper in ("receipt", "consent", "visit", "notice"):
        printed(clerk, case, paper)
    with town.at_desk(town.window):
        pages = dict(ArchivedPaper.objects.values_list("kind", "pages"))

    said = printed(clerk, case, "index")

    assert f"JZ-{case.number}" in said
    assert "受理回执" in said
    assert "确认告知书" in said
    assert "核对授权书（已签）" in said
    assert pages["consent"] == 2
    assert pages["visit"] >= 3
    with town.at_desk(town.window):
        assert not ArchivedPaper.objects.filter(kind="index").exists()


def test_every_paper_is_pdf_a_2b(town, clerk):
    case = nursing_decided(town)
    for paper in ("receipt", "consent", "promise", "visit", "notice", "slip", "changes", "index"):
        content = clerk.get(address(case, paper)).content
        about = PdfReader(io.BytesIO(content)).xmp_metadata.stream.get_data().decode()
        assert "<pdfaid:part>2</pdfaid:part>" in about
        assert "<pdfaid:conformance>B</pdfaid:conformance>" in about


def test_a_rare_character_in_a_name_prints(town, clerk):
    with town.at_desk(town.window):
        person = Person.objects.get(pk=town.person.pk)
        person.name = "沈㛃"
        person.save()
    case = opened(town)

    assert "沈㛃" in printed(clerk, case, "consent")


def test_a_character_that_no_font_holds_is_refused_by_name_and_nothing_is_kept(town, clerk):
    with town.at_desk(town.window):
        person = Person.objects.get(pk=town.person.pk)
        person.name = "沈𪻐"
        person.save()
    case = opened(town)

    answer = clerk.get(address(case, "consent"))

    assert answer.status_code == 409
    assert "打印字体里没有“𪻐”（U+2AED0）" in answer.content.decode()
    with town.at_desk(town.window):
        assert not ArchivedPaper.objects.exists()


def test_what_somebody_typed_is_never_read_as_a_template(town):
    part = {"name": "#panic(1)", "members": [["*a*", "$x$"]], "promised": [], "helper": "", "helper_relation": ""}

    done = print_paper("promise", {"title": "诚信承诺书", "unit": "城关镇人民政府", "parts": [part]}, on=DAY)

    assert "#panic(1)" in text_of(done.content)
    assert "*a*" in text_of(done.content)


def test_somebody_of_another_place_prints_nothing_of_the_case(town, enter):
    case = nursing_decided(town)
    elsewhere = make_area("990101002", path="99.9901.990101.990101002.", level=4, name="桃源镇")
    stranger = enter(make_staff(kind="town_clerk", area=elsewhere, username="stranger"))

    assert stranger.get(address(case, "notice")).status_code == 404
    assert stranger.get(address(case, "index")).status_code == 404


def test_the_name_of_the_file_and_the_address_name_nobody(town, clerk):
    case = nursing_decided(town)

    answer = clerk.get(address(case, "notice"))

    assert answer["Content-Disposition"] == f'inline; filename="notice-{case.pk.hex[:8]}.pdf"'
    assert "no-store" in answer["Cache-Control"]


def test_the_handover_page_lists_what_was_given_to_whom_and_why(town, enter):
    case = taken_in(town, actions.Asked(NURSING, town.person.pk))
    county = Area.objects.get(code="990101")
    boss = make_staff(kind="county_clerk", area=county, username="boss")
    client = enter(boss)
    with town.at_desk(boss):
        actions.reassign_all(giver=town.window, to=town.colleague, reason="因病住院", by=boss, at=timezone.now())

    said = text_of(client.get("/print/handover/window/").content)

    assert case.number in said
    assert "因病住院" in said
    assert "乡镇备用金余额" in said
    assert "沈小满" not in said
    assert "沈**" in said


def test_a_colleagues_handover_page_is_not_for_everybody(town, enter):
    assert enter(town.colleague).get("/print/handover/window/").status_code == 403


def test_blank_forms_are_numbered_and_no_number_comes_twice(town, clerk):
    first = text_of(clerk.post("/print/blanks/", {"forms": "2"}).content)
    second = text_of(clerk.post("/print/blanks/", {"forms": "1"}).content)

    year = BlankPad.objects.first().year
    assert f"990101001-{year}-停0001" in first
    assert f"990101001-{year}-停0002" in first
    assert f"990101001-{year}-停0003" in second
    assert "停0001" not in second
    again = text_of(clerk.get(f"/print/blanks/?pad={BlankPad.objects.first().pk}").content)
    assert again == first


@pytest.mark.parametrize("forms", ["0", "51", "-1", "x", ""])
def test_nobody_prints_no_form_or_a_thousand(clerk, forms):
    assert clerk.post("/print/blanks/", {"forms": forms}).status_code == 409


@pytest.mark.parametrize(
    ("yuan", "words"),
    [
        ("1260", "壹仟贰佰陆拾元整"),
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角整"),
        ("10", "壹拾元整"),
        ("107000.53", "壹拾万柒仟元伍角叁分"),
        ("1050.05", "壹仟零伍拾元零伍分"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("1680.32", "壹仟陆佰捌拾元叁角贰分"),
        ("100000", "壹拾万元整"),
        ("100001", "壹拾万零壹元整"),
        ("20003000", "贰仟万叁仟元整"),
        ("100000000", "壹亿元整"),
        ("100000005", "壹亿零伍元整"),
        ("735.50", "柒佰叁拾伍元伍角整"),
    ],
)
def test_amounts_are_written_in_the_capitals_of_bookkeeping(yuan, words):
    assert capitals(int(Decimal(yuan) * 100)) == words
