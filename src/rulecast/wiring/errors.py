"""Errors of opening a workspace and of joining its processes."""

from rulecast.values.errors import RulecastError


class WorkspaceModeError(RulecastError):
    """The workspace was made for another mode."""

    code = "RC-WORKSPACE-001"
    summary = "The workspace was made as simulated and is opened as live, or the other way round."
    remedy = (
        "Use the mode it was made with, or another RULECAST_HOME or database: "
        "invented and real people never share a workspace."
    )


class WorkspaceNameError(RulecastError):
    """The workspace has another name than the setting."""

    code = "RC-WORKSPACE-002"
    summary = "The database belongs to a workspace of another name."
    remedy = "Set RULECAST_WORKSPACE to its name, or choose another database: the name is part of every seal."


class RootKeyMismatchError(RulecastError):
    """The root key is not the one the workspace was sealed with."""

    code = "RC-WORKSPACE-003"
    summary = "The root key is not the one this workspace was sealed with."
    remedy = "Restore the workspace's own root key: with another one nothing that is sealed can be read."


class EngineBusyError(RulecastError):
    """Another process holds the mart and does not answer."""

    code = "RC-ENGINE-001"
    summary = "The process that holds the mart did not answer in time."
    remedy = "Look at the log of `rulecast serve`; restart it if it hangs, then try again."


class EngineFailedError(RulecastError):
    """The engine met a defect while it answered."""

    code = "RC-ENGINE-002"
    summary = "The engine met a defect of rulecast while it answered."
    remedy = "Read the log of the engine process, run `rulecast doctor`, and report it with the log line."


class EngineQuestionUnknownError(RulecastError):
    """The engine was asked something it does not know."""

    code = "RC-ENGINE-003"
    summary = "The engine was asked for something it does not know."
    remedy = "Run the same release of rulecast everywhere: an older engine is still running."


class EngineRemoteError(RulecastError):
    """An error of another process, shown with that error's own code."""

    code = "RC-ENGINE-004"
    summary = "The engine answered with an error; the code shown is that error's own."
    remedy = "Do what the shown error says."


class RoleFailedError(RulecastError):
    """A role of the process group keeps dying."""

    code = "RC-SERVE-001"
    summary = "A role of `rulecast serve` keeps dying."
    remedy = "Read its last log lines above; run `rulecast doctor`."


class PortTakenError(RulecastError):
    """A port is already in use."""

    code = "RC-SERVE-002"
    summary = "A port that rulecast wants to listen on is already in use."
    remedy = (
        "Stop the other program, or set RULECAST_WEB_PORT and RULECAST_RECEIVER_PORT to free ports "
        "(0 takes any)."
    )


class RoleNotPossibleError(RulecastError):
    """A role was asked for that this installation cannot run."""

    code = "RC-SERVE-003"
    summary = "The role is not available in this installation."
    remedy = "Choose one of web, receiver, engine, sender."
