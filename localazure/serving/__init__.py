"""Model servers, and the gateway that sends requests to them as an online endpoint does."""
