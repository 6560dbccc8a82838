"""Template and portfolio pacing: a first batch goes out, the rest waits for its feedback (platform reference 4.7)."""

from collections.abc import Callable
from dataclasses import dataclass, field

RATE_LIMITING_PAUSE = "RATE_LIMITING_PAUSE"
"""`other_info.title` of a pause by pacing (platform reference 3.7)."""

Release = Callable[[bool], None]
"""Lets one held message go (True) or drops it (False)."""


@dataclass(slots=True)
class Batch:
    """One paced template: how many went out, who is held, whether it has been assessed or paused."""

    sent_count: int = 0
    delivered_count: int = 0
    grievance_count: int = 0
    held: list[Release] = field(default_factory=list)
    is_released: bool = False
    is_paused: bool = False


@dataclass(slots=True)
class Pacing:
    """Batches by template id, what a run decided beforehand, and the messages of the portfolio."""

    batches: dict[str, Batch] = field(default_factory=dict)
    verdicts: dict[str, bool] = field(default_factory=dict)
    portfolio_count: int = 0
    portfolio_is_dropped: bool = False

    def batch_of(self, template_id: str) -> Batch:
        """Return the batch of a template."""
        batch = self.batches.get(template_id)
        if batch is None:
            batch = self.batches[template_id] = Batch()
        return batch

    def forget(self, template_id: str) -> None:
        """Pace a template anew, as after an edit or a manual unpause."""
        self.batches.pop(template_id, None)

    def is_good(self, name: str, batch: Batch, bad_rate: float) -> bool:
        """Return the verdict on a template's first batch: decided beforehand, or by its blocks and reports."""
        decided = self.verdicts.get(name)
        if decided is not None:
            return decided
        return batch.grievance_count <= bad_rate * max(batch.delivered_count, 1)
