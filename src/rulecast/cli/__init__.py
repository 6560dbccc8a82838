"""The same verbs in a terminal: arguments come in, tables, JSON and exit codes go out.

Each group of commands is one file with a `register` function; `app` lists them all. A command opens the
workspace, calls wiring's verb and prints the answer. Exit codes: 0 done, 1 the answer is no, 2 the user can
mend it, 70 a defect of rulecast.
"""

__all__: list[str] = []
