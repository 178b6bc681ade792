"""The words that people read for the codes that are stored: outcomes, presence, checks, kinds of cases.

Chinese is the source; the English of each stands in ``verifier/locale/en/report.po``. A code without a word is shown as it is,
so that a newer night's answer is never hidden by an older page.
"""

from __future__ import annotations

from collections.abc import Mapping

from verifier.language import translate

OUTCOMES = {
    "failed": "不通过",
    "not_run": "未能检查",
    "unsure": "无法判断",
    "passed": "通过",
    "not_applicable": "不适用",
}
PRESENCE = {"present": "到课", "absent": "缺课", "unsure": "待定", "leave": "请假"}
# One character each, so that a grid of 60 sessions fits; the legend has the whole word.
PRESENCE_SHORT = {"present": "到", "absent": "缺", "unsure": "疑", "leave": "假"}
FACES = {
    "matched": "已匹配学员",
    "teacher": "教师",
    "stranger": "不在花名册",
    "unclear": "无法判断",
    "unreadable": "看不清",
}
STATES = {
    "proposed": "待处理",
    "needs_check": "待现场核查",
    "confirmed": "已确认",
    "dismissed": "已排除",
    "lapsed": "已失效",
}
CASES = {
    "impersonation": "疑似冒名顶替",
    "other_class_student": "他班学员在场",
    "two_places_at_once": "同一人同时在两处",
    "one_face_two_names": "一人两名",
    "teacher_replaced": "授课教师疑似更换",
    "seat_filler": "同一陌生人出现在多个班次",
    "signed_in_not_seen": "已签到但照片中未见",
    "photo_reuse": "照片疑似重复使用",
    "camera_dark": "监控画面异常",
}
# What one look at a camera gave (`camera_health.Condition`).
RECORDINGS = {
    "complete": "显示教学",
    "incomplete": "不能作为本课次录像",
    "missing": "未收到",
    "unsure": "无法判断",
    "not_run": "系统未核验",
}
CAMERAS = {
    "ok": "正常",
    "offline": "离线",
    "no_picture": "无画面",
    "frozen": "画面静止",
    "stale_snapshot": "旧快照",
    "looped": "重复播放",
    "test_card": "测试图或台标",
    "black": "黑屏",
    "covered": "镜头被遮挡",
    "overexposed": "过曝",
    "defocused": "失焦",
    "moved": "机位被移动",
    "wrong_room": "不是该教室",
    "wrong_clock": "时钟不准",
    "no_class": "教室无人",
    "doubtful": "无法判断",
    "not_run": "未能查看",
}
# Violations by what is stored; their article stands beside.
VIOLATIONS = {
    "unapproved_class": "未经备案开班",
    "hours_cut": "缩减课时",
    "three_impersonations_on_site": "多人冒名顶替",
    "attendance_below_80_percent": "到课率低于规定",
    "unapproved_change": "擅自变更",
    "textbooks_or_stations_missing": "教材或工位不足",
    "sign_in_for_show": "签到流于形式",
    "reports_missing_7_hours": "监控或照片反馈缺失",
    "inspection_refused": "拒绝检查",
    "materials_late_after_urging": "材料迟交",
    "exam_impersonation": "考试替考",
    "half_of_sample_false": "抽查半数不实",
    "two_warnings_of_one_class": "同班两次警告",
    "five_warnings_in_a_year": "一年五次警告",
}
REVIEW_STATES = {
    "open": "全部未了结",
    "new": "待处理",
    "awaiting_second": "等第二人确认",
    "on_site": "待现场核查",
    "confirmed": "已确认",
    "dismissed": "已排除",
}
REVIEW_ORDERS = {"urgency": "紧急的在前", "oldest": "最早的在前", "class": "按班次"}
# The office's duties towards a class (Art. 9 to 11), how each stands, and what is planned for it.
DUTIES = {"on_site_once": "现场监管", "off_site_twice": "非现场监管", "follow_up_20_percent": "回访"}
DUTY_STATES = {"not_yet": "未到时间", "due": "待办", "overdue": "逾期", "done": "已完成"}
PLANS = {"on_site": "现场监管", "off_site": "非现场监管", "follow_up": "回访"}
PLAN_STATES = {"planned": "已安排", "overdue": "已过安排之日", "done": "已完成", "cancelled": "已取消"}
CONDITIONS = {"fulfilled": "符合", "not_fulfilled": "不符合", "open": "尚待确定"}
COMPARED = {
    "rate": "到课率（确认到课）",
    "rate_high": "到课率（待定的都算到课）",
    "below": "肯定低于规定到课率的课次所占比例",
    "failed": "照片检查不通过所占比例",
    "notices": "有效书面警告次数",
}
QUALIFICATIONS = {"held": "有资格", "revoked": "已取消资格"}
NOTICE_STATES = {"issued": "有效", "voided": "已作废"}
ROLES = {"inspector": "监管人员", "chief": "负责人", "auditor": "审计", "agency": "培训机构", "admin": "系统管理员"}
ACCOUNT_STATES = {"open": "可用", "disabled": "已停用", "locked": "暂时锁定", "no_password": "未设密码"}
KEY_STATES = {"valid": "可用", "expired": "已到期", "revoked": "已吊销"}
JOB_STATES = {"queued": "排队", "running": "正在进行", "done": "已完成", "failed": "失败", "cancelled": "已取消"}
SCOPE_WORDS = {"read": "读取", "evidence": "报送证据", "filing": "备案", "decisions": "办理决定", "admin": "管理"}
PACK_STATES = {"ready": "可用", "missing": "缺少文件", "wrong_hash": "文件不符"}
PORTRAITS = {
    "accepted": "已采用",
    "waiting": "待核验",
    "no_face": "没有人脸",
    "several_faces": "多张人脸",
    "too_small": "人脸太小",
    "turned_away": "没有正对镜头",
    "blurred": "看不清楚",
    "same_face_as": "与他人同脸",
}
PERSONS = {"student": "学员", "teacher": "教师"}
APPEALS = {"notice": "整改通知书", "violation": "违规", "case": "案件"}
SANCTIONS = {
    "subsidy_refused": "不予补贴",
    "subsidy_reclaimed": "追回补贴",
    "qualification_revoked": "取消培训资格",
    "referral": "移送有关部门",
}
SANCTION_STATES = {
    "proposed": "待处理",
    "awaiting_second": "等第二人确认",
    "issued": "已作出",
    "dismissed": "已排除",
    "withdrawn": "已撤回",
    "lapsed": "已失效",
}
DECISIONS = {"confirm": "确认属实", "dismiss": "排除", "needs_check": "转现场核查", "withdraw": "撤回决定"}
# Below a column of a chart, where the whole word does not fit.
PERIODS_SHORT = {"morning": "早", "afternoon": "午", "evening": "晚"}
UNREADABLE = {
    "too_small": "太小",
    "blurred": "模糊",
    "turned_away": "侧脸或背对",
    "occluded": "被遮挡",
    "low_score": "检出分数低",
    "cut_off": "被画面切断",
}
PERIODS = {"morning": "上午", "afternoon": "下午", "evening": "晚上"}
# As stamps print them and the answer gives them.
WEEKDAYS = {day: day for day in ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")}
VIEWS = {"front": "前方", "back": "后方"}
SESSION_SOURCES = {
    "declared": "上传时申报",
    "name": "文件名",
    "stamp": "按水印时间推定",
    "camera": "按相机时间推定",
    "unknown": "未知",
}
CHECKS = {
    "photo.decodes": "能否打开",
    "photo.stamp_present": "有无水印",
    "photo.stamp_time": "水印时间",
    "photo.stamp_weekday": "水印星期",
    "photo.stamp_code": "水印防伪码",
    "photo.stamp_place": "水印地点",
    "photo.camera_time": "相机时间",
    "photo.clock_agreement": "时间是否一致",
    "photo.camera_place": "相机定位",
    "photo.place_agreement": "地点是否一致",
    "photo.view": "拍摄方向",
    "photo.pair": "前后成对",
    "photo.quality": "清晰度",
    "photo.reuse": "重复使用",
    "photo.edited": "修改痕迹",
    "photo.recaptured": "翻拍",
    "photo.stamp_pasted": "水印是否后贴",
    "photo.provenance": "来源",
    "photo.room": "教室场景",
    "photo.people": "人数",
    "photo.teacher": "授课教师",
    "photo.roster": "与花名册比对",
    "stream.reachable": "监控可连接",
    "stream.live": "监控为实时画面",
    "stream.clock": "监控时钟",
    "stream.picture": "监控画面",
    "stream.moved": "机位是否移动",
    "stream.room": "监控教室场景",
    "stream.people": "监控人数",
    "stream.roster": "监控与花名册比对",
    "stream.recorded": "录像的时间和地点",
    "session.reports": "照片反馈",
    "session.signins": "签到",
    "session.attendance": "到课率",
}
# Shapes as well as colours: one reader in twelve men cannot tell red from green.
SYMBOLS = {
    "failed": "✗",
    "not_run": "!",
    "unsure": "?",
    "passed": "✓",
    "not_applicable": "–",
    "present": "✓",
    "absent": "✗",
    "leave": "◇",
    "proposed": "●",
    "needs_check": "◐",
    "confirmed": "✗",
    "dismissed": "✓",
    "lapsed": "–",
    "issued": "●",
    "voided": "–",
    "matched": "✓",
    "teacher": "◆",
    "stranger": "✗",
    "unclear": "?",
    "unreadable": "–",
}
TABLES: Mapping[str, Mapping[str, str]] = {
    "outcome": OUTCOMES,
    "presence": PRESENCE,
    "presence_short": PRESENCE_SHORT,
    "face": FACES,
    "state": STATES,
    "case": CASES,
    "matter": {**CASES, **VIOLATIONS},
    "review_state": REVIEW_STATES,
    "review_order": REVIEW_ORDERS,
    "decision": DECISIONS,
    "notice_state": NOTICE_STATES,
    "role": ROLES,
    "account_state": ACCOUNT_STATES,
    "key_state": KEY_STATES,
    "job_state": JOB_STATES,
    "scope": SCOPE_WORDS,
    "pack_state": PACK_STATES,
    "portrait": PORTRAITS,
    "person": PERSONS,
    "appeal": APPEALS,
    "sanction": SANCTIONS,
    "sanction_state": SANCTION_STATES,
    "period": PERIODS,
    "period_short": PERIODS_SHORT,
    "unreadable": UNREADABLE,
    "view": VIEWS,
    "weekday": WEEKDAYS,
    "session_source": SESSION_SOURCES,
    # What a rule found about a class is named like the violation it may become.
    "check": {**CHECKS, **{f"rule.{code}": word for code, word in VIOLATIONS.items()}},
    "camera": CAMERAS,
    "recording": RECORDINGS,
    "qualification": QUALIFICATIONS,
    "duty": DUTIES,
    "duty_state": DUTY_STATES,
    "plan": PLANS,
    "plan_state": PLAN_STATES,
    "condition": CONDITIONS,
    "compared": COMPARED,
}


def name_code(code: str | None, table: str, language: str | None = None) -> str:
    """The word for a stored code, from one of TABLES; the code itself where there is no word, a dash where there is no code."""
    if not code:
        return "–"
    word = TABLES[table].get(code)
    return label(word, language) if word else str(code)


def label(text: str, language: str | None = None) -> str:
    """A word or sentence that stands alone, translated. Other rooms use the same words inside sentences, in small letters."""
    translated = translate(text, language)
    return translated[:1].upper() + translated[1:]
