{{/* Names and labels. */}}

{{/* 55 characters leave room for the longest suffix of a Service, -metrics, in the 63 of a DNS label. */}}
{{- define "layergauge.fullname" -}}
{{- $name := .Release.Name -}}
{{- if not (contains .Chart.Name $name) }}{{ $name = printf "%s-%s" $name .Chart.Name }}{{ end -}}
{{- .Values.fullnameOverride | default $name | trunc 55 | trimSuffix "-" -}}
{{- end }}

{{- define "layergauge.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (include "layergauge.fullname" .) -}}
{{- end }}

{{/* One Secret per mode: what Helm owns and what cert-manager owns must never be the same object. */}}
{{- define "layergauge.tlsSecretName" -}}
{{- $fullname := include "layergauge.fullname" . -}}
{{- $names := dict "helm" (printf "%s-tls" $fullname) "cert-manager" (printf "%s-cert-manager-tls" $fullname) -}}
{{- get $names .Values.certificates.mode | default .Values.certificates.provided.secretName -}}
{{- end }}

{{- define "layergauge.pathSecretName" -}}
{{- printf "%s-path" (include "layergauge.fullname" .) -}}
{{- end }}

{{/* The names the API server may call the Service by. It uses the first. */}}
{{- define "layergauge.dnsNames" -}}
{{- $service := printf "%s.%s.svc" (include "layergauge.fullname" .) .Release.Namespace -}}
{{- list $service (printf "%s.cluster.local" $service) | toYaml -}}
{{- end }}

{{- define "layergauge.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "layergauge.labels" -}}
{{ include "layergauge.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}
