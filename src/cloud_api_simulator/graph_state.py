"""What the management endpoints remember beside templates: files, tokens, settings of nodes, blocked people."""

from dataclasses import dataclass, field
from pathlib import Path

from cloud_api_simulator.access import Tokens
from cloud_api_simulator.call_meter import CallMeter
from cloud_api_simulator.chance import Chance
from cloud_api_simulator.errors import JsonObject
from cloud_api_simulator.media import MediaStore
from cloud_api_simulator.settings import SimulatorSettings
from cloud_api_simulator.template_review import ReviewRules
from cloud_api_simulator.uploads import Uploads


@dataclass(slots=True, kw_only=True)
class GraphState:
    """State behind the graph's nodes and edges.

    `number_fields` and `account_fields` override what a node shows; `blocked` holds, for each number, the
    people it blocked by `wa_id`; `sync_seconds` is how long the Marketing Messages API needs for a new template.
    """

    media: MediaStore
    uploads: Uploads
    tokens: Tokens
    calls: CallMeter = field(default_factory=CallMeter)
    review: ReviewRules = field(default_factory=ReviewRules)
    number_fields: dict[str, JsonObject] = field(default_factory=dict)
    account_fields: JsonObject = field(default_factory=dict)
    number_settings: dict[str, JsonObject] = field(default_factory=dict)
    profiles: dict[str, JsonObject] = field(default_factory=dict)
    usernames: dict[str, JsonObject] = field(default_factory=dict)
    pins: dict[str, str] = field(default_factory=dict)
    signups: dict[str, JsonObject] = field(default_factory=dict)
    blocked: dict[str, dict[str, JsonObject]] = field(default_factory=dict)
    sync_seconds: float = 0.0

    def has_blocked(self, number_id: str, wa_id: str) -> bool:
        """Return whether a number blocked a person (platform reference 7.4; sends then give 130403)."""
        return wa_id in self.blocked.get(number_id, {})


def build_graph_state(settings: SimulatorSettings, chance: Chance) -> GraphState:
    """Return the state of a new simulator."""
    return GraphState(
        media=MediaStore(Path(settings.state_dir) / "media", chance),
        uploads=Uploads(chance),
        tokens=Tokens(
            access_token=settings.access_token, app_id=settings.app_id, app_secret=settings.app_secret
        ),
    )
