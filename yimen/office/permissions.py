"""What each post may do (岗位权限): one table to read, nothing elsewhere."""

PERMISSION_WORDS = {
    "desk.county": "看全县工作台",
    "desk.village": "看本村一览",
    "person.search": "查人",
    "person.see": "看人员和家庭",
    "person.unmask": "看完整证件号码",
    "help.ask": "在窗口问“能得到什么帮助”",
    "finding.see": "看线索",
    "finding.close": "关闭线索并写明理由",
    "finding.export": "导出线索",
    "roster.load": "装载名册",
    "facts.load": "装载部门数据",
    "recipients.load": "装载待遇名单",
    "screening.run": "运行筛查",
    "household.register": "在窗口登记家庭",
    "case.see": "看办件",
    "case.export": "导出办件",
    "case.open": "登记申请、填写办件",
    "case.accept": "受理、一次性告知、不予受理",
    "case.verify": "调查核实、核对、认定事实",
    "visit.make": "入户调查、邻里访问、签字",
    "agent.act": "帮办代办：只看委托了自己的、自己受理的户",
    "visit.third_party": "以第三方身份核查派给自己的户",
    "case.extend": "延长办理期限",
    "case.reassign": "改派首派责任人",
    "case.deliver": "送达结果",
    "rating.ask": "请办事的人现场评价",
    "rating.see": "看各服务点的评价",
    "decision.propose": "初审、公示",
    "board.photograph": "给公示、公布的表拍照上传",
    "decision.confirm": "审核确认",
    "decision.department": "办理本部门的决定",
    "file.keep": "管理一户一档：借阅、归还、移交",
    "dispute.see": "看行政复议和行政诉讼",
    "dispute.handle": "登记、应对行政复议和行政诉讼",
    "complaint.see_name": "看举报人",
    "reserve.spend": "使用乡镇备用金",
    "reserve.fund": "拨付、核对乡镇备用金",
    "hall.ticket": "取号、导办、重排",
    "hall.call": "在窗口叫号",
    "hall.manage": "设置大厅、窗口和叫号规则",
    "hall.watch": "看大厅的一天、日报和各场所的统计",
    "hall.receive": "导办：认出来人、看他在办的事、派协办员",
    "hall.accompany": "全程协办：只看派给自己、还没办完的人",
    "hall.team": "管理协办员：能力、培训、台账、问卷",
    "card.issue": "发放、补发、注销优先服务卡",
    "rules.see": "看政策",
    "rules.activate": "启用政策版本",
    "audit.see": "看审计",
    "staff.manage": "管理人员和岗位",
    "calendar.manage": "录入放假安排",
    "system.see": "看系统状态",
}

_VISIT = {"visit.make"}
_WINDOW = {
    "rating.ask",
    "household.register",
    "person.search",
    "person.see",
    "help.ask",
    "rules.see",
    "finding.see",
    "case.see",
    "case.open",
}
_TOWN = _VISIT | {
    "hall.ticket",
    "hall.call",
    "hall.receive",
    "card.issue",
    "board.photograph",
    "case.export",
    "case.accept",
    "case.verify",
    "case.extend",
    "case.deliver",
    "decision.propose",
    "reserve.spend",
    "file.keep",
}

PERMISSIONS: dict[str, frozenset[str]] = {
    "county_clerk": frozenset(
        _WINDOW
        | {"hall.ticket", "hall.call", "hall.receive", "hall.team", "card.issue"}
        | {"desk.county", "person.unmask", "finding.close", "finding.export", "roster.load", "facts.load", "recipients.load"}
        | {"screening.run"}
        | {"case.accept", "case.verify", "case.extend", "case.reassign", "case.deliver", "decision.propose", "complaint.see_name"}
        | {"reserve.fund", "case.export", "board.photograph", "rating.see"}
        | {"dispute.see", "dispute.handle", "file.keep"}
        | _VISIT
    ),
    "county_leader": frozenset(
        {"desk.county", "finding.see", "finding.export", "rules.see", "person.search", "person.see", "case.see", "case.reassign"}
        | {"case.export", "dispute.see", "rating.see", "hall.watch"}
    ),
    "approver": frozenset(
        _WINDOW
        | _VISIT
        | {"desk.county", "person.unmask", "finding.close", "case.verify", "case.extend", "decision.confirm"}
        | {"dispute.see", "dispute.handle"}
    ),
    "town_clerk": frozenset(_WINDOW | _TOWN | {"desk.county", "person.unmask", "finding.close", "finding.export"}),
    "town_approver": frozenset(
        _WINDOW
        | _TOWN
        | {"desk.county", "person.unmask", "finding.close", "case.reassign", "decision.confirm"}
        | {"dispute.see", "dispute.handle", "rating.see"}
    ),
    "village_cadre": frozenset(
        {"desk.village", "person.search", "person.see", "help.ask", "finding.see", "rules.see", "case.see", "case.open"}
        | {"case.deliver", "household.register", "board.photograph", "rating.ask"}
        | _VISIT
    ),
    # Bought verification (社会救助法第55、56条): only the households of its own open tasks, only the facts it must verify.
    "third_party": frozenset({"visit.make", "visit.third_party"}),
    # Who helps others apply (帮办代办员): sees who authorised them or whose application they brought in; decides nothing.
    "helping_agent": frozenset({"agent.act", "rules.see"}),
    # In the hall: recognises who comes and sends somebody along; sees of a household only what the person before them is about.
    "receptionist": frozenset({"hall.ticket", "hall.receive", "person.search", "rules.see"}),
    # Who stays at somebody's side (协办员): sees only whom they accompany, until that ends; decides nothing.
    "co_organizer": frozenset({"hall.accompany", "rating.ask", "rules.see"}),
    # Whom another department sends to a window of the hall: calls, is rated, sees no household.
    "hall_clerk": frozenset({"hall.ticket", "hall.call", "rating.ask", "rules.see"}),
    # Who answers for the halls (大厅主任): sets them up and sees how they go; sees no household.
    "hall_manager": frozenset({"hall.manage", "hall.watch", "hall.ticket", "hall.team", "rating.see", "rules.see"}),
    # A program, never a person: it sends applications and reads where they stand.
    "portal": frozenset({"case.open", "case.see", "person.see"}),
    "department_desk": frozenset(
        {"facts.load", "recipients.load", "rules.see", "case.see", "decision.department", "dispute.see", "dispute.handle"}
    ),
    "rules_officer": frozenset({"rules.see", "rules.activate", "screening.run", "calendar.manage"}),
    # The three administrators of 等保 are exclusive: none of them sees a person.
    "system_admin": frozenset({"calendar.manage", "system.see"}),
    "security_admin": frozenset({"staff.manage"}),
    "audit_admin": frozenset({"audit.see"}),
}

EXCLUSIVE = frozenset({"system_admin", "security_admin", "audit_admin"})

POST_WORDS = {
    "county_clerk": "县民政经办",
    "county_leader": "县民政分管领导",
    "approver": "县级审核确认",
    "town_clerk": "乡镇窗口经办",
    "town_approver": "乡镇审核",
    "village_cadre": "村级社会救助协理员",
    "third_party": "第三方核查",
    "helping_agent": "帮办代办员",
    "receptionist": "导办员",
    "co_organizer": "协办员",
    "hall_clerk": "大厅窗口",
    "hall_manager": "大厅主任",
    "portal": "省平台接入程序",
    "department_desk": "部门经办",
    "rules_officer": "政策管理员",
    "system_admin": "系统管理员",
    "security_admin": "安全管理员",
    "audit_admin": "审计管理员",
}
