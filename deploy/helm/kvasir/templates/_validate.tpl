{{/* What the schema cannot say. Each message is one line that names the key. */}}
{{- define "kvasir.validate" -}}
{{- $epp := .Values.router.epp -}}
{{- range $old, $new := dict "inferenceExtension" "router.epp, router.monitoring" "inferencePool" "router.modelServers, router.inferencePool" "experimentalHttpRoute" "httpRoute" "inferenceObjectives" "router.inferenceObjectives" -}}
{{- if hasKey $.Values $old -}}
{{- fail (printf "%s: the older charts' key; use %s" $old $new) -}}
{{- end -}}
{{- end -}}
{{- range $part := list "tokenizer" "latencyPredictor" "tracing" -}}
{{- if dig $part "enabled" false $.Values.router -}}
{{- fail (printf "router.%s.enabled: there is no such part in Kvasir; docs/drop-in.md says what takes its place" $part) -}}
{{- end -}}
{{- end -}}
{{- if ne .Values.router.modelServers.type "vllm" -}}
{{- fail (printf "router.modelServers.type: bad value %q; allowed: vllm; pods of other engines say so by the label llm-d.ai/engine-type" .Values.router.modelServers.type) -}}
{{- end -}}
{{- if and (or (eq .Values.mode "standalone") (eq (include "kvasir.createsPool" .) "true")) (not .Values.router.modelServers.matchLabels) -}}
{{- fail "router.modelServers.matchLabels: not set; name the labels of the engines' pods, such as {app: vllm}" -}}
{{- end -}}
{{- range $flag, $key := dict "mode" "mode, router.proxy.proxyType" "pool-name" "router.inferencePool.name" "pool-namespace" "the release's namespace" "pool-group" "nothing: pools are of inference.networking.k8s.io" "endpoint-selector" "router.modelServers.matchLabels" "endpoint-target-ports" "router.modelServers.targetPorts" "grpc-port" "router.epp.extProcPort" "grpc-health-port" "router.epp.grpcHealthPort" "metrics-port" "nothing: it is 9090" "management-port" "nothing: it is 9090" "http-port" "router.proxy.port" "metrics-endpoint-auth" "router.monitoring.prometheus.auth.enabled" "cert-path" "router.epp.tlsSecretName" "model-server-metrics-scheme" "router.epp.metricsDataSource.scheme" "model-server-metrics-path" "router.epp.metricsDataSource.path" "model-server-metrics-https-insecure-skip-verify" "router.epp.metricsDataSource.insecureSkipVerify" -}}
{{- if hasKey $epp.flags $flag -}}
{{- fail (printf "router.epp.flags.%s: set by the chart; use %s" $flag $key) -}}
{{- end -}}
{{- end -}}
{{- range $flag := list "secure-serving" "grpc-host" -}}
{{- if and (eq (include "kvasir.envoy" $) "true") (hasKey $epp.flags $flag) -}}
{{- fail (printf "router.epp.flags.%s: set by the chart where Envoy is in the pod; leave it out" $flag) -}}
{{- end -}}
{{- end -}}
{{- if and (eq (include "kvasir.elects" .) "true") (ne (include "kvasir.picks" .) "true") -}}
{{- fail "router.epp.flags.ha-enable-leader-election: only an endpoint picker elects; replicas of the HTTP proxy are all active" -}}
{{- end -}}
{{- $needed := add (include "kvasir.drainSeconds" . | int) $epp.preStopSeconds -}}
{{- if le (int $epp.terminationGracePeriodSeconds) (int $needed) -}}
{{- fail (printf "router.epp.terminationGracePeriodSeconds: bad value %d; allowed: more than %d, which drain-timeout and preStopSeconds take" (int $epp.terminationGracePeriodSeconds) (int $needed)) -}}
{{- end -}}
{{- if and (eq (include "kvasir.createsPool" .) "true") (ne (include "kvasir.picks" .) "true") -}}
{{- fail "router.inferencePool.create: a pool is for gateways, and proxyType kvasir opens no port for them; leave it out" -}}
{{- end -}}
{{- if and .Values.router.inferenceObjectives (ne (include "kvasir.hasPool" .) "true") -}}
{{- fail "router.inferenceObjectives: they belong to an InferencePool, and there is none; set router.inferencePool.create" -}}
{{- end -}}
{{- if and .Values.httpRoute.create (ne .Values.mode "gateway") -}}
{{- fail "httpRoute.create: only in mode gateway" -}}
{{- end -}}
{{- end -}}
