"""A ranked list as files for people and machines, and in MLflow."""
