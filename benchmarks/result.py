"""The one shape in which every benchmark reports."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One measurement.

    `limit` is the best hand-made version of the same work in the same run; `unit` says whether the figures are a
    time (lower is better) or a rate; `valid` means that the results of all sides were compared and agree.
    """

    name: str
    params: dict[str, Any]
    unit: str
    ours: float
    limit: float
    peers: dict[str, float] = field(default_factory=dict)
    # What ours took on a peer's own size, where a peer cannot be run on the full one.
    ours_beside_peer: dict[str, float] = field(default_factory=dict)
    peak_rss_mb: float
    cpu_s: float
    valid: bool
    notes: tuple[str, ...] = ()
    # Measures of the same run that belong to the first.
    beside: "tuple[Result, ...]" = ()

    def as_json(self) -> dict[str, Any]:
        """Return the object that stands on the last line."""
        return {
            "name": self.name,
            "params": self.params,
            "unit": self.unit,
            "ours": round(self.ours, 4),
            "limit": round(self.limit, 4),
            "peers": {name: round(value, 4) for name, value in self.peers.items()},
            "ratio_to_limit": round(self.ours / self.limit, 4),
            "ratio_to_peers": {
                name: round(self.ours_beside_peer.get(name, self.ours) / value, 4)
                for name, value in self.peers.items()
            },
            "peak_rss_mb": round(self.peak_rss_mb, 1),
            "cpu_s": round(self.cpu_s, 3),
            "valid": self.valid,
            "notes": list(self.notes),
            **({"beside": [other.as_json() for other in self.beside]} if self.beside else {}),
        }
