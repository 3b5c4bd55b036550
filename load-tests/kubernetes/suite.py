"""What is tried on the cluster, and the table of it: suite.py WORK PROGRAMS KUBECTL HELM ENVOY CHARTS KVASIR PART..."""

import json
import os
import re
import subprocess
import sys
import threading
import time

from cluster import Cluster, Node, get, until

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MODEL = "meta-llama/Llama-3.1-8B-Instruct"
CHAT = {"model": MODEL, "max_tokens": 4, "messages": [{"role": "user", "content": "hello"}]}
GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: inference-gateway, namespace: gateways}
spec:
  gatewayClassName: istio
  listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]
"""
ENGINES = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: engines, namespace: inference}
spec:
  replicas: 3
  selector: {matchLabels: {app: vllm-llama}}
  template:
    metadata: {labels: {app: vllm-llama, tier: chat}}
    spec:
      containers:
        - name: engine
          image: engine
          args: [simulate, --pool, h200=1, --host, $(POD_IP), --base-port, "8000", --model, "%s"]
          ports: [{containerPort: 8000}]
""" % MODEL
RULES = """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: %s, namespace: inference-conformance-app-backend}
spec:
  host: %s.inference-conformance-app-backend.svc.cluster.local
  trafficPolicy: {tls: {mode: SIMPLE, insecureSkipVerify: true, sni: %s.inference-conformance-app-backend.svc.cluster.local}}
"""
PICKERS = ["primary", "secondary", "appprotocol-http", "appprotocol-h2c", "dp"]
rows = []


def row(what, result):
    rows.append((what, result))
    print(f"| {what} | {result} |", flush=True)


def chat(url, timeout=30):
    try:
        return get(url + "/v1/chat/completions", {"content-type": "application/json"}, json.dumps(CHAT).encode(), timeout)[0]
    except OSError:
        return 0


class Traffic:
    """Requests, one after another on several threads, and how they ended."""

    def __init__(self, url, threads=4):
        self.url, self.statuses, self.going = url, [], True
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self):
        while self.going:
            self.statuses.append(chat(self.url))
            time.sleep(0.02)

    def after(self, seconds):
        time.sleep(seconds)
        return self

    def stop(self):
        self.going = False
        for thread in self.threads:
            thread.join()
        failed = [status for status in self.statuses if status != 200]
        return f"{len(self.statuses)} requests, {len(failed)} failed" + (f" {sorted(set(failed))}" if failed else "")


def render(helm, values, *more):
    return subprocess.run(
        [helm, "template", "chat", f"{ROOT}/deploy/helm/kvasir", "--namespace", "inference", "--kube-version", "1.36.0",
         "--values", f"{ROOT}/deploy/helm/ci/{values}-values.yaml",
         "--set-json", 'router.modelServers.targetPorts=[{"number":8000}]', *more],
        check=True, capture_output=True, text=True,
    ).stdout


def standalone(cluster, node, helm):
    """The chart without any gateway: Envoy in the picker's pod."""
    cluster.kubectl("create", "namespace", "inference")
    cluster.apply(ENGINES)
    cluster.apply(render(helm, "standalone-envoy"))
    until("three engines", lambda: len(node.of("inference", app="vllm-llama")) == 3, 300)
    pod = until("the picker", lambda: node.of("inference", **{"app.kubernetes.io/name": "kvasir"}), 300)[0]
    url = f"http://{pod.ip}:8081"
    until("a request", lambda: chat(url) == 200, 120)
    row("Envoy in the picker's pod", Traffic(url).after(10).stop())
    traffic = Traffic(url).after(2)
    victim = node.of("inference", app="vllm-llama")[0].meta["name"]
    cluster.kubectl("delete", "pod", victim, "-n", "inference")
    row("an engine's pod deleted, its process killed at once", traffic.after(10).stop())
    pod.kill("epp")
    begun = time.monotonic()
    until("the picker is gone", lambda: chat(url) != 200, 60)
    until("a request", lambda: chat(url) == 200, 120)
    row("the only picker killed: until requests are answered again", f"{time.monotonic() - begun:.0f} s")
    cluster.kubectl("delete", "namespace", "inference", "--timeout=120s")


