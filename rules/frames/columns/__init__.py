"""What row frames are given beside their own columns: points of knowledge, registers, settlements, sums of bills."""
