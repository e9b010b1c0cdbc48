"""The words of a case (办件用语): its kinds, channels, states and tasks, in the field's own terms; one table to read."""

from django.db import models


class Kind(models.TextChoices):
    """What a case is about."""

    APPLICATION = "application", "救助申请"
    FINDING = "finding", "线索核查"
    REPORT = "report", "主动发现"
    COMPLAINT = "complaint", "投诉举报"


class Channel(models.TextChoices):
    """How it was asked."""

    WINDOW = "window", "窗口"
    VILLAGE = "village", "村（居）代办"
    AGENT = "agent", "帮办代办"
    RELATIVE = "relative", "亲友代办"
    ONLINE = "online", "本人网上"
    PORTAL = "portal", "省平台转来"
    PAPER = "paper", "纸质登记（停电补录）"
    SCREENING = "screening", "筛查线索"
    GRID = "grid", "网格员报告"
    PHONE = "phone", "电话"
    LETTER = "letter", "来信来访"


class State(models.TextChoices):
    """Where a case stands."""

    DRAFT = "draft", "填写中"
    SUBMITTED = "submitted", "待受理"
    ACCEPTED = "accepted", "办理中"
    CONCLUDED = "concluded", "已办结"
    DELIVERED = "delivered", "已送达"
    TURNED_AWAY = "turned_away", "不予受理"
    WITHDRAWN = "withdrawn", "已撤回"


OPEN = (State.DRAFT, State.SUBMITTED, State.ACCEPTED, State.CONCLUDED)


class Left(models.TextChoices):
    """Why an application is not gone on with, which ends the duty of its first assignee too (不再办理的缘由)."""

    OWN = "own", "本人（家属）撤回"
    DIED = "died", "申请人去世"
    LOST = "lost", "多次联系不上"
    REFUSED = "refused", "本人不愿再办"


class DecisionState(models.TextChoices):
    """Where one department's decision stands."""

    WAITING = "waiting", "等身份认定"
    OPEN = "open", "待初审"
    PROPOSED = "proposed", "已初审"
    POSTED = "posted", "公示中"
    CLEARED = "cleared", "公示期满"
    CONFIRMED = "confirmed", "确认同意"
    REFUSED = "refused", "不予确认"
    REFERRED = "referred", "已转介"
    DROPPED = "dropped", "不再办理"


class Effect(models.TextChoices):
    """What a decision does when it is confirmed."""

    GIVE = "give", "给予"
    END = "end", "终止"
    ADJUST = "adjust", "调整"


class EndCause(models.TextChoices):
    """For which cause a grant is ended whose last month is not that of the confirmation (停发的缘由)."""

    DIED = "died", "本人（全户）去世"
    AGED = "aged", "年满规定年龄"


FINAL = (DecisionState.CONFIRMED, DecisionState.REFUSED, DecisionState.REFERRED, DecisionState.DROPPED)


class RecoveryState(models.TextChoices):
    """Where a claim on what was paid wrongly stands (追缴)."""

    ASKED = "asked", "等听取意见"
    HEARD = "heard", "等写追缴意见"
    PROPOSED = "proposed", "等确认"
    DECIDED = "decided", "已决定追缴"
    DROPPED = "dropped", "不追缴"


OPEN_RECOVERY = (RecoveryState.ASKED, RecoveryState.HEARD, RecoveryState.PROPOSED)


class TaskKind(models.TextChoices):
    """What a task is."""

    VISIT = "visit", "入户调查"
    COMPARE = "compare", "信息核对"
    ERRAND = "errand", "取材料"
    HELP = "help", "帮办"
    FIRST = "first", "请先办"
    URGENT = "urgent", "急难处置"
    CALL_BACK = "call_back", "回访"
    RATING = "rating", "差评处理"
    CHECK = "check", "线索核查"
    DELIVER = "deliver", "送达结果"
    REVIEW = "review", "复核"
    DISPUTE = "dispute", "复议诉讼答复"
    RULING = "ruling", "按决定书、判决书办"
    REASSIGN = "reassign", "改派"


