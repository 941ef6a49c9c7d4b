"""Tables in plain text."""


def table(rows, align):
    """The lines of a table, two spaces between its columns.

    Args:
        rows: lists of texts, the head first. align: a sign for each column, "<" to the left or ">" to the right.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(row, align, widths, strict=True)) for row in rows
    )
    return [line.rstrip() for line in lines]


def megabytes(size):
    """Bytes in MB, 10^6 bytes."""
    return "< 0.01 MB" if 0 < size < 5000 else f"{size / 1e6:,.2f} MB"
