"""Why connecting cannot begin; what fails on the way is a step with its own words."""

from rulecast.values.errors import RulecastError


class ConnectNotPossibleError(RulecastError):
    """Something that connecting needs is missing or cannot be used."""

    code = "RC-CONNECT-001"
    summary = "Something that connecting needs is missing or cannot be used."
    remedy = "docs/how-to/connect-a-number.md lists what Meta gives and where."


class ConformanceRefusedError(RulecastError):
    """The comparison with the simulator runs with declared test numbers and recipients only."""

    code = "RC-CONNECT-002"
    summary = "The comparison with the simulator runs with declared test numbers and recipients only."
    remedy = "Connect the number with --test-number and --declare-recipient first."


class DivergencesUnreadableError(RulecastError):
    """The list of divergences cannot be read."""

    code = "RC-CONNECT-003"
    summary = "The list of divergences cannot be read."
    remedy = "Name the simulator's `divergences.json`, or what its `GET /_control/divergences` answers."


class GraphUnreachableError(RulecastError):
    """The Cloud API did not answer."""

    code = "RC-CONNECT-004"
    summary = "The Cloud API did not answer."
    remedy = "Look at RULECAST_GRAPH_BASE_URL and the network; with a simulator, start `rulecast simulator`."
