"""Number the changes to the history's tables, one SQL file each, in the common subset of SQLite and Postgres.

The number at the start of a file's name is the version that it leads to; its last statement writes that number into
``schema_version``, so that a change and its number are committed together. A released file never changes.
"""
