"""Files of messages: a declared source comes in, checked renditions for each device and network go out, kept sealed.

A file is fetched once, before the plan that signs its hash; whatever stands at its address later reaches nobody.
Pure parts say which rendition a device gets and which addresses may be asked.
"""

from rulecast.template.media.choose import Device, Grade, choose_grade
from rulecast.template.media.declared import DeclaredMedium, read_medium
from rulecast.template.media.fetch import MediaFetcher
from rulecast.template.media.keep_files import MediaFiles
from rulecast.template.media.records import KeptMedium, Rendition
from rulecast.template.media.render import make_renditions

__all__ = [
    "DeclaredMedium",
    "Device",
    "Grade",
    "KeptMedium",
    "MediaFetcher",
    "MediaFiles",
    "Rendition",
    "choose_grade",
    "make_renditions",
    "read_medium",
]
