"""A cluster of processes: a real etcd, API server, controller manager and istiod, and a node that runs pods as processes in
network namespaces of their own. Run by the script `run` inside of a network and mount namespace that nobody else sees."""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request

HOST = "10.244.0.1"
TOKEN = "token-of-the-suite"
CONTROLLERS = (
    "namespace-controller,endpointslice-controller,endpoints-controller,serviceaccount-controller,"
    "root-ca-certificate-publisher-controller,deployment-controller,replicaset-controller,garbage-collector-controller"
)
ISTIOD = {
    "ENABLE_GATEWAY_API_INFERENCE_EXTENSION": "true",
    # filters that only Istio's own Envoy has
    "PILOT_ENABLE_ALPN_FILTER": "false",
    "PILOT_ENABLE_METADATA_EXCHANGE": "false",
    "PILOT_ENABLE_HBONE": "false",
    "ENABLE_CA_SERVER": "false",
    "EXTERNAL_CA": "",
    "POD_NAMESPACE": "istio-system",
    "POD_NAME": "istiod",
}
ENVOY = """
node: {{id: "router~{ip}~{pod}.{ns}~{ns}.svc.cluster.local", cluster: gateway, metadata: {{NAMESPACE: "{ns}",
  CLUSTER_ID: Kubernetes, ISTIO_VERSION: 1.31.0, INSTANCE_IPS: "{ip}", LABELS: {labels}}}}}
admin: {{address: {{socket_address: {{address: 0.0.0.0, port_value: 15000}}}}}}
dynamic_resources:
  ads_config: {{api_type: GRPC, transport_api_version: V3, grpc_services: [{{envoy_grpc: {{cluster_name: xds}}}}]}}
  cds_config: {{ads: {{}}, resource_api_version: V3}}
  lds_config: {{ads: {{}}, resource_api_version: V3}}
static_resources:
  clusters:
    - name: xds
      connect_timeout: 5s
      typed_extension_protocol_options:
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
          "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
          explicit_http_config: {{http2_protocol_options: {{}}}}
      load_assignment:
        cluster_name: xds
        endpoints: [{{lb_endpoints: [{{endpoint: {{address: {{socket_address: {{address: {host}, port_value: 15010}}}}}}}}]}}]
"""


def until(what, met, seconds=180):
    """Waits for a condition, which may fail with an error as well."""
    last = None
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            value = met()
            if value:
                return value
        except (OSError, KeyError, subprocess.CalledProcessError) as error:
            last = error
        time.sleep(0.2)
    raise SystemExit(f"{what}: not within {seconds} s ({last})")