def chart(cluster, node, helm):
    """The chart as it is, behind a Gateway of Istio's; then pickers, engines and pods of both are killed."""
    for name in ("inference", "gateways"):
        cluster.kubectl("create", "namespace", name)
    cluster.apply(GATEWAY)
    cluster.apply(ENGINES)
    cluster.apply(render(helm, "istio", "--set", "router.epp.replicas=2"))
    begun = time.monotonic()
    until("three engines", lambda: len(node.of("inference", app="vllm-llama")) == 3, 300)
    until("two pickers", lambda: len(node.of("inference", **{"app.kubernetes.io/name": "kvasir"})) == 2, 300)
    gateway = until("the gateway", lambda: node.of("gateways"), 120)[0]
    url = f"http://{gateway.ip}"
    until("a request", lambda: chat(url) == 200, 120)
    row("from nothing to the first answer", f"{time.monotonic() - begun:.0f} s")

    def pickers():
        return node.of("inference", **{"app.kubernetes.io/name": "kvasir"})

    def picked():
        total = 0.0
        for pod in pickers():
            page = get(f"http://{pod.ip}:9090/metrics", {"authorization": "Bearer " + reader(cluster)})[1]
            total += sum(float(line.rsplit(" ", 1)[1]) for line in page.splitlines() if line.startswith("kvasir_picks_total"))
        return total

    before = picked()
    traffic = Traffic(url).after(10)
    told = traffic.stop()
    row("HTTPRoute to the InferencePool, both pickers", f"{told}; {picked() - before:.0f} picks")

    traffic = Traffic(url).after(2)
    pickers()[0].kill("epp")
    told = traffic.after(15).stop()
    row("one of two pickers killed", told)
    until("two pickers", lambda: len(pickers()) == 2, 300)

    traffic = Traffic(url).after(2)
    node.of("inference", app="vllm-llama")[0].kill("engine")
    told = traffic.after(10).stop()
    row("an engine's process killed, its pod ready for a while", told)
    until("three engines", lambda: len(node.of("inference", app="vllm-llama")) == 3, 300)

    traffic = Traffic(url).after(2)
    victim = node.of("inference", app="vllm-llama")[0].meta["name"]
    cluster.kubectl("delete", "pod", victim, "-n", "inference")
    told = traffic.after(10).stop()
    row("an engine's pod deleted", told)

    traffic = Traffic(url).after(2)
    for pod in pickers():
        pod.kill("epp")
    told = traffic.after(10).stop()
    row("both pickers killed (FailOpen)", told)


def reader(cluster):
    """A token that may read metrics."""
    cluster.apply("""
apiVersion: v1
kind: ServiceAccount
metadata: {name: reader, namespace: inference}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: chat-inference-epp-metrics-reader}
subjects: [{kind: ServiceAccount, name: reader, namespace: inference}]
""")
    return cluster.kubectl("create", "token", "reader", "-n", "inference").strip()


def conformance(cluster, more):
    """The Inference Extension's own suite, with its own manifests."""
    def rules():
        cluster.kubectl("create", "namespace", "inference-conformance-app-backend")
        for name in PICKERS:
            host = f"{name}-endpoint-picker-svc"
            cluster.apply(RULES % (host, host, host))

    rules()
    with open(f"{cluster.work}/conformance.log", "w") as log:
        subprocess.run(
            [f"{cluster.programs}/conformance.test", "-test.v", "-test.timeout=40m", "-gateway-class", "istio", "-allow-crds-mismatch",
             "-cleanup-base-resources=false", *more],
            env={**os.environ, "KUBECONFIG": f"{cluster.work}/kubeconfig"}, stdout=log, stderr=log, cwd=cluster.work,
        )
    text = open(f"{cluster.work}/conformance.log").read()
    results = re.findall(r"^ +--- (PASS|FAIL|SKIP): TestConformance/(\w+) \(([\d.]+)s\)", text, re.M)
    for result, name, seconds in results:
        row(name, f"{result.lower()}, {seconds} s")
    passed = sum(result == "PASS" for result, _, _ in results)
    row("conformance suite", f"{passed} of {len(results)} pass")
    return bool(results) and passed == len(results)


def main():
    work, programs, kubectl, helm, envoy, charts, kvasir, *parts = sys.argv[1:]
    cluster = Cluster(work, programs, kubectl)
    node = None
    good = True
    print("| | |\n|---|---|", flush=True)
    try:
        cluster.start()
        if set(parts) - {"standalone"}:
            cluster.istio(charts, helm)
        node = Node(cluster, [kvasir], envoy, {"KVASIR_CONFORMANCE": "true"} if "conformance" in parts else {})
        if "standalone" in parts:
            standalone(cluster, node, helm)
        if "chart" in parts:
            chart(cluster, node, helm)
        if "conformance" in parts:
            good = conformance(cluster, parts[parts.index("conformance") + 1:])
    finally:
        if node:
            node.stop()
        cluster.stop()
    sys.exit(0 if good else 1)


main()
