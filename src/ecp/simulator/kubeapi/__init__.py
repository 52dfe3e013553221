"""The Kubernetes API of the simulated clusters, at /clusters/{name}/…: what kubectl speaks to.

One ASGI application, `kubeapi(clusters)`. It decodes HTTP into `Request`s for the cluster and
encodes what the store holds; it decides nothing about the cluster itself.

    hosting    what is asked of the service that runs the clusters
    wire       HTTP: media types, parameters, replies, errors as Status
    routes     paths → what they mean
    bodies     bytes of a request → objects (JSON, YAML, protobuf), in the server's words
    encoding   objects → bytes, cached; tables and metadata-only forms
    reading    get and list        watching   watch        writing   everything that changes
    marks      what every answer carries: an audit id, who queued it
    health     what the server says of itself: /healthz, /livez, /readyz, /metrics
    scale, logs, reviews           subresources and resources that are not stored
"""

from ecp.simulator.kubeapi.app import kubeapi
from ecp.simulator.kubeapi.hosting import Closed, ClusterDirectory, Hosted

__all__ = ["Closed", "ClusterDirectory", "Hosted", "kubeapi"]
