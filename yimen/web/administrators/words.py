"""What the entries of the audit are called (审计用语), for whoever reads them."""

from yimen.cases.queries import step_words

WORDS = {
    "read": "查看",
    "export": "导出",
    "refused": "被拒绝",
    "login": "登录",
    "login.locked": "登录被锁",
    "password.change": "改密码",
    "staff.add": "新增人员",
    "staff.deactivate": "停用人员",
    "staff.readmit": "恢复人员",
    "staff.reset_password": "重置密码",
    "staff.reset_totp": "重置动态口令",
    "post.give": "任岗",
    "post.end": "免岗",
    "client.add": "新增接入程序",
    "client.renew": "换令牌",
    "client.revoke": "停用接入程序",
    "client.wrong_token": "令牌不对",
    "calendar.enter": "录入放假安排",
    "case.recompute_dues": "重算期限",
    "charity.record": "登记慈善款物",
    "draw": "随机抽查",
    "facts.load": "装载部门数据",
    "facts.state": "记录事实",
    "finding.close": "关闭线索",
    "finding.hand_on": "转办线索",
    "finding.reopen": "重开线索",
    "grant.make": "给付",
    "grant.end": "停发",
    "household.register": "登记家庭",
    "keys.reseal": "重新加密",
    "keys.retire": "停用旧密钥",
    "keys.rotate": "换密钥",
    "obligors.load": "装载法定义务人",
    "paper.archive": "文书归档",
    "portal.load": "装载省平台申请",
    "recipients.load": "装载待遇名单",
    "roster.load": "装载名册",
    "rules.release": "启用政策版本",
    "screening.run": "筛查",
    "screening.start": "启动筛查",
    "standing.decide": "认定对象",
    "standing.end": "取消认定",
    "board.photograph": "公布栏拍照",
    "task.end": "任务办结",
    "report.record": "登记报告",
    "complaint.record": "登记举报",
    "report.answer": "答复报告人",
    "report.end": "报告办结",
    "reserve.receipt": "备用金收据",
    "venue.set": "设置大厅",
    "window.set": "代窗口开、停、关",
}
ROOMS = {"case": "办件", "reserve": "备用金", "finding": "线索", "report": "报告", "staff": "人员", "keys": "密钥"}


def words_of_action(action: str) -> str:
    """Return what an entry is called; a new one that has no words yet by its room."""
    room, _, step = action.partition(".")
    if action in WORDS:
        return WORDS[action]
    return step_words(step) if room == "case" and step_words(step) else ROOMS.get(room, "其他")


def purpose_in_words(purpose: str) -> str:
    """Return a purpose somebody wrote; an address of a page is none."""
    return "" if purpose.startswith("/") or purpose.isascii() else purpose
