{{/* Deployment, Service and everything else: the peers' name, so that pools and routes that name the Service stay. */}}
{{- define "kvasir.name" -}}
{{- printf "%s-epp" (.Release.Name | lower | trunc 40 | trimSuffix "-") -}}
{{- end -}}

{{/* Objects without a namespace. */}}
{{- define "kvasir.clusterName" -}}
{{- printf "%s-%s-epp" (.Release.Name | lower | trunc 40 | trimSuffix "-") (.Release.Namespace | trunc 63) -}}
{{- end -}}

{{- define "kvasir.poolName" -}}
{{- .Values.router.inferencePool.name | default .Release.Name -}}
{{- end -}}

{{- define "kvasir.selectorLabels" -}}
app.kubernetes.io/name: kvasir
app.kubernetes.io/instance: {{ .Release.Name | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- define "kvasir.labels" -}}
{{ include "kvasir.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/component: endpoint-picker
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Switches are the text "true" or nothing, as a named template can say no more. */}}
{{- define "kvasir.createsPool" -}}
{{- if kindIs "bool" .Values.router.inferencePool.create -}}
{{- if .Values.router.inferencePool.create }}true{{ end -}}
{{- else if eq .Values.mode "gateway" -}}true
{{- end -}}
{{- end -}}

{{/* Whether endpoints come from an InferencePool; else from a selector. */}}
{{- define "kvasir.hasPool" -}}
{{- if or (eq .Values.mode "gateway") (eq (include "kvasir.createsPool" .) "true") -}}true{{- end -}}
{{- end -}}

{{/* Whether the ext-proc port is open; Kvasir's own proxy does without it. */}}
{{- define "kvasir.picks" -}}
{{- if not (and (eq (include "kvasir.proxies" .) "true") (eq .Values.router.proxy.proxyType "kvasir")) -}}true{{- end -}}
{{- end -}}

{{/* Whether the pod takes requests itself, by one proxy or the other. */}}
{{- define "kvasir.proxies" -}}
{{- if and (eq .Values.mode "standalone") .Values.router.proxy.enabled -}}true{{- end -}}
{{- end -}}

{{- define "kvasir.envoy" -}}
{{- if and (eq (include "kvasir.proxies" .) "true") (eq .Values.router.proxy.proxyType "envoy") -}}true{{- end -}}
{{- end -}}

{{- define "kvasir.elects" -}}
{{- if eq (toString (index .Values.router.epp.flags "ha-enable-leader-election")) "true" -}}true{{- end -}}
{{- end -}}

{{/* The flag drain-timeout in whole seconds, rounded up. */}}
{{- define "kvasir.drainSeconds" -}}
{{- $text := index .Values.router.epp.flags "drain-timeout" | default "30s" | toString -}}
{{- if not (regexMatch "^([0-9]+([.][0-9]+)?(ms|s|m|h))+$" $text) -}}
{{- fail (printf "router.epp.flags.drain-timeout: bad value %q; allowed: a duration such as 30s or 1m30s" $text) -}}
{{- end -}}
{{- $seconds := 0.0 -}}
{{- range regexFindAll "[0-9.]+(ms|s|m|h)" $text -1 -}}
{{- $unit := regexFind "[a-z]+$" . -}}
{{- $seconds = addf $seconds (mulf (trimSuffix $unit . | float64) (index (dict "ms" 0.001 "s" 1.0 "m" 60.0 "h" 3600.0) $unit)) -}}
{{- end -}}
{{- ceil $seconds -}}
{{- end -}}
