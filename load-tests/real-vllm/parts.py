"""Processes of the suite: engines, Kvasir, Envoy. Everything listens on the loopback address."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

HOST = "127.0.0.1"
MODEL = "tiny-qwen3"
BLOCK = 32
BLOCKS = 512
MAX_LENGTH = 8192

# a Qwen3 of two small layers: the tokens are real, the weights are not
CONFIG = {
    "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_size": 64, "intermediate_size": 128,
    "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 32, "hidden_act": "silu",
    "max_position_embeddings": 40960, "rms_norm_eps": 1e-06, "rope_theta": 1000000, "attention_bias": False,
    "tie_word_embeddings": True, "torch_dtype": "bfloat16", "use_cache": True, "bos_token_id": 151643,
    "eos_token_id": 151645, "vocab_size": 151936,
}


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def get(url, body=None, timeout=10):
    """Status and text of an answer; 0 where there is none."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=body), timeout=timeout) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def until(what, met, seconds, process=None):
    """Waits for a condition; ends the suite where it does not come, or its process has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = met()
        if value:
            return value
        if process is not None and process.poll() is not None:
            raise SystemExit(f"{what}: the process has ended with {process.returncode}")
        time.sleep(0.1)
    raise SystemExit(f"{what}: not within {seconds} s")


def model_folder(work, tokenizer):
    """A folder that vLLM can serve: random weights, and a published tokenizer."""
    folder = os.path.join(work, "model")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump(CONFIG, file)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(os.path.join(tokenizer, name), os.path.join(folder, name))
    return folder


class Part:
    """One process with what it needs to be started again."""

    def __init__(self, work, name, command, env=None):
        self.log, self.name, self.command, self.env = os.path.join(work, f"{name}.log"), name, command, env
        self.process = None

    def start(self):
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(
                self.command, stdout=out, stderr=out, env={**os.environ, **(self.env or {})}, start_new_session=True
            )

    def stop(self, how=signal.SIGTERM):
        """Ends it and its children."""
        if self.process is None:
            return
        for signal_sent in (how, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, signal_sent)
            except ProcessLookupError:
                pass
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                continue
            break
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


class Engine(Part):
    def __init__(self, work, python, folder, name):
        self.port, self.events, self.replay = free_port(), free_port(), free_port()
        events = {
            "enable_kv_cache_events": True, "publisher": "zmq", "endpoint": f"tcp://*:{self.events}",
            "replay_endpoint": f"tcp://*:{self.replay}", "topic": "kv-events",
        }
        command = [
            python, "-m", "vllm.entrypoints.openai.api_server", "--model", folder, "--served-model-name", MODEL,
            "--load-format", "dummy", "--host", HOST, "--port", str(self.port), "--max-model-len", str(MAX_LENGTH),
            "--max-num-seqs", "16", "--block-size", str(BLOCK), "--num-gpu-blocks-override", str(BLOCKS), "--enforce-eager",
            "--distributed-executor-backend", "uni", "--enable-prefix-caching", "--enable-prompt-tokens-details",
            "--enable-request-id-headers", "--enable-server-load-tracking", "--enable-scale-out",
            "--enable-auto-tool-choice", "--tool-call-parser", "hermes", "--kv-events-config", json.dumps(events),
        ]
        env = {
            "VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_HOST_IP": HOST, "OMP_NUM_THREADS": "1",
            "VLLM_CPU_OMP_THREADS_BIND": "nobind", "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1",
            "VLLM_SERVER_DEV_MODE": "1", "VLLM_ENABLE_RESPONSES_API_STORE": "1",
        }
        super().__init__(work, name, command, env)

    @property
    def url(self):
        return f"http://{HOST}:{self.port}"

    def await_ready(self):
        until(f"engine {self.name} (see {self.log})", lambda: get(self.url + "/health")[0] == 200, 900, self.process)


class Kvasir(Part):
    """Both doors over the engines: the proxy, and the picker that Envoy asks."""

    def __init__(self, work, root, engines, tokenizer):
        self.http, self.grpc, self.health, self.management = (free_port() for _ in range(4))
        self.engines = engines
        pool = {
            "endpoints": [
                {"name": e.name, "address": HOST, "port": e.port, "kvEvents": f"tcp://*:{e.events}?replay={e.replay}"}
                for e in engines
            ]
        }
        # a build beside the suite is to change nothing
        app = shutil.copytree(os.path.join(root, "target/quarkus-app"), os.path.join(work, "app"))
        file = os.path.join(work, "endpoints.yaml")
        with open(file, "w") as out:
            json.dump(pool, out)
        java = [os.path.join(os.environ["JAVA_HOME"], "bin", "java"), "-Xmx512m", "-XX:+UseParallelGC",
                "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-jar",
                os.path.join(app, "quarkus-run.jar")]
        flags = [
            "serve", "--mode", "both", "--endpoints", file, "--http-host", HOST, "--http-port", str(self.http),
            "--grpc-port", str(self.grpc), "--grpc-health-port", str(self.health), "--secure-serving=false",
            "--metrics-port", str(self.management), "--explain-answers", "--access-log", "--decision-log-share", "1",
            "--tokenize-timeout", "2s",
        ]
        if tokenizer:
            flags += ["--tokenizers", f"{MODEL}={tokenizer}"]
        super().__init__(work, "kvasir", java + flags)

    @property
    def management_url(self):
        return f"http://{HOST}:{self.management}"

    def await_ready(self):
        until(f"Kvasir (see {self.log})", lambda: get(self.management_url + "/q/health/ready")[0] == 200, 120, self.process)

    def endpoints(self):
        """What Kvasir says of each endpoint, by its name."""
        return {each["name"]: each for each in json.loads(get(self.management_url + "/api/endpoints")[1])}

    def await_events(self):
        """Until every engine's events are believed."""
        wanted = {engine.name for engine in self.engines}

        def believed():
            return wanted <= {name for name, said in self.endpoints().items() if said["kvEvents"]["state"] == "complete"}

        until("KV events of all engines", believed, 60, self.process)

    def finished_requests(self):
        """Lines of the access log, by request id."""
        lines = {}
        with open(self.log, encoding="utf-8", errors="replace") as log:
            for line in log:
                at = line.find('{"door"')
                if at >= 0:
                    entry = json.loads(line[at:])
                    if "request" in entry:
                        lines[entry["request"]] = entry
        return lines

    def metrics(self, *families):
        """Samples of these families that are not zero."""
        text = get(self.management_url + "/metrics")[1]
        return [
            line for line in text.splitlines()
            if any(line.startswith(family) for family in families) and not line.endswith((" 0", " 0.0"))
        ]


