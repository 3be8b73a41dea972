"""pytest hands tests out in their order: the documents, which take minutes, before what takes seconds."""


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.stem != "test_commands")
