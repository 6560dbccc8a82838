"""The reasons of exclusions in Chinese, one sentence each."""

# ruff: noqa: RUF001 - Chinese sentences have the signs of Chinese.

from collections.abc import Mapping
from types import MappingProxyType

from rulecast.values.reason import Reason

CHINESE: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.NO_CONSENT: "没有针对该规则用途的同意记录。",
        Reason.UNPROVEN_CONSENT: "同意缺少用途、日期、方式或措辞，且无人为其签字。",
        Reason.CONSENT_WITHDRAWN: "针对该用途的最新记录为拒绝或撤回同意。",
        Reason.SUPPRESSED: "号码或标识在禁发名单上。",
        Reason.OPTED_OUT: "联系人要求停止发送。",
        Reason.OBJECTS_TO_PROFILING: "联系人反对画像，而规则读取其行为。",
        Reason.UNDER_AGE: "联系人未达到所在国家允许营销的年龄。",
        Reason.RESTRICTED: "联系人的数据处理受限，或正在被删除。",
        Reason.UNREACHABLE: "没有 WhatsApp 可送达的号码或标识。",
        Reason.MISSING_TRANSLATION: "模板既没有联系人的语言，也没有后备语言。",
        Reason.MISSING_PARAMETER: "某个参数对此人既没有可用的值，也没有默认值。",
        Reason.NO_LONGER_MATCHES: "联系人不再符合规则的条件。",
        Reason.LOST_TO_RULE: "优先级更高的另一条规则在同一决策窗口内联系此人。",
        Reason.HOLDOUT: "联系人被留作对照，以便衡量效果。",
        Reason.LIMIT: "该规则对每个人的上限已用完。",
        Reason.CAPPED: "工作区对每个人的消息上限已用完。",
        Reason.QUIET_HOURS: "联系人所在地正处于免打扰时间。",
        Reason.OUTSIDE_WINDOW: "在联系人所在地，规则的发送时段已关闭。",
        Reason.BUDGET: "本次运行或本月的预算已用完。",
        Reason.STOPPED: "全部、该规则或该号码的停止指令正在生效。",
        Reason.NUMBER_HELD: "商业号码被暂停或未知。",
        Reason.TEMPLATE_UNUSABLE: "模板未获批准、已暂停，或没有退订方式。",
        Reason.TEMPLATE_CHANGED: "模板与随计划批准的内容不同。",
        Reason.PORTFOLIO_LIMIT: "业务组合在 24 小时内的人数上限已用完。",
        Reason.PLAN_EXPIRED: "计划已超过批准的有效期。",
        Reason.LEASE_LOST: "另一个发送进程现已占有该商业号码。",
        Reason.FACTS_UNKNOWN: "关口所需的某个事实无法读取，因此不发送。",
        Reason.CONSENT_EXPIRED: "同意已超过工作区允许的期限，或其措辞已被撤回。",
        Reason.RULE_ARCHIVED: "该规则版本已归档，或被另一版本取代。",
        Reason.PUBLIC_HOLIDAY: "联系人所在地是公共假日或无从得知，而规则在假日休息。",
        Reason.WORKSPACE_LIMIT: "所有规则合计发给此人的消息已达规则允许的数量。",
        Reason.NOT_VALID: "当天不在规则的有效日期之内。",
        Reason.ACCOUNT_HELD: "Meta 限制了账户、号码或联系人所在国家；详见事件记录。",
        Reason.WINDOW_CLOSED: "联系人在过去 24 小时内未给该号码写信，因此只能发送模板。",
        Reason.UNDELIVERABLE: "30 天内有三条消息无法送达；在联系人来信之前不再发送。",
        Reason.MARKETING_RESTS: "Meta 最近没有向此人送达营销消息，因此暂停一段时间。",
        Reason.NOT_DELIVERED_THERE: "Meta 不向该国家的号码送达营销模板。",
        Reason.TEMPLATE_RAMP: "模板是新的或曾被暂停；消息分批递增发送，每批相隔一小时。",
        Reason.FILE_NOT_UPLOADED: "消息的文件尚未能上传；稍后重试。",
        Reason.FILE_MISSING: "消息的文件已损坏，或未保存在发送的机器上。",
        Reason.FILE_TOO_LARGE: "消息的文件超过 WhatsApp 允许的大小。",
        Reason.FILE_REFUSED: "WhatsApp 不接受消息的文件：类型或内容有误。",
        Reason.ALREADY_IN_RUN: "在同一决策窗口内，此人已在该规则较早的一次运行中。",
        Reason.WARM_UP: "号码较新；起初每天只联系少数人，情况良好时逐步增加。",
        Reason.COUPON_POOL_LOW: "券池已无可发的优惠券：请导入更多，或降低保留数量。",
        Reason.COUPON_SPENT: "此人已有该规则的优惠券，但已兑换、即将到期或来自另一券池。",
    }
)
