"""People are told of incidents: due alerts come in, signed POSTs and e-mails go out, each once, never while sending.

What cannot be told is tried again for hours and is itself seen: in `rulecast doctor`, in the metrics, on the page.
"""

from rulecast.wiring.alerts.message import AlertMessage, body_of, text_of
from rulecast.wiring.alerts.tell import Tellers, run_alerts, tell_due, tellers_of

__all__ = ["AlertMessage", "Tellers", "body_of", "run_alerts", "tell_due", "tellers_of", "text_of"]