class Envoy(Part):
    """A real Envoy that asks Kvasir where requests go."""

    def __init__(self, work, root, program, kvasir):
        self.port, self.admin = free_port(), free_port()
        with open(os.path.join(root, "deploy/envoy/original-dst.yaml")) as file:
            config = file.read()
        for given, ours in (
            ("address: 0.0.0.0, port_value: 10000", f"address: {HOST}, port_value: {self.port}"),
            ("port_value: 9901", f"port_value: {self.admin}"),
            ("port_value: 9002", f"port_value: {kvasir.grpc}"),
        ):
            if config.count(given) != 1:
                raise SystemExit(f"deploy/envoy/original-dst.yaml has no single {given!r}")
            config = config.replace(given, ours)
        # the log of Kvasir knows requests by the id that the client gave them
        config = config.replace("codec_type: AUTO", "codec_type: AUTO\n                preserve_external_request_id: true")
        path = os.path.join(work, "envoy.yaml")
        with open(path, "w") as out:
            out.write(config)
        super().__init__(
            work, "envoy",
            [program, "-c", path, "--concurrency", "1", "--log-level", "warning", "--use-dynamic-base-id"],
        )

    def await_ready(self):
        until(f"Envoy (see {self.log})", lambda: get(f"http://{HOST}:{self.admin}/ready")[0] == 200, 30, self.process)
