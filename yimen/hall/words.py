"""The words of the hall (大厅用语): what something may be, with the Chinese that stands on pages and papers."""

from django.db.models import TextChoices


class Level(TextChoices):
    """Of which level a venue is (三级场所)."""

    COUNTY = "county", "县级大厅"
    TOWNSHIP = "township", "乡镇便民服务中心"
    VILLAGE = "village", "村级便民服务站"


class SeriesKind(TextChoices):
    """Whom a series of numbers is for (号段)."""

    ORDINARY = "ordinary", "普通号"
    PRIORITY = "priority", "优先号"
    APPOINTMENT = "appointment", "预约号"


class Source(TextChoices):
    """Where a ticket was taken (取号途径)."""

    KIOSK = "kiosk", "取号机"
    DESK = "desk", "导办台"
    PHONE = "phone", "手机"
    APPOINTMENT = "appointment", "预约"


class Ground(TextChoices):
    """
    Why somebody has priority (优先理由); it is written down with who recognised it, and never shown in the hall.

    `LISTED` is all that a card or a leased roster tells: on the list, not why.
    """

    ASSISTED = "assisted", "救助对象"
    OLD = "old", "老年人"
    DISABLED = "disabled", "残疾人"
    PREGNANT = "pregnant", "孕妇"
    VETERAN = "veteran", "退役军人"
    LISTED = "listed", "在优先名单上"
    OTHER = "other", "其他需要优先的"


class Method(TextChoices):
    """How somebody was recognised (识别方式)."""

    DATA = "data", "身份证比对名册"
    LEASE = "lease", "离线名册"
    CARD = "card", "优先服务卡"
    PERSON = "person", "人工识别"
    STATED = "stated", "本人声明"


class CardState(TextChoices):
    """Whether a priority-service card is valid (卡的状态)."""

    LIVE = "live", "有效"
    REPLACED = "replaced", "已补发新卡"
    REVOKED = "revoked", "已注销"


class State(TextChoices):
    """Where a ticket stands (号的状态)."""

    WAITING = "waiting", "等候"
    CALLED = "called", "已叫号"
    SERVING = "serving", "办理中"
    HELD = "held", "挂起"
    BACK_OFFICE = "back_office", "转后台"
    MISSED = "missed", "过号"
    DONE = "done", "办结"
    LEFT = "left", "离开"


AT_A_WINDOW = (State.CALLED, State.SERVING)
OVER = (State.DONE, State.LEFT)
# Whose service at a window has ended, for good or for now.
SERVED = (State.DONE, State.BACK_OFFICE, State.HELD)


class WindowState(TextChoices):
    """Whether a window calls (窗口状态)."""

    OPEN = "open", "开放"
    PAUSED = "paused", "暂停"
    CLOSED = "closed", "关闭"


class RequestState(TextChoices):
    """Where one matter of a attendance stands (事项状态)."""

    OPEN = "open", "待办"
    DONE = "done", "已办"
    LATER = "later", "改日办"


class Language(TextChoices):
    """What a co-organizer speaks beside Mandarin (语言)."""

    DIALECT = "dialect", "本地话"
    SIGN = "sign", "手语"
    MINORITY = "minority", "少数民族语言"
    ENGLISH = "english", "英语"


class Help(TextChoices):
    """One thing done for somebody who is accompanied (协办经过); the work ledger counts these."""

    LED = "led", "带到窗口"
    FORM = "form", "一起填表"
    SHEET = "sheet", "交给政策单"
    FIRST = "first", "请后台先办"
    PROGRESS = "progress", "告知进度"
    RESULT = "result", "告知结果"
    RATING = "rating", "请他评价"


class Result(TextChoices):
    """How an accompaniment ended (协办结果)."""

    DONE = "done", "办完"
    HANDED_OVER = "handed_over", "移交"
    RETURNED = "returned", "退回导办台"
    LEFT = "left", "本人不用陪了"


class Fetcher(TextChoices):
    """Who fetches a missing paper (谁去取)."""

    SELF = "self", "本人补交"
    FAMILY = "family", "家人送来"
    STAFF = "staff", "我们去取"


class DeviceKind(TextChoices):
    """What a machine of a hall is (设备)."""

    KIOSK = "kiosk", "取号机"
    WINDOW = "window", "窗口呼叫器"
    SCREEN = "screen", "大屏"
    PAD = "pad", "评价平板"
    READER = "reader", "读卡器"
    NODE = "node", "单机"


class PrinterState(TextChoices):
    """Whether a machine can print tickets (出票)."""

    FINE = "", "能打印"
    PAPER = "paper", "没有纸"
    OFF = "off", "打印机没有响应"


class Mismatch(TextChoices):
    """How what a venue told does not agree with the centre (对不上在哪里)."""

    UNKNOWN = "unknown", "中心没有这个窗口、号段或这一条"
    CLASH = "clash", "和中心的记录撞上了"
    BOTH = "both", "两边都改过"
    PAST = "past", "不是这台机器发号的日子"
    BROKEN = "broken", "内容读不懂"
    STRANGER = "stranger", "中心没有这个账号"
    STAFF = "staff", "办的人当时已经不在岗"
    CARD = "card", "用的卡当时已经作废"
    LISTED = "listed", "当时已经不在优先名单上"
    FORKED = "forked", "同一个序号送来两样内容"


class Settling(TextChoices):
    """How a person settled it (怎么定的)."""

    AGAIN = "again", "中心这边改好了，再记一次"
    VENUE = "venue", "照场所的，中心改的留在经过里"
    RECORD = "record", "照中心的，场所的只留在记录里"
    NOTED = "noted", "核过了，不用改"
