import pytest

from .driver import Node


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def make_node() -> type[Node]:
    return Node
