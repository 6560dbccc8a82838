"""The specification of conditions: people, conditions, and for whom they are true. It prints the manual."""

from dataclasses import dataclass

from tests.spec.chapters_events import EVENTS
from tests.spec.chapters_measures import MEASURES
from tests.spec.chapters_missing import MISSING
from tests.spec.chapters_people import PEOPLE
from tests.spec.chapters_time import TIME
from tests.spec.chapters_values import VALUES
from tests.spec.chapters_windows import WINDOWS_OF_EVENTS
from tests.spec.tables import Chapter


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some chapters of the manual under one heading."""

    title: str
    text: str
    chapters: tuple[Chapter, ...]


PARTS: tuple[Part, ...] = (
    Part(
        title="What people have",
        text="Attributes of text, numbers, truth and lists. Their names stand in the workspace file; those that every "
        "workspace has are listed further below.",
        chapters=VALUES,
    ),
    Part(
        title="What is missing",
        text="Most people lack something. This part says what that means, once and for every condition.",
        chapters=MISSING,
    ),
    Part(
        title="Dates and clocks",
        text="One instant is `now` for a whole evaluation. What is said of days is said of somebody's calendar: the "
        "workspace's for dates that are written down, the contact's for birthdays, clocks and days of the week.",
        chapters=TIME,
    ),
    Part(
        title="Who people are",
        text="Tags and labels, segments, where somebody lives, what somebody agreed to.",
        chapters=PEOPLE,
    ),
    Part(
        title="What people did, and when",
        text="An event, what it was like, how often it happened, and the time in which it is looked for.",
        chapters=WINDOWS_OF_EVENTS,
    ),
    Part(
        title="One event and another",
        text="The first and the last, the time between, one after another, several for one and the same thing.",
        chapters=EVENTS,
    ),
    Part(
        title="Calculations",
        text="Counts, sums, averages and arithmetic on either side of a comparison, always exact.",
        chapters=MEASURES,
    ),
)
CHAPTERS: tuple[Chapter, ...] = tuple(chapter for part in PARTS for chapter in part.chapters)
