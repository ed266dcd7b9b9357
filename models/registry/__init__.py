"""Models as records and files of the lake: who speaks tonight, promotion, and MLflow's copy."""
