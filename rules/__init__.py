"""Detection rules: declared as data, compiled into one pass per grain; dated knowledge; the money of a hit."""
