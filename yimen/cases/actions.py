"""
The door of changes: every step of a case, by whom and when. Each is one transaction with permission, lock, trail and audit.
"""

from yimen.cases.applying import (
    Asked,
    NotAccepted,
    accept,
    bring_paper,
    give_consent,
    open_case,
    record_paper,
    save_draft,
    submit,
    tell_papers,
    turn_away,
    withdraw,
)
from yimen.cases.assigning import NotHandedOver, answer_offer, offer_case, reassign_all, take_back_offer
from yimen.cases.authority import Given, confirm_authority, record_authority, record_own_authority, revoke_authority
from yimen.cases.boards import photograph_board
from yimen.cases.choosing import ConsentNote, PaperNote, choose, note_papers
from yimen.cases.clock import NotExtended
from yimen.cases.deciding import confirm, extend, propose, refer, refuse, send_back
from yimen.cases.delivering import NotDelivered, NotRated, deliver, rate, rate_by_code
from yimen.cases.departing import appoint, let_in_again, relieve, shut_out
from yimen.cases.disputing import answer_contest, contest, receive_copy, rule, stay, take_effect, take_on
from yimen.cases.dossier import NotArchived, archive_paper, number_blanks
from yimen.cases.drawing import draw_checks
from yimen.cases.ending import adjust_aid, end_aid, hear
from yimen.cases.filing import NotFiled, hand_over_file, lend_file, return_file
from yimen.cases.flow import Changed, WrongStep
from yimen.cases.grounds import NotDecided, StaleFacts
from yimen.cases.inviting import invite, redeem
from yimen.cases.lanes import Hand, NotGiven, give_small_aid
from yimen.cases.obliging import list_obligor_of, look_for_obligor_of, say_of_obligor
from yimen.cases.online import (
    Form,
    add_page,
    begin_online,
    drop_page,
    end_online,
    keep_online,
    prove_online,
    submit_online,
    sweep_online,
)
from yimen.cases.portal import NoHome, Sent, SentConsent, receive_application
from yimen.cases.portal_file import application_headings, load_applications, preview_applications
from yimen.cases.posting import NotPosted, clear, object_to, photograph, post, publish
from yimen.cases.rating import open_pad, open_visit, rate_visit
from yimen.cases.recomputing import recompute_dues, start_recomputing
from yimen.cases.recovering import propose_recovery, recover, return_recovery
from yimen.cases.reporting import Named, answer_report, end_report, informant_of, record_report, take_up_report
from yimen.cases.tasks import NotEnded, NotEntrusted, end_task, give_task, pass_task_on
from yimen.cases.telling import answer_appeal, appeal, tell, transfer_to_rigid
from yimen.cases.urgent import Later, check_urgent_aid, give_urgent_aid, pay_stage, record_minute, stop_stages
from yimen.cases.verifying import (
    NotVerified,
    ask_comparison,
    assign_visit,
    compare,
    investigate,
    record_kinship,
    settle,
)
from yimen.cases.visiting import (
    Seen,
    drop_photo,
    keep_photo,
    record_visit,
    save_visit_draft,
    send_visit_back,
    sign_visit,
)
from yimen.cases.warnings import NotChecked, record_hearing, settle_check, take_up_finding

__all__ = [
    "Asked",
    "Changed",
    "ConsentNote",
    "Form",
    "Given",
    "Hand",
    "Later",
    "Named",
    "NoHome",
    "NotAccepted",
    "NotArchived",
    "NotChecked",
    "NotDecided",
    "NotDelivered",
    "NotEnded",
    "NotEntrusted",
    "NotExtended",
    "NotFiled",
    "NotGiven",
    "NotHandedOver",
    "NotPosted",
    "NotRated",
    "NotVerified",
    "PaperNote",
    "Seen",
    "Sent",
    "SentConsent",
    "StaleFacts",
    "WrongStep",
    "accept",
    "add_page",
    "adjust_aid",
    "answer_appeal",
    "answer_contest",
    "answer_offer",
    "answer_report",
    "appeal",
    "application_headings",
    "appoint",
    "archive_paper",
    "ask_comparison",
    "assign_visit",
    "begin_online",
    "bring_paper",
    "check_urgent_aid",
    "choose",
    "clear",
    "compare",
    "confirm",
    "confirm_authority",
    "contest",
    "deliver",
    "draw_checks",
    "drop_page",
    "drop_photo",
    "end_aid",
    "end_online",
    "end_report",
    "end_task",
    "extend",
    "give_consent",
    "give_small_aid",
    "give_task",
    "give_urgent_aid",
    "hand_over_file",
    "hear",
    "informant_of",
    "investigate",
    "invite",
    "keep_online",
    "keep_photo",
    "lend_file",
    "let_in_again",
    "list_obligor_of",
    "load_applications",
    "look_for_obligor_of",
    "note_papers",
    "number_blanks",
    "object_to",
    "offer_case",
    "open_case",
    "open_pad",
    "open_visit",
    "pass_task_on",
    "pay_stage",
    "photograph",
    "photograph_board",
    "post",
    "preview_applications",
    "propose",
    "propose_recovery",
    "prove_online",
    "publish",
    "rate",
    "rate_by_code",
    "rate_visit",
    "reassign_all",
    "receive_application",
    "receive_copy",
    "recompute_dues",
    "record_authority",
    "record_hearing",
    "record_kinship",
    "record_minute",
    "record_own_authority",
    "record_paper",
    "record_report",
    "record_visit",
    "recover",
    "redeem",
    "refer",
    "refuse",
    "relieve",
    "return_file",
    "return_recovery",
    "revoke_authority",
    "rule",
    "save_draft",
    "save_visit_draft",
    "say_of_obligor",
    "send_back",
    "send_visit_back",
    "settle",
    "settle_check",
    "shut_out",
    "sign_visit",
    "start_recomputing",
    "stay",
    "stop_stages",
    "submit",
    "submit_online",
    "sweep_online",
    "take_back_offer",
    "take_effect",
    "take_on",
    "take_up_finding",
    "take_up_report",
    "tell",
    "tell_papers",
    "transfer_to_rigid",
    "turn_away",
    "withdraw",
]