class Grade(models.IntegerChoices):
    """The five grades of an opinion (评价五档)."""

    VERY_GOOD = 5, "非常满意"
    GOOD = 4, "满意"
    FAIR = 3, "基本满意"
    BAD = 2, "不满意"
    VERY_BAD = 1, "非常不满意"


class PaperState(models.TextChoices):
    """How it stands with a paper."""

    PROVED = "proved", "数据已证明，不用交"
    BROUGHT = "brought", "已交"
    MISSING = "missing", "还缺"
    PROMISED = "promised", "容缺，已承诺补交"
    # The list of a policy names a certificate also for households in which nobody has one.
    NOT_NEEDED = "not_needed", "这一户用不着"


# 国办发〔2023〕39号 三（四）: the four ways of handling a warning.
class Way(models.TextChoices):
    """How a finding is handled (预警处置四分法)."""

    CARRY_OUT = "carry_out", "落实政策"
    PASS_ON = "pass_on", "分类推送"
    ONE_BY_ONE = "one_by_one", "一事一议"
    CHECK_OUT = "check_out", "核查退出"


class Lane(models.TextChoices):
    """The lanes of temporary aid in an emergency (practice 10); 支出型 goes the way of every application."""

    SMALL = "small", "小额快救"
    URGENT = "urgent", "急难型，先行救助"


class Cause(models.TextChoices):
    """What has happened (急难情形)."""

    ILLNESS = "illness", "突发急病"
    TRAFFIC = "traffic", "交通事故"
    FIRE = "fire", "火灾"
    DROWNING = "drowning", "溺水"
    INJURY = "injury", "人身伤害"
    STRANDED = "stranded", "丢失钱物、滞留在外"
    EDUCATION = "education", "教育支出"
    OTHER = "other", "其他急难"


class Forum(models.TextChoices):
    """Where a decision is contested outside the bureau (争议途径)."""

    REVIEW = "review", "行政复议"
    SUIT = "suit", "行政诉讼一审"
    APPEAL = "appeal", "行政诉讼二审"


class Procedure(models.TextChoices):
    """How it is heard there (审理程序)."""

    ORDINARY = "ordinary", "普通程序"
    SIMPLE = "simple", "简易程序"


class Outcome(models.TextChoices):
    """How it ended there (争议结果); what each rests on is in `disputes.ARTICLES`."""

    UPHELD = "upheld", "维持"
    DISMISSED = "dismissed", "驳回"
    QUASHED = "quashed", "撤销"
    REDO = "redo", "撤销并责令重作"
    ALTERED = "altered", "变更"
    PERFORM = "perform", "责令履行"
    UNLAWFUL = "unlawful", "确认违法或无效"
    MEDIATED = "mediated", "调解结案"
    WITHDRAWN = "withdrawn", "撤回、终止"
    NOT_TAKEN = "not_taken", "不予受理、不予立案"


class OnlineState(models.TextChoices):
    """Where an application filled in at home stands before it is a case."""

    DRAFT = "draft", "填写中"
    WAITING = "waiting", "身份待核验"
    TAKEN = "taken", "已转为办件"
    ENDED = "ended", "没有办下去"


class Proof(models.TextChoices):
    """How it is known that whoever applies from home is who they say."""

    NONE = "none", "身份待核验"
    INVITATION = "invitation", "申请码，发码时当面看过身份证"
    REAL_NAME = "real_name", "省统一身份认证"
    IN_PERSON = "in_person", "当面看过身份证"


class AuthorityMatter(models.TextChoices):
    """What somebody may do for another by an authority (委托事项)."""

    APPLY = "apply", "代为申请、填写情况"
    PAPERS = "papers", "代交、代取材料"
    ASK = "ask", "查询办理进度"
    RECEIVE = "receive", "代领文书和结果"
