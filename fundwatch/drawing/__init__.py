"""Charts that pages draw in themselves, as SVG: day strips, columns, strip plots among peers, lines over weeks."""
