{{/* Probes of the Kvasir container: gRPC health where the picker is open, else the management listener's health. */}}
{{- define "kvasir.probes" -}}
{{- $picks := eq (include "kvasir.picks" .) "true" -}}
{{- $port := .Values.router.epp.grpcHealthPort -}}
{{- $tls := hasKey .Values.router.epp.flags "metrics-cert-dir" -}}
startupProbe:
  {{- include "kvasir.probe" (dict "picks" $picks "port" $port "tls" $tls "service" "liveness" "path" "/q/health/live") | nindent 2 }}
  periodSeconds: 1
  failureThreshold: 60
livenessProbe:
  {{- include "kvasir.probe" (dict "picks" $picks "port" $port "tls" $tls "service" "liveness" "path" "/q/health/live") | nindent 2 }}
  periodSeconds: 10
  timeoutSeconds: 5
readinessProbe:
  {{- include "kvasir.probe" (dict "picks" $picks "port" $port "tls" $tls "service" "readiness" "path" "/q/health/ready") | nindent 2 }}
  periodSeconds: 2
  timeoutSeconds: 2
{{- end -}}

{{- define "kvasir.probe" -}}
{{- if .picks -}}
grpc:
  port: {{ .port }}
  service: {{ .service }}
{{- else -}}
httpGet:
  path: {{ .path }}
  port: metrics
  {{- if .tls }}
  scheme: HTTPS
  {{- end }}
{{- end -}}
{{- end -}}

{{/* Security context of a container: the restricted Pod Security Standard. */}}
{{- define "kvasir.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* A wait before SIGTERM, given in seconds. Before Kubernetes 1.30 it needs a program in the image. */}}
{{- define "kvasir.preStop" -}}
{{- $native := semverCompare ">=1.30.0-0" .root.Capabilities.KubeVersion.Version -}}
{{- if and (gt (int .seconds) 0) (or $native .program) -}}
lifecycle:
  preStop:
    {{- if $native }}
    sleep:
      seconds: {{ .seconds }}
    {{- else }}
    exec:
      command: [sleep, {{ .seconds | quote }}]
    {{- end }}
{{- end -}}
{{- end -}}
