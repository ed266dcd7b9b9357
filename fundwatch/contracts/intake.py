"""Contracts of what an intake makes beside the clean tables: deliveries, control totals, quarantine."""

from __future__ import annotations

from fundwatch.contracts.table import Table, nightly

DELIVERY = nightly(
    "delivery",
    "one file of one night",
    """
    source string the mapping that read it
    batch_id string as the manifest names it
    file_name string
    table_name string the source's name of the table
    sha256 string
    content_sha256 string of the unpacked text in UTF-8: the same however a file is named, packed or encoded
    byte_count bigint
    row_count bigint
    repeats_date date the night that delivered the same content before; null for a new file
    key_id string the pseudonymisation key in force
    """,
    key="file_name",
    dated=None,  # figures of files: the account of what was delivered stays
)
CONTROL_TOTAL = nightly(
    "control_total",
    "file × canonical table: delivered = accepted + quarantined + duplicates, in lines and in money",
    """
    source string
    file_name string
    table_name string the canonical table
    delivered_lines bigint
    accepted_lines bigint
    quarantined_lines bigint
    duplicate_lines bigint
    delivered_amount decimal(28,2) money delivered; null for a table without money
    accepted_amount decimal(28,2)
    quarantined_amount decimal(28,2)
    duplicate_amount decimal(28,2)
    waiting_lines bigint of the accepted: reversals whose original had not come by the night; null: not counted
    waiting_amount decimal(28,2) money of these
    file_lines bigint lines of the file, where each becomes several rows, which are then counted; null: one row each
    """,
    key="file_name table_name",
    dated=None,  # figures of files
)
QUARANTINE = nightly(
    "quarantine",
    "one rejected row",
    """
    source string
    file_name string of several rows made of one line with the label of the row's: fees.csv [2026-02]
    table_name string
    line_number bigint of the file; of Parquet, a JSON array or rows within objects, the row's number from 1
    error_codes array<string>
    row_json quoting(string) the canonical, pseudonymous columns; never the original row
    key_id string the pseudonymisation key that made the row's tokens
    """,
    key="file_name line_number",
)
SUPPLIED_COLUMN = nightly(
    "supplied_column",
    "canonical column that the source's mapping fills: what is not here is unknown, not empty",
    """
    source string
    table_name string the canonical table
    column_name string
    has_time boolean of a timestamp: false where the source knows the day only; null for other columns, or not known
    """,
    key="source table_name column_name",
    dated=None,  # names of columns
)
PLACEHOLDER = nightly(
    "placeholder",
    "text that stood where nothing is known (无, -, 99999999), by column and institution",
    """
    source string
    table_name string the canonical table
    column_name string
    placeholder string the text, as the lists of conf/quality or the mapping have it
    institution_id string null where the row names none
    row_count bigint
    """,
    key="source table_name column_name placeholder institution_id",
    dated=None,  # figures
)

ALL: tuple[Table, ...] = (
    DELIVERY,
    CONTROL_TOTAL,
    QUARANTINE,
    SUPPLIED_COLUMN,
    PLACEHOLDER,
)
