"""Fee lines beside what sellers upload of their goods: trace codes, stock movements, prices of sales in cash."""
