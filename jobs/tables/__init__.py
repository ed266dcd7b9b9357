"""Decision tables of cost control: a cube summed where the lake is read, written as a page, CSV and a workbook."""
