package io.kvasir.discovery.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.http.Dispatcher;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.fabric8.mockwebserver.http.Response;
import io.fabric8.mockwebserver.http.WebSocket;
import io.fabric8.mockwebserver.http.WebSocketListener;
import io.kvasir.cluster.ApiClients;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** An API server of many pods that answers with bytes made beforehand, so that what it costs is little and always the same. */
final class PodServer {
    private static final String CONTINUE = "continue=next";

    private final int pods;
    private final MockWebServer server = new MockWebServer();
    /** Watches of pods, in the order in which they were opened. */
    final BlockingQueue<WebSocket> watches = new LinkedBlockingQueue<>();

    PodServer(int pods) {
        Logger.getLogger(MockWebServer.class.getName()).setLevel(Level.WARNING);
        this.pods = pods;
        serve();
    }

    int pods() {
        return pods;
    }

    /** Length of a pod's JSON. */
    int podBytes() {
        return pod(0, "1").length();
    }

    /** A client as discovery uses it. */
    KubernetesClient client() {
        return ApiClients.forStreams(new ConfigBuilder(Config.empty())
                .withMasterUrl("http://localhost:" + server.getPort() + "/")
                .withHttp2Disable(true)
                .build());
    }

    /** Ends the watch, with the word that everything has to be listed again. */
    static void expire(WebSocket watch) {
        // a watch that brought nothing before it is gone is not opened again at once
        watch.send("{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":"
                + "{\"resourceVersion\":\"2\"}}}");
        watch.send("{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"code\":410}}");
    }

    /** An event for every pod; where they are not ready, that differs from the list. */
    List<String> events(boolean ready) {
        var events = new ArrayList<String>();
        for (int i = 0; i < pods; i++) {
            String event = "{\"type\":\"MODIFIED\",\"object\":" + pod(i, "2") + "}";
            events.add(ready ? event : event.replace("\"True\"", "\"False\""));
        }
        return events;
    }

    private void serve() {
        byte[] first = list(0, pods / 2, "next");
        byte[] second = list(pods / 2, pods, "");
        byte[] none = list(0, 0, "");
        server.setDispatcher(new Dispatcher() {
            @Override
            public MockResponse dispatch(RecordedRequest request) {
                if (request.getPath().contains("watch=true")) {
                    return new MockResponse()
                            .withWebSocketUpgrade(new Opened(request.getPath().contains("/pods")));
                }
                byte[] body = !request.getPath().contains("/pods?")
                        ? none
                        : request.getPath().contains(CONTINUE) ? second : first;
                return new MockResponse().setResponseCode(200).setBody(body);
            }
        });
        server.start(0);
    }

    private byte[] list(int from, int to, String next) {
        var text = new StringBuilder(
                        "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"1\"")
                .append(",\"continue\":\"" + next + "\"},\"items\":[");
        for (int i = from; i < to; i++) {
            text.append(i == from ? "" : ",").append(pod(i, "1"));
        }
        return text.append("]}").toString().getBytes(StandardCharsets.UTF_8);
    }

    /** A pod about as large as real ones: environment, mounts, probes, statuses and the field managers' books. */
    private static String pod(int i, String version) {
        var env = new StringBuilder();
        for (int e = 0; e < 30; e++) {
            env.append(
                    "    - {name: VLLM_SETTING_NUMBER_%d, value: \"some value of a setting, %d\"}\n".formatted(e, e));
        }
        var managed = new StringBuilder();
        for (int f = 0; f < 60; f++) {
            managed.append(
                    "            'k:{\"name\":\"VLLM_SETTING_NUMBER_%d\"}': {'.': {}, 'f:name': {}, 'f:value': {}}\n"
                            .formatted(f));
        }
        return Serialization.asJson(Serialization.unmarshal(
                """
                apiVersion: v1
                kind: Pod
                metadata:
                  name: vllm-llama-70b-decode-%1$d
                  namespace: llm
                  uid: 0c5d9c7e-7d6e-4a5b-8f3a-%1$012d
                  resourceVersion: "%4$s"
                  labels: {app: vllm, llm-d.ai/role: both, llm-d.ai/model: llama-70b, pod-template-hash: 6d4cf56db6}
                  annotations: {prometheus.io/scrape: "true", k8s.v1.cni.cncf.io/network-status: "[]"}
                  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: vllm-6d4cf56db6, uid: a, controller: true}]
                  managedFields:
                  - apiVersion: v1
                    manager: kube-controller-manager
                    operation: Update
                    time: "2026-01-01T00:00:00Z"
                    fieldsType: FieldsV1
                    fieldsV1:
                      'f:spec':
                        'f:containers':
                          'k:{"name":"engine"}':
                %3$s
                spec:
                  nodeName: gpu-node-%1$d
                  schedulerName: default-scheduler
                  serviceAccountName: vllm
                  tolerations: [{key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}]
                  volumes:
                  - {name: cache, emptyDir: {medium: Memory, sizeLimit: 16Gi}}
                  - {name: model, persistentVolumeClaim: {claimName: model, readOnly: true}}
                  containers:
                  - name: engine
                    image: registry.example.com/vllm/vllm-openai:v0.20.0
                    command: [vllm, serve, /model, --tensor-parallel-size=8, --port=8000]
                    ports: [{containerPort: 8000, name: http, protocol: TCP}]
                    resources: {limits: {nvidia.com/gpu: 8, cpu: 64, memory: 512Gi}, requests: {nvidia.com/gpu: 8, cpu: 32}}
                    readinessProbe: {httpGet: {path: /health, port: 8000}, periodSeconds: 5, failureThreshold: 3}
                    livenessProbe: {httpGet: {path: /health, port: 8000}, periodSeconds: 10, failureThreshold: 3}
                    volumeMounts: [{name: cache, mountPath: /dev/shm}, {name: model, mountPath: /model, readOnly: true}]
                    env:
                %2$s
                status:
                  phase: Running
                  hostIP: 10.1.%5$d.%6$d
                  podIP: 10.0.%5$d.%6$d
                  conditions:
                  - {type: Initialized, status: "True", lastTransitionTime: "2026-01-01T00:00:00Z"}
                  - {type: Ready, status: "True", lastTransitionTime: "2026-01-01T00:00:00Z"}
                  - {type: ContainersReady, status: "True", lastTransitionTime: "2026-01-01T00:00:00Z"}
                  - {type: PodScheduled, status: "True", lastTransitionTime: "2026-01-01T00:00:00Z"}
                  containerStatuses:
                  - {name: engine, ready: true, restartCount: 0, started: true, image: x, imageID: y, containerID: z}
                """.formatted(i, env, managed.toString().indent(4), version, i / 250, 1 + i % 250), Pod.class));
    }

    private final class Opened extends WebSocketListener {
        private final boolean ofPods;

        Opened(boolean ofPods) {
            this.ofPods = ofPods;
        }

        @Override
        public void onOpen(WebSocket socket, @Nullable Response response) {
            if (ofPods) {
                watches.add(socket);
            }
        }
    }
}
