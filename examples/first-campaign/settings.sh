# Settings of the tutorial's shell: a home of its own, the simulator in Meta's place, and a clock
# that stands at ten in the morning when the file is read and then runs ten times as fast as yours.
export RULECAST_HOME="${RULECAST_HOME:-$HOME/rulecast-first-campaign}"
export RULECAST_MODE=simulated
export RULECAST_GRAPH_BASE_URL="${RULECAST_GRAPH_BASE_URL:-http://127.0.0.1:8090}"
export RULECAST_ACCESS_TOKEN=simulated
export RULECAST_APP_SECRET=only-for-the-simulator
export RULECAST_VERIFY_TOKEN=simulated
export RULECAST_CLOCK="${RULECAST_CLOCK:-virtual:2026-11-24T10:00:00+00:00@$(date +%s)x10}"
