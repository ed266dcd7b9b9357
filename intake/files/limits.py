"""How large what is delivered may be, in one place, each with its reason. What is beyond is refused in one line.

A file is judged before it is unpacked where its own directory says enough, and while it is unpacked otherwise: what
is held in memory is some blocks of it, however much it claims to hold.
"""

from __future__ import annotations

BLOCK = 1 << 20  # what is read, unpacked or put together at once
LONGEST_LINE = 1 << 24  # 16 MiB: a line without an end is no text; a block and a line are held at once
# Deflate packs a thousand to one at best, claims four to ten: more is a bomb. Small files may be odd.
MOST_TIMES, SMALL = 1_000, 1 << 24
MOST_BYTES = 50 << 30  # unpacked: a year's fee lines of a city are a tenth of it
MOST_COLUMNS = 1_000  # the widest table of the national interface has some 120; each column costs a look at the sample
# Files packed in pieces have pieces of 64 KiB and more; a member of a gzip file costs some microseconds however small
MOST_MEMBERS, LEAST_MEMBER = 10_000, 1 << 10
MOST_ZIPPED = 1_000  # entries of a zip's directory, which is held whole; one of them may be a file
MOST_MANIFEST = 16 << 20  # an entry has some 300 bytes: fifty thousand files
# A workbook holds a small reference table. Its shared strings and styles are held whole, at some five times their size.
MOST_ROWS = 200_000
MOST_WORKBOOK, MOST_SHEET, MOST_HELD = 64 << 20, 512 << 20, 64 << 20
# A text in JSON that is no object a line is held whole, at up to four times its size; of its objects one at a time.
MOST_JSON = 128 << 20
# Of Parquet one row group's columns are unpacked at once; writers aim at 128 MiB, batches are as small as they must be.
MOST_ROW_GROUP = 2 << 30
MOST_BATCH = 64 << 20