def get(url, headers=None, body=None, timeout=30):
    """Status and text of an answer over plain http."""
    request = urllib.request.Request(url, data=body, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Cluster:
    """Starts the programs of a control plane, and stops them with itself."""

    def __init__(self, work, programs, kubectl):
        self.work, self.programs, self.kubectl_program = work, programs, kubectl
        self.processes = []
        self.url = f"https://{HOST}:6443"
        self.trust = None

    def launch(self, name, command, env=None, log=None):
        out = open(f"{self.work}/{log or name}.log", "ab")
        process = subprocess.Popen(command, stdout=out, stderr=out, env=env, cwd=self.work, start_new_session=True)
        self.processes.append(process)
        return process

    def program(self, name, *args, env=None):
        return self.launch(name, [f"{self.programs}/{name}", *args], env)

    def start(self):
        """Everything up to istiod, with all definitions."""
        work = self.work
        openssl = ["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{work}/sa.key"]
        subprocess.run(openssl, check=True, capture_output=True)
        subprocess.run(
            ["openssl", "ec", "-in", f"{work}/sa.key", "-pubout", "-out", f"{work}/sa.pub"], check=True, capture_output=True
        )
        with open(f"{work}/tokens.csv", "w") as file:
            file.write(f'{TOKEN},admin,admin,"system:masters"\n')
        self.program(
            "etcd", f"--data-dir={work}/data", "--listen-client-urls=http://127.0.0.1:2379",
            "--advertise-client-urls=http://127.0.0.1:2379", "--listen-peer-urls=http://127.0.0.1:2380",
            "--initial-advertise-peer-urls=http://127.0.0.1:2380", "--initial-cluster=default=http://127.0.0.1:2380",
            "--unsafe-no-fsync",
        )
        self.program(
            "kube-apiserver", "--etcd-servers=http://127.0.0.1:2379", "--bind-address=0.0.0.0", f"--advertise-address={HOST}",
            "--secure-port=6443", f"--cert-dir={work}", "--endpoint-reconciler-type=none",
            f"--token-auth-file={work}/tokens.csv", f"--service-account-key-file={work}/sa.pub",
            f"--service-account-signing-key-file={work}/sa.key", "--service-account-issuer=https://kubernetes.default.svc",
            "--service-cluster-ip-range=10.96.0.0/16", "--authorization-mode=RBAC", "--allow-privileged=true",
            "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition,Priority",
        )
        until("the API server's certificate", lambda: os.path.getsize(f"{work}/apiserver.crt"))
        self.trust = ssl.create_default_context(cafile=f"{work}/apiserver.crt")
        until("the API server", lambda: self.ask("GET", "/readyz", raw=True) == "ok")
        with open(f"{work}/kubeconfig", "w") as file:
            json.dump({
                "apiVersion": "v1", "kind": "Config", "current-context": "x",
                "clusters": [{"name": "c", "cluster": {"server": self.url, "certificate-authority": f"{work}/apiserver.crt"}}],
                "users": [{"name": "u", "user": {"token": TOKEN}}],
                "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            }, file)
        self.kubectl("apply", "--server-side", "-f", f"{self.programs}/definitions/")
        self.program(
            "kube-controller-manager", f"--kubeconfig={work}/kubeconfig", "--leader-elect=false",
            "--use-service-account-credentials=false", f"--service-account-private-key-file={work}/sa.key",
            f"--root-ca-file={work}/apiserver.crt", f"--controllers={CONTROLLERS}",
        )

    def istio(self, charts, helm):
        """istiod, with the templates from which it makes a gateway's Deployment and Service."""
        self.kubectl("create", "namespace", "istio-system")
        templates = subprocess.run(
            [helm, "template", "istiod", charts, "-n", "istio-system", "--kube-version", "1.36.0",
             "--show-only", "templates/istiod-injector-configmap.yaml"],
            check=True, capture_output=True,
        ).stdout
        self.kubectl("apply", "--server-side", "-f", "-", stdin=templates)
        with open(f"{self.work}/mesh.yaml", "w") as file:
            # certificates for mutual TLS come from an agent that a plain Envoy does not have
            file.write("enableAutoMtls: false\naccessLogFile: /dev/stdout\n")
        self.program(
            "pilot-discovery", "discovery", f"--kubeconfig={self.work}/kubeconfig", f"--meshConfig={self.work}/mesh.yaml",
            "--httpAddr=127.0.0.1:8080", "--httpsAddr=", f"--grpcAddr={HOST}:15010", "--secureGRPCAddr=",
            "--monitoringAddr=127.0.0.1:15014", "--domain=cluster.local", "--clusterID=Kubernetes",
            env={**os.environ, **ISTIOD},
        )
        until("istiod", lambda: get("http://127.0.0.1:8080/ready")[0] == 200)

    def ask(self, method, path, body=None, kind="application/json", raw=False):
        request = urllib.request.Request(
            self.url + path, method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"authorization": "Bearer " + TOKEN, "content-type": kind},
        )
        with urllib.request.urlopen(request, timeout=60, context=self.trust) as answer:
            text = answer.read().decode()
            return text if raw else json.loads(text)

    def kubectl(self, *args, stdin=None):
        done = subprocess.run(
            [self.kubectl_program, f"--kubeconfig={self.work}/kubeconfig", *args], input=stdin, capture_output=True
        )
        if done.returncode:
            raise SystemExit(f"kubectl {' '.join(args)}: {done.stderr.decode()}")
        return done.stdout.decode()

    def apply(self, text):
        self.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=text.encode())

    def stop(self):
        for process in reversed(self.processes):
            stop(process)


def stop(process):
    """Ends a process and what it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


class Pod:
    """A pod that runs: its network namespace, address and processes."""

    def __init__(self, node, number, pod):
        self.node, self.meta, self.spec = node, pod["metadata"], pod["spec"]
        self.ip = f"10.244.{1 + number // 250}.{2 + number % 250}"
        self.net = f"pod{number}"
        self.folder = f"{node.cluster.work}/{self.net}"
        self.processes = {}
        self.probes = []
        self.ready = None
        os.makedirs(self.folder)
        for command in (
            f"ip netns add {self.net}",
            f"ip link add v{number} type veth peer name eth0 netns {self.net}",
            f"ip link set v{number} master br0 up",
            f"ip -n {self.net} link set lo up",
            f"ip -n {self.net} addr add {self.ip}/16 dev eth0",
            f"ip -n {self.net} link set eth0 up",
            f"ip -n {self.net} route add default via {HOST}",
            f"ip netns exec {self.net} sysctl -qw net.ipv4.ip_unprivileged_port_start=0",
        ):
            subprocess.run(command.split(), check=True, capture_output=True)
        for container in self.spec["containers"]:
            self.run(container)

    def run(self, container):
        env = {name: os.environ[name] for name in ("PATH", "JAVA_HOME") if name in os.environ}
        env.update(HOME=self.folder, KVASIR_JAVA_OPTS="-Xmx256m")
        fields = {
            "metadata.name": self.meta["name"], "metadata.namespace": self.meta["namespace"], "status.podIP": self.ip,
        }
        for variable in container.get("env", []):
            source = variable.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath")
            env[variable["name"]] = variable.get("value", "") if source is None else fields.get(source, "")
        image = container["image"]
        if "echo-basic" in image:
            port = int(env.get("HTTP_PORT", "3000"))
            self.probes.append(lambda: socket.create_connection((self.ip, port), 1).close() is None)
            command = [f"{self.node.cluster.programs}/echo-basic"]
        elif "proxyv2" in image:
            command = self.envoy()
        elif "envoyproxy" in image:
            port = container["ports"][0]["containerPort"]
            self.probes.append(lambda: socket.create_connection((self.ip, port), 1).close() is None)
            command = [self.node.envoy, *self.args(container), "--concurrency", "1"]
        elif "engine" in image:
            port = container["ports"][0]["containerPort"]
            self.probes.append(lambda: get(f"http://{self.ip}:{port}/health")[0] == 200)
            command = [*self.node.kvasir, *[word.replace("$(POD_IP)", self.ip) for word in container.get("args", [])]]
        else:
            command = self.picker(container, env)
        self.start(container["name"], command, env)

    def start(self, name, command, env):
        command = ["ip", "netns", "exec", self.net, *command]
        self.processes[name] = (self.node.cluster.launch(name, command, env, f"{self.net}-{self.meta['name']}-{name}"), command, env)

    def envoy(self):
        labels = json.dumps(self.meta.get("labels", {}))
        with open(f"{self.folder}/envoy.yaml", "w") as file:
            file.write(ENVOY.format(ip=self.ip, pod=self.meta["name"], ns=self.meta["namespace"], labels=labels, host=HOST))
        self.probes.append(lambda: get(f"http://{self.ip}:15000/ready")[0] == 200)
        return [self.node.envoy, "-c", f"{self.folder}/envoy.yaml", "--concurrency", "1", "--use-dynamic-base-id",
                "--file-flush-interval-msec", "200"]

    def args(self, container):
        """Its arguments, with the folders in which its ConfigMaps lie here."""
        args, namespace = container.get("args", []), self.meta["namespace"]
        for mount in container.get("volumeMounts", []):
            volume = next(one for one in self.spec["volumes"] if one["name"] == mount["name"])
            if "configMap" in volume:
                path = f"/api/v1/namespaces/{namespace}/configmaps/{volume['configMap']['name']}"
                files = self.node.cluster.ask("GET", path)["data"]
                os.makedirs(f"{self.folder}/{mount['name']}")
                for name, text in files.items():
                    with open(f"{self.folder}/{mount['name']}/{name}", "w") as file:
                        file.write(text)
                args = [word.replace(mount["mountPath"], f"{self.folder}/{mount['name']}") for word in args]
        return args

    def picker(self, container, env):
        """The program under test, with the account of its pod and nothing else."""
        cluster, namespace = self.node.cluster, self.meta["namespace"]
        account = self.spec.get("serviceAccountName", "default")
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        token = until(f"the account {account}", lambda: cluster.ask("POST", path, {
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}))["status"]["token"]
        secrets = f"{self.folder}/serviceaccount"
        os.makedirs(secrets)
        for name, text in (("token", token), ("namespace", namespace)):
            with open(f"{secrets}/{name}", "w") as file:
                file.write(text)
        shutil.copy(f"{cluster.work}/apiserver.crt", f"{secrets}/ca.crt")
        args = [word.replace("$(NAMESPACE)", namespace) for word in self.args(container)]
        env.update(KUBERNETES_SERVICE_HOST=HOST, KUBERNETES_SERVICE_PORT="6443", **self.node.picker_env)
        env.pop("JDK_JAVA_OPTIONS", None)
        self.probes.append(lambda: get(f"http://{self.ip}:9090/q/health/ready")[0] == 200)
        inner = ('mount -t tmpfs none /run && mkdir -p /run/secrets/kubernetes.io/serviceaccount && '
                 f'mount --bind {secrets} /run/secrets/kubernetes.io/serviceaccount && exec "$@"')
        return ["unshare", "-m", "sh", "-c", inner, "sh", *self.node.kvasir, *args]

    def kill(self, container):
        """As the kernel kills it; the kubelet starts it again."""
        stop(self.processes[container][0])

    def look(self):
        """Starts again what has ended, and tells the API server whether it is ready."""
        for name, (process, command, env) in list(self.processes.items()):
            if process.poll() is not None:
                self.processes[name] = (
                    self.node.cluster.launch(name, command, env, f"{self.net}-{self.meta['name']}-{name}"), command, env)
        try:
            ready = all(probe() for probe in self.probes)
        except OSError:
            ready = False
        if ready != self.ready:
            self.ready = ready
            word = "True" if ready else "False"
            status = {"status": {
                "phase": "Running", "podIP": self.ip, "podIPs": [{"ip": self.ip}],
                "conditions": [{"type": kind, "status": word} for kind in ("Ready", "ContainersReady")]}}
            path = f"/api/v1/namespaces/{self.meta['namespace']}/pods/{self.meta['name']}/status"
            try:
                self.node.cluster.ask("PATCH", path, status, "application/merge-patch+json")
            except OSError:
                self.ready = None

    def stop(self):
        for process, _, _ in self.processes.values():
            stop(process)
        subprocess.run(["ip", "netns", "del", self.net], capture_output=True)


class Node:
    """What a kubelet does, as far as pods of this suite need it; and an address for what asks for a load balancer."""

    def __init__(self, cluster, kvasir, envoy, picker_env):
        self.cluster, self.kvasir, self.envoy, self.picker_env = cluster, kvasir, envoy, picker_env
        self.pods = {}
        self.numbers = 0
        self.going = True
        # endpoints of Services are of pods on nodes only
        cluster.ask("POST", "/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node"}})
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while self.going:
            try:
                self.round()
            except (OSError, subprocess.CalledProcessError, SystemExit) as error:
                print("node:", error, flush=True)
            time.sleep(0.3)

    def round(self):
        there = {pod["metadata"]["uid"]: pod for pod in self.cluster.ask("GET", "/api/v1/pods")["items"]}
        for uid in [uid for uid in self.pods if uid not in there]:
            self.pods.pop(uid).stop()
        for uid, pod in there.items():
            path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
            if "deletionTimestamp" in pod["metadata"]:
                if uid in self.pods:
                    self.pods.pop(uid).stop()
                self.cluster.ask("DELETE", path, {"gracePeriodSeconds": 0})
            elif uid not in self.pods:
                if not pod["spec"].get("nodeName"):
                    self.cluster.ask("POST", path + "/binding", {
                        "apiVersion": "v1", "kind": "Binding", "metadata": {"name": pod["metadata"]["name"]},
                        "target": {"apiVersion": "v1", "kind": "Node", "name": "node"}})
                self.numbers += 1
                self.pods[uid] = Pod(self, self.numbers, pod)
        for pod in list(self.pods.values()):
            pod.look()
        for service in self.cluster.ask("GET", "/api/v1/services")["items"]:
            self.balance(service)

    def balance(self, service):
        if service["spec"].get("type") != "LoadBalancer":
            return
        namespace, wanted = service["metadata"]["namespace"], service["spec"].get("selector", {})
        addresses = [
            {"ip": pod.ip} for pod in self.pods.values()
            if pod.ready and pod.meta["namespace"] == namespace and wanted.items() <= pod.meta.get("labels", {}).items()
        ][:1]
        if addresses and service.get("status", {}).get("loadBalancer", {}).get("ingress") != addresses:
            path = f"/api/v1/namespaces/{namespace}/services/{service['metadata']['name']}/status"
            self.cluster.ask("PATCH", path, {"status": {"loadBalancer": {"ingress": addresses}}}, "application/merge-patch+json")

    def of(self, namespace, **labels):
        """Ready pods with those labels."""
        return [
            pod for pod in list(self.pods.values())
            if pod.ready and pod.meta["namespace"] == namespace and labels.items() <= pod.meta.get("labels", {}).items()
        ]

    def stop(self):
        self.going = False
        self.thread.join()
        for pod in self.pods.values():
            pod.stop()
