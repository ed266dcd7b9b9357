"""Item spikes (单项目专项筛查): counted in the lake without Spark, ranked, written as a page and a table."""
