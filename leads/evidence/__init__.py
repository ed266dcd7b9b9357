"""What an inspector carries: one lead's evidence file as a page, a paper and a workbook."""
