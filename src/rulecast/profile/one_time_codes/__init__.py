"""Codes that prove a number: a request of a person comes in, a nonce is kept, the code is derived and checked.

The code itself is never stored, sealed or logged: whoever sends or checks it derives it anew from the nonce, under a
key that is not in the database, and the nonce is deleted with the code's end.
"""

from rulecast.profile.one_time_codes.ask_code import CodePurpose, CodeRequest, LiveCode
from rulecast.profile.one_time_codes.check_code import CodeOutcome, CodeVerdict, check_code
from rulecast.profile.one_time_codes.derive_code import CODE_DIGITS, code_digits

__all__ = [
    "CODE_DIGITS",
    "CodeOutcome",
    "CodePurpose",
    "CodeRequest",
    "CodeVerdict",
    "LiveCode",
    "check_code",
    "code_digits",
]
