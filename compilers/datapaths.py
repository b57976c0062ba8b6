"""Hand data paths on to what lies behind the graph: they are values, and mean the same everywhere."""

from __future__ import annotations

from ..dsl.datapaths import SCHEME as SCHEME
from ..dsl.datapaths import DataPath as DataPath
from ..dsl.datapaths import is_store_name as is_store_name
from ..dsl.datapaths import normalised as normalised
from ..dsl.errors import InvalidDataPath as InvalidDataPath
