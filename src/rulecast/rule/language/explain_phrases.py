"""The sentences that explain clauses, in English and Chinese; both name the same values."""

# ruff: noqa: RUF001 - Chinese sentences have the signs of Chinese.
PHRASES: dict[str, tuple[str, str]] = {
    "header": (
        (
            "Rule {name}, version {version}, serves the purpose {purpose} with priority {number} in the band "
            "{band}.{about}"
        ),
        "规则 {name}（版本 {version}）的用途是{purpose}，在“{band}”一级中的优先级为 {number}。{about}",
    ),
    "score": (
        "Among rules of equal priority the one whose {score} is higher for the person wins.",
        "优先级相同时，由联系人的 {score} 较高者胜出。",
    ),
    "valid": (
        "It holds from {start} until {end}, both days included.",
        "有效期从 {start} 到 {end}，首尾两天都包括在内。",
    ),
    "valid from": ("It holds from {start} on.", "从 {start} 起有效。"),
    "valid until": ("It holds until {end}, that day included.", "有效至 {end}，包括当天。"),
    "on event": ("It begins when a person has {event}{delay}.", "当联系人发生{event}时{delay}触发。"),
    "delay": (", {duration} later", "，再等 {duration} 后"),
    "older": (
        "Events that arrive more than {duration} late begin nothing; imported events do where their import says so.",
        "到达时已超过 {duration} 的事件不触发；导入的事件仅在导入时指明的情况下触发。",
    ),
    "on entering": (
        "It begins when a person comes to belong to its audience, also by the passing of time.",
        "当联系人进入人群时触发，包括仅因时间推移而进入的情况。",
    ),
    "decide": (
        "It waits {seconds} seconds for other rules that want the same person.",
        "等待 {seconds} 秒，与争取同一联系人的其他规则一起决定。",
    ),
    "all of": ("It is for people for whom all of this is true:", "适用于同时满足以下全部条件的联系人："),
    "condition": (
        "It is for people for whom this is true: {condition}.",
        "适用于满足以下条件的联系人：{condition}。",
    ),
    "send": (
        "They get the template {template} from {number}, {language}.",
        "他们将从 {number} 收到模板 {template}，{language}。",
    ),
    "variant send": (
        "Those of the variant {variant} get the template {template} from {number} instead, {language}.",
        "变体 {variant} 的联系人改为从 {number} 收到模板 {template}，{language}。",
    ),
    "follow-up": (
        (
            "{after} after the message before, those of whom it is true that {outcomes} get the template {template} "
            "from {number}, {language}. A reply, a success or an opt-out ends the steps."
        ),
        (
            "上一条消息之后 {after}，{outcomes}的联系人将从 {number} 收到模板 {template}，{language}。"
            "回复、成功或退订都会结束后续步骤。"
        ),
    ),
    "outcome delivered": ("it was delivered", "消息已送达"),
    "outcome read": ("they read it", "已读消息"),
    "outcome clicked": ("they clicked", "已点击链接"),
    "outcome replied": ("they replied", "已回复"),
    "outcome succeeded": ("the success happened", "已达成成功事件"),
    "outcome not delivered": ("it was not delivered", "消息未送达"),
    "outcome not read": ("they did not read it", "未读消息"),
    "outcome not clicked": ("they did not click", "未点击链接"),
    "outcome not replied": ("they did not reply", "未回复"),
    "outcome not succeeded": ("the success did not happen", "未达成成功事件"),
    "language fixed": ("in {fallback}", "使用语言 {fallback}"),
    "language or none": (
        "in their language if it is {languages}; others get nothing",
        "按其语言发送（{languages}）；其他语言的联系人不发送",
    ),
    "language or": (
        "in their language if it is {languages}, otherwise in {fallback}",
        "按其语言发送（{languages}），其他语言使用 {fallback}",
    ),
    "coupon": ("- {name} is a coupon from {pool}", "- {name} 为 {pool} 中的优惠券"),
    "text": ("- {name} is the text {text}", "- {name} 为文本 {text}"),
    "attribute": (
        "- {name} is their {attribute}; who has none gets nothing",
        "- {name} 为其 {attribute}；缺失者不发送",
    ),
    "attribute or": (
        "- {name} is their {attribute}, or {text} where it is missing",
        "- {name} 为其 {attribute}，缺失时用 {text}",
    ),
    "link": ("- the button {name} leads to {url}", "- 按钮 {name} 指向 {url}"),
    "media": ("- the message shows the file {name}", "- 消息附带文件 {name}"),
    "media of template": ("- the message shows the file of its template", "- 消息附带其模板的文件"),
    "media lighter": ("- {cause} it is a lighter one", "- {cause}附带较轻的版本"),
    "media lightest": ("- {cause} it is the lightest one", "- {cause}附带最轻的版本"),
    "media none": (
        "- {cause} there is none, and the template is {fallback}",
        "- {cause}不附带文件，改用模板 {fallback}",
    ),
    "cause slow network": ("on a slow network", "网络慢时"),
    "cause very slow network": ("on a very slow network", "网络极慢时"),
    "cause old system": ("on an old system", "系统旧时"),
    "moment accepted": ("When a message is accepted", "消息被接受时"),
    "moment delivered": ("When a message is delivered", "消息送达时"),
    "moment clicked": ("When a link is clicked", "链接被点击时"),
    "moment replied": ("When the person replies", "联系人回复时"),
    "tag add": ("{moment}, the person gets the tag {tag}.", "{moment}，为联系人添加标签 {tag}。"),
    "tag remove": ("{moment}, the person loses the tag {tag}.", "{moment}，移除联系人的标签 {tag}。"),
    "set": ("{moment}, {attribute} is set to {value}.", "{moment}，将 {attribute} 设为 {value}。"),
    "set now": ("{moment}, {attribute} is set to that instant.", "{moment}，将 {attribute} 设为当时的时间。"),
    "assign": (
        "{moment}, the conversation goes to the team {team}.",
        "{moment}，会话分配给团队 {team}。",
    ),
    "notify": ("{moment}, {recipient} is told.", "{moment}，通知 {recipient}。"),
    "reply": (
        "{moment}, they are answered {said}{purpose}, if they wrote within the last 24 hours.",
        "{moment}，若对方在最近 24 小时内来信，则回复{said}{purpose}。",
    ),
    "reply in": ("in {language} {text}", "{language} 为 {text}"),
    "reply media": (" with the file {name}", "，附文件 {name}"),
    "reply file": ("with the file {name}", "文件 {name}"),
    "reply place": ("with the place {point}{names}", "位置 {point}{names}"),
    "reply buttons": (" with the buttons {titles}", "，附按钮 {titles}"),
    "reply list": (" with the list {button} of {rows}", "，附列表 {button}：{rows}"),
    "reply link": (" with the button {title} that opens {url}", "，附按钮 {title}，打开 {url}"),
    "reply else": ("in {language} for everybody else", "其他语言用 {language}"),
    "reply skip": ("and nobody else is", "其他语言不回复"),
    "reply purpose": (" for the purpose {purpose}", "，用途为 {purpose}"),
    "no window": (
        "Messages go out from the launch on, at any hour that quiet hours allow.",
        "消息自启动起发送，任何不在静默时段的时间均可。",
    ),
    "no window triggered": (
        "Messages go out at once, at any hour that quiet hours allow.",
        "消息即时发送，任何不在静默时段的时间均可。",
    ),
    "once": (
        "Messages go out on {days} from {start} until before {end}, local time of the person. {leftover}",
        "消息在{days} {start} 至 {end} 之前（联系人当地时间）发送。{leftover}",
    ),
    "every": (
        (
            "It runs by itself: messages go out on {days} from {start} until before {end}, local time of the person. "
            "{leftover}"
        ),
        "规则自动运行：消息在{days} {start} 至 {end} 之前（联系人当地时间）发送。{leftover}",
    ),
    "any day": ("any day", "每天"),
    "month days": ("day {days} of each month", "每月 {days} 日"),
    "holidays": (
        "Nothing goes out on public holidays of the person's country.",
        "联系人所在国家的公共节假日不发送。",
    ),
    "drop": ("What the first window does not send is not sent.", "第一个时段未发送的不再发送。"),
    "carry for": (
        "What a window does not send waits for the next one, for {until} at most.",
        "一个时段未发送的顺延到下一个时段，最多 {until}。",
    ),
    "carry until": (
        "What a window does not send waits for the next one, through {until}.",
        "一个时段未发送的顺延到下一个时段，直至 {until}。",
    ),
    "person limit": (
        "Nobody gets more than {count} of this rule's messages in {per}.",
        "每人每 {per} 最多收到本规则 {count} 条消息。",
    ),
    "workspace limit": (
        "Nobody who got {count} messages of any rules in {per} gets one of this rule.",
        "每 {per} 内已从全部规则收到 {count} 条消息的人，不再收到本规则的消息。",
    ),
    "batch": ("At most {size} messages go out every {every}.", "每 {every} 最多发送 {size} 条消息。"),
    "budget run": ("A run costs at most {amount} {currency}.", "每次运行的费用不超过 {amount} {currency}。"),
    "budget month": ("A month costs at most {amount} {currency}.", "每月的费用不超过 {amount} {currency}。"),
    "holdout": (
        "{percent}% of the people are held out to measure the effect.",
        "{percent}% 的联系人作为对照组不发送，用于衡量效果。",
    ),
    "variants": ("Variants: {arms}.", "变体：{arms}。"),
    "arm": ("{name} for {percent}%", "{name} 占 {percent}%"),
    "success": (
        "Success is {event} within {within} after the message{worth}.",
        "成功的标准：消息之后 {within} 内发生{event}{worth}。",
    ),
    "worth": (", worth its {worth}", "，价值取其 {worth}"),
    "stop": (
        "It stops if {measure} pass {percent}% of delivered messages{after}.",
        "当{measure}超过已送达消息的 {percent}% 时停止{after}。",
    ),
    "stop after": (" once {count} are delivered", "（至少送达 {count} 条之后）"),
    "opt-outs": ("opt-outs", "退订"),
    "failures": ("failures", "失败"),
    "examples": (
        "It holds {count} examples, each a person with the answer of the condition.",
        "附有 {count} 个示例，每个示例描述一位联系人及条件的结果。",
    ),
    "and": (" and ", "且"),
    "comma": (", ", "、"),
}
