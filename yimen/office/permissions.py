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
    "rules.see": "看政策",
    "rules.activate": "启用政策版本",
    "audit.see": "看审计",
    "staff.manage": "管理人员和岗位",
    "calendar.manage": "录入放假安排",
}

_WINDOW = {"person.search", "person.see", "help.ask", "rules.see", "finding.see"}

PERMISSIONS: dict[str, frozenset[str]] = {
    "county_clerk": frozenset(
        _WINDOW
        | {"desk.county", "person.unmask", "finding.close", "finding.export", "roster.load", "facts.load", "recipients.load"}
        | {"screening.run"}
    ),
    "county_leader": frozenset({"desk.county", "finding.see", "finding.export", "rules.see", "person.search", "person.see"}),
    "approver": frozenset(_WINDOW | {"desk.county", "person.unmask", "finding.close"}),
    "town_clerk": frozenset(_WINDOW | {"desk.county", "person.unmask", "finding.close", "finding.export"}),
    "town_approver": frozenset(_WINDOW | {"desk.county", "person.unmask", "finding.close"}),
    "village_cadre": frozenset({"desk.village", "person.search", "person.see", "help.ask", "finding.see", "rules.see"}),
    "department_desk": frozenset({"facts.load", "recipients.load", "rules.see"}),
    "rules_officer": frozenset({"rules.see", "rules.activate", "screening.run", "calendar.manage"}),
    # The three administrators of 等保 are exclusive: none of them sees a person.
    "system_admin": frozenset({"calendar.manage"}),
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
    "department_desk": "部门经办",
    "rules_officer": "政策管理员",
    "system_admin": "系统管理员",
    "security_admin": "安全管理员",
    "audit_admin": "审计管理员",
}
