"""Tables of cases. Every row of people is scoped by its area path; what was done is only ever added."""

from yimen.cases.models.claimed import Recovery
from yimen.cases.models.disputed import Dispute
from yimen.cases.models.filed import FileTransfer, Lending, OldPaper
from yimen.cases.models.matter import Case, CaseCounter, CaseEvent, Decision, Handover, Task
from yimen.cases.models.online import Authority, Invitation, OnlineApplication
from yimen.cases.models.rated import HallOpinion, HallVisit, RatingPad
from yimen.cases.models.reported import CouncilMinute, Informant, Report, UrgentAid, UrgentStage
from yimen.cases.models.told import ArchivedPaper, BlankPad, BoardPhoto, Confidant, Handing, Posting, Rating
from yimen.cases.models.verified import Consent, Draw, DrawEntry, Kinship, Paper, Settlement, Visit, VisitDraft

__all__ = [
    "ArchivedPaper",
    "Authority",
    "BlankPad",
    "BoardPhoto",
    "Case",
    "CaseCounter",
    "CaseEvent",
    "Confidant",
    "Consent",
    "CouncilMinute",
    "Decision",
    "Dispute",
    "Draw",
    "DrawEntry",
    "FileTransfer",
    "HallOpinion",
    "HallVisit",
    "Handing",
    "Handover",
    "Informant",
    "Invitation",
    "Kinship",
    "Lending",
    "OldPaper",
    "OnlineApplication",
    "Paper",
    "Posting",
    "Rating",
    "RatingPad",
    "Recovery",
    "Report",
    "Settlement",
    "Task",
    "UrgentAid",
    "UrgentStage",
    "Visit",
    "VisitDraft",
]
