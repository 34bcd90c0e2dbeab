{{/* Which pods are ours, once, for the webhook's two entries and for the policy that warns. */}}

{{/*
Opting in is an annotation, and selectors match labels: hence CEL. These cannot fail, for a condition that fails counts as
a call that did. trim() because the webhook, too, takes "deny\n" for "deny".
*/}}
{{- define "layergauge.matchConditions" -}}
- name: opted-in
  expression: object.metadata.?annotations[?'layergauge.dev/model'].orValue('') != ''
- name: not-switched-off
  expression: object.metadata.?annotations[?'layergauge.dev/mode'].orValue('').trim() != 'off'
# The kubelet's copy of a static pod: nothing may change it.
- name: not-a-mirror-pod
  expression: "!object.metadata.?annotations[?'kubernetes.io/config.mirror'].hasValue()"
{{- end }}

{{/* Never kube-system, and never our own pods: they could not start while we are down. */}}
{{- define "layergauge.namespaceSelector" -}}
{{- $selector := .Values.webhook.namespaceSelector -}}
{{- with $selector.matchLabels -}}
matchLabels:
  {{- toYaml . | nindent 2 }}
{{ end -}}
matchExpressions:
  - key: kubernetes.io/metadata.name
    operator: NotIn
    values:
      {{- concat (list "kube-system" .Release.Namespace) .Values.webhook.excludedNamespaces | uniq | toYaml | nindent 6 }}
  {{- with $selector.matchExpressions }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* Only creation: most of a pod cannot be changed later. */}}
{{- define "layergauge.rules" -}}
- apiGroups: ['']
  apiVersions: [v1]
  operations: [CREATE]
  resources: [pods]
  scope: Namespaced
{{- end }}

{{/* The annotations of the pods that a Job, CronJob, Deployment or StatefulSet makes, as elements of a list in CEL. */}}
{{- define "layergauge.templates" -}}
?object.?spec.?template.?metadata.?annotations, ?object.?spec.?jobTemplate.?spec.?template.?metadata.?annotations
{{- end }}
