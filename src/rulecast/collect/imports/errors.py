"""Errors of a whole file or mapping: the import stops before anything is written."""

from rulecast.values.errors import RulecastError


class ImportRefusedError(RulecastError):
    """A file or mapping cannot be imported."""

    code = "RC-IMPORT-000"
    summary = "The import cannot begin."
    remedy = "Read the message; docs/reference/import-mapping.md describes files and mappings."


class FileUnreadableError(ImportRefusedError):
    """The file is missing, is no regular file, or may not be read."""

    code = "RC-IMPORT-001"
    summary = "The file cannot be read."
    remedy = "Check the path and who may read it."


class FileTooLargeError(ImportRefusedError):
    """The file exceeds a limit."""

    code = "RC-IMPORT-002"
    summary = "The file exceeds a limit of size, columns or line length."
    remedy = "Split the file, or drop the columns that are not needed."


class FormatUnknownError(ImportRefusedError):
    """The file is none of the known formats."""

    code = "RC-IMPORT-003"
    summary = "The file is none of CSV, gzipped CSV, XLSX, JSON Lines or Parquet."
    remedy = "Save it in one of these formats; the file name's ending and the content must agree."


class EncodingUnsureError(ImportRefusedError):
    """The encoding cannot be told for certain."""

    code = "RC-IMPORT-004"
    summary = "The encoding of the text cannot be told for certain, and names would be stored wrongly."
    remedy = "Save the file as UTF-8, or name the encoding with --encoding (for example cp1252 or cp1256)."


class DelimiterUnsureError(ImportRefusedError):
    """The delimiter cannot be told for certain."""

    code = "RC-IMPORT-005"
    summary = "The delimiter of the columns cannot be told for certain."
    remedy = "Name it with --delimiter, for example --delimiter ';' or --delimiter tab."


class FileEmptyError(ImportRefusedError):
    """The file has no header."""

    code = "RC-IMPORT-006"
    summary = "The file is empty."
    remedy = "Export it again; the first row must name the columns."


class HeaderInvalidError(ImportRefusedError):
    """The header cannot be used."""

    code = "RC-IMPORT-007"
    summary = "The first row does not name every column once."
    remedy = "Give every column one name of its own."


class FileBrokenError(ImportRefusedError):
    """A place of the file breaks its format."""

    code = "RC-IMPORT-008"
    summary = "The file breaks its own format at the named line."
    remedy = "Mend the line: most often a quotation mark was opened and never closed."


class MappingInvalidError(ImportRefusedError):
    """The mapping cannot be used."""

    code = "RC-IMPORT-009"
    summary = "The mapping file cannot be used."
    remedy = "Correct the named entry; docs/reference/import-mapping.md describes each."


class IdentityUnmappedError(ImportRefusedError):
    """No column says who the row is about."""

    code = "RC-IMPORT-010"
    summary = "No column is mapped to a phone number, a BSUID or a customer id."
    remedy = "Name the column in a mapping file under [identity]."


class ColumnMissingError(ImportRefusedError):
    """The mapping names a column the file does not have."""

    code = "RC-IMPORT-011"
    summary = "The mapping names a column the file does not have."
    remedy = "Correct the mapping or the file; column names are compared exactly."


class SheetUnsureError(ImportRefusedError):
    """The workbook has several sheets, or the named one is missing."""

    code = "RC-IMPORT-012"
    summary = "The workbook's sheet cannot be told."
    remedy = 'Name it in the mapping file: [file] sheet = "…".'


class AlreadyRunningError(ImportRefusedError):
    """Another process imports the same file."""

    code = "RC-IMPORT-013"
    summary = "Another process is importing this file with this mapping right now."
    remedy = "Wait for it; if it died, start again: the import goes on where it stopped."


class NotConfirmedError(ImportRefusedError):
    """Nobody confirmed the mapping."""

    code = "RC-IMPORT-014"
    summary = "The mapping was not confirmed, so nothing was imported."
    remedy = "Look at the table and confirm it, or give --yes."


class TypeConflictError(ImportRefusedError):
    """A mapping gives a known attribute or property another type."""

    code = "RC-IMPORT-015"
    summary = "The mapping gives a known attribute or property another type than the catalogue has."
    remedy = "Use the catalogue's type, or another name."


class TooManyRepeatsError(ImportRefusedError):
    """Identical rows are to be counted in a file that is too long for it."""

    code = "RC-IMPORT-016"
    summary = "Identical rows cannot be counted in a file of this length."
    remedy = 'Name columns that identify the event (source_id), set repeats = "same", or split the file.'


class RejectsUnwritableError(ImportRefusedError):
    """The reject file cannot be written."""

    code = "RC-IMPORT-017"
    summary = "The file of rejected rows cannot be written."
    remedy = "Name another place with --rejects."
