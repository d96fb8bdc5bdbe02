"""What a day too large for one machine is matched with, all on loopback: a storage that speaks S3, and a Ray cluster.

The cluster is a head without a processor and two workers of one each; a worker that a test took away comes back.
Everything is a process or a thread of the tests, and is ended by them.
"""

import gc
import os
import shutil
import socket
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

BUCKET = "lake"
# Not 127.0.0.1: Ray takes that for "some other address of this machine".
HEAD, WORKERS = "127.0.0.2", ("127.0.0.3", "127.0.0.4")
MIB = 2**20
TRIES = 3
SOON = {  # a machine that died is missed after two seconds, not after a quarter of a minute
    "health_check_initial_delay_ms": 0,
    "health_check_period_ms": 500,
    "health_check_timeout_ms": 5000,
    "health_check_failure_threshold": 4,
}
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "till-key-id",
    "AWS_SECRET_ACCESS_KEY": "till-secret-key",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_CLIENT_RECONNECT_GRACE_PERIOD": "2",
    "RAY_CLIENT_SERVER_CHECK_CHANNEL_TIMEOUT_S": "120",  # on a busy machine its process starts slowly
    "RAY_OBJECT_STORE_ALLOW_SLOW_STORAGE": "1",
}


@dataclass
class Storage:
    """A storage that speaks S3. It notes what it is asked, and can be made to wait."""

    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)  # method and path, in order
    before: Callable[[str, str], None] = lambda method, path: None

    def names(self, below: str = "") -> list[str]:
        """Return the names of all objects below a path."""
        from boto3 import client

        told = client("s3", endpoint_url=self.url).list_objects_v2(Bucket=BUCKET, Prefix=below)
        return [of["Key"] for of in told.get("Contents", ())]

    def written(self) -> list[str]:
        """Return the names of what was written, in order."""
        paths = (path for method, path in self.asked if method == "PUT")
        return [name for path in paths if (name := path.rpartition("/")[2])]


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def _storage() -> Iterator[Storage]:
    from boto3 import client
    from moto.server import DomainDispatcherApplication, create_backend_app

    storage = Storage()
    inner = DomainDispatcherApplication(create_backend_app)

    def answer(environ, start_response):
        asked = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        storage.asked.append(asked)
        storage.before(*asked)
        return inner(environ, start_response)

    server = make_server("127.0.0.1", 0, answer, threaded=True, request_handler=_Quiet)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    storage.url = f"http://127.0.0.1:{server.server_port}"
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in (ENVIRONMENT | {"AWS_ENDPOINT_URL": storage.url}).items():
            patch.setenv(name, value)
        client("s3").create_bucket(Bucket=BUCKET)
        yield storage
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.fixture
def storage(_storage) -> Iterator[Storage]:
    """A storage that speaks S3, with a bucket."""
    _storage.asked.clear()
    yield _storage
    _storage.before = lambda method, path: None


@contextmanager
def untidy() -> Iterator[None]:
    """Let Ray leave files open that it opened: swept up here, they do not turn up in another test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


class Farm:
    """A head and two workers."""

    def __init__(self) -> None:
        """Start them."""
        from ray.cluster_utils import Cluster

        with socket.socket() as free:
            free.bind((HEAD, 0))
            port = free.getsockname()[1]
        self.address = f"ray://{HEAD}:{port}"
        self._cluster, self._workers = Cluster(), {}
        try:
            self._cluster.add_node(
                num_cpus=0, node_ip_address=HEAD, ray_client_server_port=port,
                include_dashboard=False, include_log_monitor=False, object_store_memory=100 * MIB, _system_config=SOON,
            )  # fmt: skip
            self.complete()
        except Exception:
            self.end()
            raise

    def complete(self) -> None:
        """Start the workers that are not there."""
        for address in WORKERS:
            if address not in self._workers:
                self._workers[address] = self._cluster.add_node(
                    wait=False,
                    num_cpus=1,
                    node_ip_address=address,
                    object_store_memory=80 * MIB,
                    include_log_monitor=False,
                )
        self._cluster.wait_for_nodes()

    def kill(self, number: int) -> None:
        """Kill a worker and all it does, as a power cut would."""
        with untidy():
            self._cluster.remove_node(self._workers.pop(WORKERS[number]), allow_graceful=False)

    def end(self) -> None:
        """End whatever runs."""
        self._cluster.shutdown()


def _started() -> Farm:
    """Start a farm. Ray gives a node half a minute, which a busy machine may need."""
    for _ in range(TRIES - 1):
        with suppress(Exception):
            return Farm()
    return Farm()


def _visit(farm: Farm) -> None:
    """Be let in once: on a fresh machine Ray compiles itself meanwhile, and its first visitor may be turned away."""
    from tillkeeper.engines.matching.on_ray import joined

    for _ in range(TRIES):
        with suppress(Exception), joined(farm.address):
            return


@pytest.fixture(scope="session")
def _farm(_storage) -> Iterator[Farm]:
    # Not in pytest's own folder: the path of a socket has 107 letters at most.
    folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_TMPDIR", folder)
        with untidy():
            farm = _started()
            _visit(farm)
        yield farm
        with untidy():
            farm.end()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def farm(_farm, storage) -> Farm:
    """A cluster that is whole."""
    with untidy():
        _farm.complete()
    return _farm
