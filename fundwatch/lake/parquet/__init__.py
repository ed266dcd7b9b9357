"""The Parquet files of tables: written with check sums, put down and read by Spark, and what the log says of them."""
