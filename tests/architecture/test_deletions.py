"""Nothing deletes what a message, a decision or a proof rests on (F101).

No job thins ledgers out. What may be deleted is listed here with its reason; a new deletion is a decision.
"""

import re
from pathlib import Path

import rulecast

SOURCE = Path(rulecast.__file__).parent
DELETION = re.compile(r"\b(?:DELETE FROM|TRUNCATE(?: TABLE)?) ([a-z_.]+)")
# Made anew from what is kept, or of no use to anybody after a moment.
ALLOWED = {
    "collect.inbound_text": "moves to the sealed details of its event in the same statement",
    "contact_key": "the erasure of a person",
    "conversation.detail": "moves with the person it belongs to",
    "deliver.inbound": "counts of the last minute",
    "deliver.rate_history": "what was usual, older than a quarter",
    "deliver.tally": "folded into sums in the same statement",
    "gate.people_chunk": "a share of a limit that was given back or ran out",
    "gate.ramp": "the ramp of a template that begins anew",
    "gate.slowdown": "a slowdown that a person lifted",
    "jobs.engine_question": "a question that was answered",
    "observe.page_session": "a session that ended",
    "observe.page_token": "a token that ran out",
    "plan.reservation": "a claim on a person that ended, or that a higher band took",
    "plan.work_audience": "the desk of the plan that is being made",
    "plan.work_candidate": "the desk of the plan that is being made",
    "plan.work_claim": "the desk of the plan that is being made",
    "plan.work_combination": "the desk of the plan that is being made",
    "plan.work_missing": "the desk of the plan that is being made",
    "profile.identity": "a number or id that belongs to somebody else now; the change is kept",
    "profile.identity_change": "a change that was waiting and is settled",
    "profile.tag": "a tag that was taken away; the change is kept",
    "public.zone_offset": "replaced as a whole by another tzdata",
    "rule.armed": "made anew from the rules in force",
    "rule.arrival": "an arrival that was matched",
    "rule.audience_block": "made anew from the mart",
    "rule.counted_pair": "made anew from the rules in force",
    "rule.counter_gap": "counted anew",
    "rule.event_counter": "counted anew from events",
    "rule.trigger_candidate": "decided long ago",
    "rule.watch": "made anew from the rules in force",
    "template.loose_file": "a file sent once by hand, two days ago",
    "template.registration": "what Meta lists; read anew every hour",
}  # fmt: skip
# A file that is made anew from the database at any time.
MART = "rule/engine/mart/"


def test_nothing_is_deleted_but_what_is_listed_f101() -> None:
    found: dict[str, set[str]] = {}
    for file in sorted(SOURCE.rglob("*")):
        place = str(file.relative_to(SOURCE))
        is_program = file.suffix in {".sql", ".py"} and not place.startswith((MART, "database/"))
        for table in DELETION.findall(file.read_text(encoding="utf-8")) if is_program else ():
            found.setdefault(table, set()).add(place)
    assert {table: files for table, files in found.items() if table not in ALLOWED} == {}
    assert set(ALLOWED) - set(found) == set()
