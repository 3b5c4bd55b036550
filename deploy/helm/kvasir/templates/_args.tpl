{{/* Arguments of `kvasir serve`, one a line. */}}
{{- define "kvasir.args" -}}
{{- $epp := .Values.router.epp -}}
- serve
- --mode={{ if eq (include "kvasir.picks" .) "true" }}ext-proc{{ else }}proxy{{ end }}
{{- if eq (include "kvasir.hasPool" .) "true" }}
- --pool-name={{ include "kvasir.poolName" . }}
- --pool-namespace={{ .Release.Namespace }}
{{- else }}
{{- $labels := list }}
{{- range $key, $value := .Values.router.modelServers.matchLabels }}
{{- $labels = append $labels (printf "%s=%s" $key $value) }}
{{- end }}
{{- $ports := list }}
{{- range .Values.router.modelServers.targetPorts }}
{{- $ports = append $ports (toString .number) }}
{{- end }}
- {{ printf "--endpoint-selector=%s" (join "," $labels) | quote }}
- --endpoint-target-ports={{ join "," $ports }}
{{- end }}
{{- if eq (include "kvasir.picks" .) "true" }}
- --grpc-port=9002
- --grpc-health-port={{ $epp.grpcHealthPort }}
{{- if eq (include "kvasir.envoy" .) "true" }}
- --secure-serving=false
- --grpc-host=127.0.0.1
{{- end }}
{{- if $epp.tlsSecretName }}
- --cert-path=/certs
- --enable-cert-reload=true
{{- end }}
{{- else }}
- --http-port={{ .Values.router.proxy.port }}
{{- end }}
- --metrics-port=9090
- --metrics-endpoint-auth={{ .Values.router.monitoring.prometheus.auth.enabled }}
{{- with $epp.metricsDataSource.scheme }}
- --model-server-metrics-scheme={{ . }}
{{- end }}
{{- with $epp.metricsDataSource.path }}
- {{ printf "--model-server-metrics-path=%s" . | quote }}
{{- end }}
{{- if hasKey $epp.metricsDataSource "insecureSkipVerify" }}
- --model-server-metrics-https-insecure-skip-verify={{ $epp.metricsDataSource.insecureSkipVerify }}
{{- end }}
{{- range $flag, $value := $epp.flags }}
- {{ printf "--%s=%s" $flag (kindIs "string" $value | ternary $value (toJson $value)) | quote }}
{{- end }}
{{- end -}}
