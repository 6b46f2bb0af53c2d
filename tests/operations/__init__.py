import pytest

pytest.register_assert_rewrite("tests.operations.play", "tests.operations.plugin_client")
