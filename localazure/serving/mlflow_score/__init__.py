"""The scoring script that an MLflow model without code is served with; a folder of its own, its app root."""
