"""Limits of every import, each with its reason."""

GIBIBYTE = 1024**3

# Ten million rows of a contact list are some 2 GB; eight times that is a data set to be split, not a list.
FILE_BYTES_MAX = 16 * GIBIBYTE
# openpyxl holds the shared texts of a workbook in memory; one of this unpacked size stays below 300 MB.
WORKBOOK_BYTES_MAX = GIBIBYTE // 2
# A longer line is a file that is no table, or one without line ends.
LINE_CHARACTERS_MAX = 1_000_000
# One cell; the csv module's own limit, above which a quote was never closed.
CELL_CHARACTERS_MAX = 131_072
# Exports of shops and CRMs stay below 300 columns.
COLUMNS_MAX = 500
COLUMN_NAME_CHARACTERS_MAX = 200
# A stored text: longer ones are free text, which has no place in an attribute.
TEXT_CHARACTERS_MAX = 1_000
LIST_LENGTH_MAX = 100
TAGS_MAX = 50
MAPPING_BYTES_MAX = 256 * 1024
# An open writer holds the horizon up to which the mart can read.
BATCH_ROWS = 5_000
# Rows looked at to find delimiter, mapping and date formats.
SAMPLE_ROWS = 200
# Identical rows are counted in memory, 60 bytes each: 120 MB at this number.
COUNTED_ROWS_MAX = 2_000_000
# A joined file is held in memory.
JOIN_ROWS_MAX = 500_000
# Clocks of two systems differ; a day also covers a file that was written in another zone.
FUTURE_TOLERANCE_HOURS = 26
