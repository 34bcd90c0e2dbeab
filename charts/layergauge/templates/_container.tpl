{{/* What the container is and what it is told. */}}

{{- define "layergauge.image" -}}
{{- with .Values.image -}}
{{- $tag := .tag | default $.Chart.AppVersion -}}
{{- ternary (printf "%s@%s" .repository .digest) (printf "%s:%s" .repository $tag) (ne .digest "") | quote -}}
{{- end -}}
{{- end }}

{{/* Everything the server reads is written out, its defaults too: the chart's values decide. */}}
{{- define "layergauge.environment" -}}
- { name: LAYERGAUGE_PORT, value: {{ .Values.server.port | quote }} }
- { name: LAYERGAUGE_METRICS_PORT, value: {{ .Values.metrics.port | quote }} }
- { name: LAYERGAUGE_TLS_DIR, value: /etc/layergauge/tls }
- { name: LAYERGAUGE_PATH_FILE, value: /etc/layergauge/path/path }
{{- if .Values.server.clientCA.configMapName }}
- { name: LAYERGAUGE_CLIENT_CA_FILE, value: {{ printf "/etc/layergauge/client-ca/%s" .Values.server.clientCA.key | quote }} }
{{- end }}
- { name: LAYERGAUGE_LOG_LEVEL, value: {{ .Values.server.logLevel }} }
- { name: LAYERGAUGE_DRAIN_SECONDS, value: {{ .Values.server.drainSeconds | quote }} }
- { name: LAYERGAUGE_NODE_SELECTOR, value: {{ .Values.server.gpuNodeSelector | quote }} }
- { name: LAYERGAUGE_CONTEXT_MIB, value: {{ .Values.estimate.contextMiB | toJson | quote }} }
{{- end }}
