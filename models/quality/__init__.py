"""Are tonight's indicators fit to be judged by? What is missing, collapsed, stale or drifted, before models look."""
