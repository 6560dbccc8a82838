"""Whether a message can be made of a template and a person's values: asked of everybody before anything starts."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from typing_extensions import override

from rulecast.plan.parameters import parameter_values
from rulecast.rule.language.document import Parameter
from rulecast.template import MessageTemplate, ParameterMissingError
from rulecast.template.clean_value import PLACEHOLDERS, VALUE_LENGTH_MAX
from rulecast.template.messages import MediaHandle, MessageInvalidError
from rulecast.template.parts import file_parameters, variables_of
from rulecast.template.render_components import ComponentForm, Value

FILE_STAND_IN = MediaHandle(media_id="0")
"""For the upload of a file, which every message gets."""
TOKEN_STAND_IN = "x" * 44
"""As long as the token of a link."""
LENGTHS_TRIED = (VALUE_LENGTH_MAX, 150, 100, 60, 40, 25, 15, 10)
PLAIN_PLACEHOLDERS = tuple(sorted(word for word in PLACEHOLDERS if word.isalnum()))
"""Words for nothing that look like values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """A template with what a rule puts into it, worked out once for all people of a plan."""

    form: ComponentForm
    parameters: tuple[Parameter, ...]
    link_tokens: Mapping[str, str]
    has_special: bool
    files: tuple[str, ...]

    @classmethod
    def of(cls, template: MessageTemplate, parameters: Iterable[Parameter]) -> Self:
        """Take a template and the parameters of a send clause."""
        parts, given = template.parts, tuple(parameters)
        texts = {*variables_of(parts.header), *variables_of(parts.body)}
        return cls(
            form=ComponentForm(template),
            parameters=given,
            link_tokens=dict.fromkeys(template.link_names, TOKEN_STAND_IN),
            files=file_parameters(parts),
            has_special=any(
                one.attribute is not None and one.name not in texts and one.name in template.parameters
                for one in given
            ),
        )

    def succeeds(self, attributes: Mapping[str, object]) -> bool:
        """Return whether these values make a message that Meta takes."""
        values: dict[str, Value] = {**parameter_values(self.parameters, attributes)}
        values |= dict.fromkeys(self.files, FILE_STAND_IN)
        try:
            self.form.render(values, link_tokens=self.link_tokens, flow_token=TOKEN_STAND_IN)
        except (ParameterMissingError, MessageInvalidError):
            return False
        return True

    def length_max(self) -> int:
        """Return up to which length ordinary words surely make a message; 0 where every value has to be looked at."""
        if self.has_special:
            return 0
        return next((length for length in LENGTHS_TRIED if self.succeeds(_Everything(length))), 0)

    @property
    def can_fail(self) -> bool:
        """Return whether some value leaves no message; with short texts and a default everywhere none does."""
        has_defaults = all(one.default is not None or one.coupon_pool is not None for one in self.parameters)
        return not has_defaults or self.length_max() < VALUE_LENGTH_MAX

    @property
    def attributes(self) -> tuple[str, ...]:
        """Return the attributes whose values the message holds."""
        return tuple(dict.fromkeys(one.attribute for one in self.parameters if one.attribute is not None))


def bsuid_number(templates: Iterable[MessageTemplate], business_number_id: str) -> str:
    """Return the number whose portfolio's BSUIDs can be written to; none where a one-time code is sent (131062)."""
    needs_phone = any(one.category == "authentication" for one in templates)
    return "" if needs_phone else business_number_id


class _Everything(Mapping[str, object]):
    """Has a word of one length for every name."""

    def __init__(self, length: int) -> None:
        self._word = "x" * length

    @override
    def __getitem__(self, key: str) -> object:
        return self._word

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(())

    @override
    def __len__(self) -> int:
        return 0
