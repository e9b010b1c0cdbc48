"""The addresses of the pages. Everything save the door (/login/) is closed until somebody has passed it."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from django.urls import URLPattern, URLResolver, path

from yimen.api.front import api
from yimen.web import accounts
from yimen.web.administrators import audit as auditing
from yimen.web.administrators import calendar as days_off
from yimen.web.administrators import firms, system
from yimen.web.administrators import staff as staffing
from yimen.web.approver import decision as approving
from yimen.web.approver import desk as approver_desk
from yimen.web.approver import handling, reassign, recovering
from yimen.web.boards import board
from yimen.web.cards import desk as cards
from yimen.web.cases import listing
from yimen.web.cases import page as case_page
from yimen.web.citizen import filling, online
from yimen.web.citizen import progress as citizen_progress
from yimen.web.citizen import rate as citizen_rate
from yimen.web.co_organizer import accompany, handbook, helping, ledger, team, village
from yimen.web.co_organizer.helping import for_helpers
from yimen.web.data_clerk import arrivals, progress, screen
from yimen.web.disputes import desk as disputes
from yimen.web.files import file
from yimen.web.front import home
from yimen.web.hall import day as hall_day
from yimen.web.hall import desk as hall_desk
from yimen.web.hall import finder as hall_finder
from yimen.web.hall import handing_over as hall_handing_over
from yimen.web.hall import kiosk as hall_kiosk
from yimen.web.hall import machines as hall_machines
from yimen.web.hall import managing as hall_managing
from yimen.web.hall import phone as hall_phone
from yimen.web.hall import questionnaire, reception
from yimen.web.hall import report as hall_report
from yimen.web.hall import rosters as hall_rosters
from yimen.web.hall import screen as hall_screen
from yimen.web.hall import setup as hall_setup
from yimen.web.hall import statistics as hall_statistics
from yimen.web.hall import voice as hall_voice
from yimen.web.leader import desk, finding, findings
from yimen.web.papers import views as papers
from yimen.web.ratings import asking
from yimen.web.reports import checking
from yimen.web.reports import desk as reports
from yimen.web.tasks import task
from yimen.web.urgent import giving, registering, reserve, staged
from yimen.web.visits import tasks, verify, visit
from yimen.web.window import (
    apply,
    authorities,
    blanks,
    from_home,
    guardians,
    interview,
    inviting,
    obligors,
    people,
    policies,
    receipt,
)
from yimen.web.window import help as window_help
from yimen.web.window import papers as window_papers

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("figures/export/", desk.export, name="figures_export"),
    path("hall/", hall_desk.page, name="hall"),
    path("hall/bar/", hall_desk.bar, name="hall_bar"),
    path("hall/lines/", hall_desk.lines, name="hall_lines"),
    path("hall/devices/", hall_machines.page, name="hall_devices"),
    path("hall/devices/<slug:name>/", hall_machines.act, name="hall_device"),
    path("hall/rosters/", hall_rosters.page, name="hall_rosters"),
    path("hall/rosters/make/", hall_rosters.make, name="hall_rosters_make"),
    path("hall/alone/", hall_handing_over.page, name="hall_alone"),
    path("hall/alone/<uuid:disagreement_id>/", hall_handing_over.one, name="hall_alone_one"),
    path("hall/alone/<slug:name>/", hall_handing_over.act, name="hall_alone_act"),
    path("hall/rings/", hall_desk.rings, name="hall_rings"),
    path("hall/replay/", hall_managing.replay, name="hall_replay"),
    path("hall/statistics/", hall_statistics.page, name="hall_statistics"),
    path("hall/statistics/export/", hall_statistics.export, name="hall_statistics_export"),
    path("hall/day/", hall_day.page, name="hall_day"),
    path("hall/day/now/", hall_day.now, name="hall_day_now"),
    path("hall/day/windows/", hall_day.windows, name="hall_day_windows"),
    path("hall/day/report/", hall_report.printed, name="hall_day_report"),
    path("hall/day/<slug:name>/", hall_day.act, name="hall_day_act"),
    path("setup/", hall_setup.listed, name="setups"),
    path("setup/<slug:venue_code>/", hall_setup.page, name="setup"),
    path("setup/<slug:venue_code>/<slug:name>/", hall_setup.act, name="setup_act"),
    path("hall/<slug:name>/", hall_desk.act, name="hall_act"),
    path("venues/", hall_finder.page, name="venues"),
    path("venues/<slug:venue_code>/kiosk/", hall_kiosk.page, name="hall_kiosk"),
    path("venues/<slug:venue_code>/kiosk/here/", hall_kiosk.at_the_door, name="hall_kiosk_here"),
    path("venues/<slug:venue_code>/kiosk/<str:receipt>/", hall_kiosk.ticket, name="hall_kiosk_ticket"),
    path("venues/<slug:venue_code>/phone/", hall_phone.take, name="hall_phone"),
    path("venues/<slug:venue_code>/tickets/<str:receipt>/", hall_phone.ticket, name="hall_ticket"),
    path("venues/<slug:venue_code>/tickets/<str:receipt>/print/", hall_phone.printed, name="hall_ticket_print"),
    path("venues/<slug:venue_code>/tickets/<str:receipt>/<slug:name>/", hall_phone.act, name="hall_ticket_act"),
    path("venues/<slug:venue_code>/appointment/", hall_phone.appointment, name="hall_appointment"),
    path("venues/<slug:venue_code>/appointments/<str:receipt>/", hall_phone.appointed, name="hall_appointment_of"),
    path("venues/<slug:venue_code>/pair/", hall_machines.pairing, name="hall_pair"),
    path("venues/<slug:venue_code>/screen/", hall_screen.page, name="hall_screen"),
    path("venues/<slug:venue_code>/board/", hall_screen.part, name="hall_board"),
    path("venues/<slug:venue_code>/windows/<int:number>/led/", hall_screen.led, name="hall_led"),
    path("venues/voice/<slug:clip>/", hall_voice.play, name="hall_voice"),
    path("venues/<slug:venue_code>/fairness/", hall_screen.in_the_open, name="hall_fairness"),
    path("reception/", reception.page, name="reception"),
    path("reception/<uuid:attendance_id>/", reception.one, name="reception_one"),
    path("reception/<uuid:attendance_id>/<slug:name>/", reception.act, name="reception_act"),
    path("ledger/", ledger.page, name="ledger"),
    path("ledger/export/", ledger.export, name="ledger_export"),
    path("team/", team.page, name="team"),
    path("team/<str:username>/", team.member, name="team_member"),
    path("handbook/", handbook.page, name="handbook"),
    path("questionnaire/", questionnaire.page, name="questionnaire"),
    path("accompany/", accompany.page, name="accompany"),
    path("accompany/duty/", accompany.duty, name="accompany_duty"),
    path("accompany/<uuid:handling_id>/", accompany.one, name="accompany_one"),
    path("accompany/<uuid:handling_id>/place/", accompany.place, name="accompany_place"),
    path("accompany/<uuid:handling_id>/<slug:name>/", accompany.act, name="accompany_act"),
    path("cards/", cards.page, name="cards"),
    path("cards/batch/", cards.batch, name="cards_batch"),
    path("cards/off-the-list/", cards.off_the_list, name="cards_off_the_list"),
    path("cards/print/", cards.printed, name="cards_print"),
    path("cards/revoked/", cards.revoked, name="cards_revoked"),
    path("cards/people/<uuid:person_id>/", cards.person, name="cards_of"),
    path("cards/people/<uuid:person_id>/<slug:name>/", cards.step, name="card_step"),
    path("findings/", findings.finding_list, name="findings"),
    path("findings/export/", findings.export, name="findings_export"),
    path("findings/<uuid:finding_id>/", finding.page, name="finding"),
    path("findings/<uuid:finding_id>/close/", finding.close, name="finding_close"),
    path("findings/<uuid:finding_id>/reopen/", finding.reopen, name="finding_reopen"),
    path("findings/<uuid:finding_id>/hand-on/", finding.hand_on, name="finding_hand_on"),
    path("tasks/<uuid:task_id>/", task.page, name="task"),
    path("visits/", tasks.tasks, name="visits"),
    path("visits/<uuid:case_id>/", visit.visit, name="visit"),
    path("visits/<uuid:case_id>/draft/", visit.draft, name="visit_draft"),
    path("visits/<uuid:case_id>/photos/", visit.photos, name="visit_photos"),
    path("visits/signing/<uuid:visit_id>/", tasks.signing, name="visit_signing"),
    path("cases/draws/", verify.draw_page, name="draws"),
    path("cases/<uuid:case_id>/verify/", verify.verify, name="case_verify"),
    path("approve/", approver_desk.desk, name="approve_list"),
    path("approve/<uuid:decision_id>/", approving.page, name="approve"),
    path("approve/<uuid:decision_id>/confirm/", approving.confirm, name="approve_confirm"),
    path("approve/<uuid:decision_id>/refuse/", approving.refuse, name="approve_refuse"),
    path("approve/<uuid:decision_id>/send-back/", approving.send_back, name="approve_send_back"),
    path("approve/<uuid:decision_id>/review/", approving.review, name="approve_review"),
    path("approve/<uuid:decision_id>/photos/<slug:which>/", approving.photo, name="posting_photo"),
    path("approve/<uuid:decision_id>/notice/", papers.own_notice, name="approve_notice"),
    path("approve/<uuid:decision_id>/recovery/", recovering.begin, name="approve_recovery"),
    path("recoveries/<uuid:recovery_id>/", recovering.page, name="recovery"),
    path("recoveries/<uuid:recovery_id>/<slug:name>/", recovering.step, name="recovery_step"),
    path("recoveries/<uuid:recovery_id>/papers/<slug:paper>/", papers.own_claim, name="recovery_print"),
    path("disputes/", disputes.listed, name="disputes"),
    path("disputes/<uuid:decision_id>/", disputes.page, name="dispute"),
    path("disputes/<uuid:decision_id>/<slug:name>/", disputes.step, name="dispute_step"),
    path("reassign/", reassign.reassign, name="reassign"),
    path("calendar/", days_off.page, name="calendar"),
    path("calendar/<int:year>/", days_off.enter, name="calendar_enter"),
    path("firms/", firms.page, name="firms"),
    path("firms/<slug:code>/", firms.contract, name="firm_contract"),
    path("system/", system.page, name="system"),
    path("staff/", staffing.staff_list, name="staff"),
    path("staff/<str:username>/", staffing.staff_page, name="staff_page"),
    path("staff/<str:username>/<slug:name>/", staffing.staff_step, name="staff_step"),
    path("audit/", auditing.audit_list, name="audit"),
    path("audit/export/", auditing.audit_export, name="audit_export"),
    path("cases/<uuid:case_id>/decisions/", handling.page, name="case_decisions"),
    path("cases/<uuid:case_id>/decisions/<slug:name>/", handling.step, name="case_step"),
    path("cases/<uuid:case_id>/postings/<uuid:decision_id>/<slug:which>/", handling.posting_photo, name="case_posting_photo"),
    path("findings/<uuid:finding_id>/take-up/", checking.take_up, name="finding_take_up"),
    path("reports/", reports.listed, name="reports"),
    path("reports/new/", reports.new, name="report_new"),
    path("reports/<uuid:report_id>/", reports.page, name="report"),
    path("reports/<uuid:report_id>/voice/", reports.attached, {"which": "voice"}, name="report_voice"),
    path("reports/<uuid:report_id>/photo/", reports.attached, {"which": "photo"}, name="report_photo"),
    path("reports/<uuid:report_id>/take-up/", reports.take_up, name="report_take_up"),
    path("reports/<uuid:report_id>/end/", reports.end, name="report_end"),
    path("reports/<uuid:report_id>/answer/", reports.answer, name="report_answer"),
    path("reports/<uuid:report_id>/name/", reports.name, name="report_name"),
    path("checks/<uuid:case_id>/", checking.page, name="check"),
    path("checks/<uuid:case_id>/hear/", checking.hear, name="check_hear"),
    path("checks/<uuid:case_id>/settle/", checking.settle, name="check_settle"),
    path("urgent/<uuid:case_id>/", giving.case, name="urgent"),
    path("urgent/<uuid:case_id>/confirm/", giving.confirm_all, name="urgent_confirm"),
    path("urgent/<uuid:case_id>/receipt/", giving.receipt, name="urgent_receipt"),
    path("urgent/<uuid:case_id>/steps/<slug:name>/", staged.step, name="urgent_step"),
    path("urgent/minutes/<uuid:file_id>/", staged.paper, name="minute_paper"),
    path("reserve/", reserve.page, name="reserve"),
    path("reserve/receipts/<uuid:file_id>/", reserve.receipt, name="reserve_receipt"),
    path("reserve/fund/", reserve.fund, name="reserve_fund"),
    path("villages/<slug:code>/", village.village, name="village"),
    path("boards/", board.listed, name="boards"),
    path("boards/<slug:code>/", board.page, name="board"),
    path("boards/<slug:code>/print/", board.printed, name="board_print"),
    path("boards/<slug:code>/photo/", board.photo, name="board_photo_new"),
    path("boards/<slug:code>/photos/<uuid:photo_id>/", board.shown_photo, name="board_photo"),
    path("boards/<slug:code>/postings/<uuid:decision_id>/photo/", board.posting_photo, name="board_posting_photo"),
    path("policies/", policies.policy_list, name="policies"),
    path("policies/<str:policy_id>/", policies.policy, name="policy"),
    path("load/", arrivals.arrive, name="arrivals"),
    path("load/<uuid:file_id>/", arrivals.preview, name="arrival"),
    path("deliveries/<uuid:delivery_id>/rejects/", progress.rejects, name="rejects"),
    path("jobs/<uuid:job_id>/", progress.page, name="job"),
    path("building/", progress.building, name="building"),
    path("screening/", screen.screening, name="screening"),
    path("people/", people.people, name="people"),
    path("people/<uuid:person_id>/", people.person, name="person"),
    path("people/<uuid:person_id>/number/", people.number, name="person_number"),
    path("people/<uuid:person_id>/invite/", inviting.invitation, name="person_invite"),
    path("people/<uuid:person_id>/help/", helping.for_person_present(window_help.person), name="person_help"),
    path("help/", window_help.stranger, name="help"),
    path("households/new/", registering.new_household, name="household_new"),
    path("households/<uuid:household_id>/file/", file.page, name="household_file"),
    path("households/<uuid:household_id>/file/scans/<uuid:photo_id>/", file.old_scan, name="household_file_scan"),
    path("households/<uuid:household_id>/file/<slug:name>/", file.step, name="household_file_step"),
    path("files/", file.out, name="files_out"),
    path("households/<uuid:household_id>/urgent/", giving.form, name="urgent_form"),
    path("households/<uuid:household_id>/urgent-aid/", staged.form, name="urgent_aid_form"),
    path("households/<uuid:household_id>/gift/", giving.gift, name="charity_gift"),
    path("households/<uuid:household_id>/", people.household, name="household"),
    path("households/<uuid:household_id>/authorities/", authorities.page, name="authorities"),
    path("households/<uuid:household_id>/authorities/<uuid:authority_id>/", authorities.one, name="authority"),
    path("households/<uuid:household_id>/guardians/", guardians.page, name="guardians"),
    path("households/<uuid:household_id>/guardians/<uuid:guardianship_id>/", guardians.one, name="guardianship"),
    path("print/authority/", papers.blank_authority, name="authority_print"),
    path(
        "cases/<uuid:case_id>/print/<slug:paper>/",
        for_helpers(papers.case_paper, only=("told", "receipt", "consent", "promise")),
        name="case_print",
    ),
    path("cases/<uuid:case_id>/kept/<uuid:paper_id>/", papers.kept, name="case_kept"),
    path("print/handover/<slug:username>/", papers.handover, name="handover_print"),
    path("blanks/", blanks.page, name="blanks"),
    path("print/blanks/", papers.blanks, name="blanks_print"),
    path("households/<uuid:household_id>/apply/", apply.apply, name="case_apply"),
    path("cases/", listing.case_list, name="cases"),
    path("cases/export/", listing.export, name="cases_export"),
    path("cases/<uuid:case_id>/", helping.own_page(case_page.page), name="case"),
    path("cases/<uuid:case_id>/interview/", for_helpers(interview.interview), name="case_interview"),
    path("cases/<uuid:case_id>/choose/", for_helpers(window_papers.choice), name="case_choose"),
    path("cases/<uuid:case_id>/papers/", for_helpers(window_papers.papers), name="case_papers"),
    path("cases/<uuid:case_id>/receipt/", for_helpers(receipt.receipt), name="case_receipt"),
    path("cases/<uuid:case_id>/scans/<uuid:photo_id>/", for_helpers(case_page.scan), name="case_scan"),
    path("cases/<uuid:case_id>/obligors/", obligors.obligors, name="case_obligors"),
    path("cases/<uuid:case_id>/bring/", case_page.bring, name="case_bring"),
    path("cases/<uuid:case_id>/authorise/", case_page.authorise, name="case_authorise"),
    path("cases/<uuid:case_id>/turn-away/", case_page.turn_away_case, name="case_turn_away"),
    path("cases/<uuid:case_id>/withdraw/", case_page.withdraw_case, name="case_withdraw"),
    path("progress/", citizen_progress.ask, name="progress"),
    path("progress/<str:receipt>/", citizen_progress.show, name="progress_of"),
    path("progress/<str:receipt>/opinion/", citizen_progress.opinion, name="progress_opinion"),
    path("rate/<str:receipt>/", citizen_rate.show, name="rate"),
    path("rate/<str:receipt>/give/", citizen_rate.give, name="rate_give"),
    path("rate/<str:receipt>/answer/", citizen_rate.answer, name="rate_answer"),
    path("pad/<str:receipt>/", citizen_rate.pad, name="pad"),
    path("pad/<str:receipt>/give/", citizen_rate.give_at_pad, name="pad_give"),
    path("ratings/", asking.page, name="ratings"),
    path("ratings/ask/", asking.ask, name="rating_ask"),
    path("ratings/pad/", asking.pad, name="rating_pad"),
    path("ratings/<uuid:visit_id>/", asking.asked, name="rating_asked"),
    path("online/", online.start, name="online"),
    path("online/invited/", online.invited, name="online_invited"),
    path("online/go-on/", online.go_on, name="online_go_on"),
    path("online/who/", online.who, name="online_who"),
    path("online/real-name/", online.real_name, name="online_real_name"),
    path("online/real-name/back/", online.real_name_back, name="online_real_name_back"),
    path("online/stop/", online.stop, name="online_stop"),
    path("online/ask/", filling.ask, name="online_ask"),
    path("online/choose/", filling.choose, name="online_choose"),
    path("online/papers/", filling.papers, name="online_papers"),
    path("online/photos/<uuid:photo_id>/", filling.photo, name="online_photo"),
    path("online/sign/", filling.sign, name="online_sign"),
    path("online/done/", filling.done, name="online_done"),
    path("helping/new/", helping.new, name="helping_new"),
    path("helping/households/<uuid:household_id>/apply/", helping.start, name="helping_apply"),
    path("helping/cases/<uuid:case_id>/", helping.case, name="helping_case"),
    path("from-home/", from_home.listed, name="from_home"),
    path("from-home/<uuid:online_id>/", from_home.page, name="from_home_one"),
    path("from-home/<uuid:online_id>/photos/<uuid:photo_id>/", from_home.photo, name="from_home_photo"),
    path("api/", api.urls),
    path("login/", account.login, name="account_login"),
    path("login/code/", mfa.authenticate, name="mfa_authenticate"),
    path("login/second-factor/", accounts.Enrolment.as_view(), name="mfa_activate_totp"),
    path("login/again/", account.reauthenticate, name="account_reauthenticate"),
    path("login/inactive/", account.account_inactive, name="account_inactive"),
    path("password/", accounts.NewPassword.as_view(), name="account_change_password"),
    path("logout/", account.logout, name="account_logout"),
]

handler403 = "yimen.web.desk.forbidden"
handler404 = "yimen.web.desk.not_found"
handler500 = "yimen.web.trouble.failed"
