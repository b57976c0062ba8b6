"""Find what a step fetches from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from .examined import Called, Examined, Scene, constant, shown
from .findings import Remark
from .tables import Names

_FETCHING = Names(
    *(f"{library}.{verb}" for library in ("requests", "httpx", "requests.api") for verb in (
        "get", "post", "put", "patch", "delete", "head", "options", "request", "Session", "session", "Client",
        "AsyncClient", "stream",
    )),
    *(f"requests.Session.{verb}" for verb in ("get", "post", "put", "patch", "request")),
    "urllib.request.urlopen", "urllib.request.urlretrieve", "urllib.request.Request", "urllib3.request",
    "urllib3.PoolManager", "http.client.HTTPConnection", "http.client.HTTPSConnection", "aiohttp.ClientSession",
    "aiohttp.request", "socket.create_connection", "socket.socket", "ftplib.FTP", "ftplib.FTP_TLS", "paramiko.SSHClient",
    "boto3.client", "boto3.resource", "boto3.Session", "google.cloud.storage.Client", "google.cloud.bigquery.Client",
    "azure.storage.blob.BlobServiceClient", "pymongo.MongoClient", "redis.Redis", "psycopg.connect", "psycopg2.connect",
    "pymysql.connect", "mysql.connector.connect", "pyodbc.connect", "sqlalchemy.create_engine", "pandas.read_sql",
    "pandas.read_sql_query", "pandas.read_sql_table", "pandas.read_gbq", "sklearn.datasets.fetch_*",
    "datasets.load_dataset", "huggingface_hub.hf_hub_download", "huggingface_hub.snapshot_download",
    "kagglehub.dataset_download", "kagglehub.model_download", "torch.hub.load", "torch.hub.load_state_dict_from_url",
    "wget.download", "gdown.download", "openai.OpenAI", "anthropic.Anthropic",
)  # fmt: skip
_READERS = Names("pandas.read_*", "polars.read_*", "polars.scan_*", "numpy.loadtxt", "numpy.genfromtxt")
_SCHEMES = ("http://", "https://", "ftp://", "s3://", "gs://", "gcs://", "abfs://", "abfss://", "az://", "hf://")

NAMES = _FETCHING | _READERS


def network_read(code: Examined, scene: Scene) -> Iterator[Remark]:
    """Remark requests to services and downloads, unless the step declares a version or an age."""
    if scene.subject.is_renewed:
        return
    for called in code.calls:
        if called.name in _FETCHING or (called.name in _READERS and _is_address(called)):
            yield Remark(
                called.node,
                f"{shown(called.node)} asks something outside this machine, and what that answers is not part of what "
                "identifies a result: reuse keeps the first answer",
                'declare @step(version="...") and change it for a new answer, or @step(max_age="7d"), or allow_reuse=False',
            )


def _is_address(called: Called) -> bool:
    value = constant(called.argument(0, "filepath_or_buffer", "path_or_buf", "source", "io", "path", "fname"))
    return isinstance(value, str) and value.lower().startswith(_SCHEMES)
