{{/*
What Helm makes up once and keeps: the secret path and, in the mode `helm`, the certificate. An upgrade finds them in the
cluster. Where they are not there yet, each is made up once per rendering and remembered in the root context, so that the
Secret, the webhook configuration and the Deployment cannot be given different ones.
*/}}

{{/* In lower case: the API server takes a path only of what a DNS name is made of. 40 of it are 200 bits. */}}
{{- define "layergauge.path" -}}
{{- if not (hasKey . "keptPath") -}}
  {{- $secret := lookup "v1" "Secret" .Release.Namespace (include "layergauge.pathSecretName" .) | default dict -}}
  {{- $known := get ($secret.data | default dict) "path" | b64dec -}}
  {{- $_ := set . "keptPath" (.Values.webhook.path | default $known | default (randAlphaNum 40 | lower)) -}}
{{- end -}}
{{- .keptPath -}}
{{- end }}

{{/* The data of the certificate's Secret, base64, as YAML. */}}
{{- define "layergauge.certificate" -}}
{{- if not (hasKey . "keptCertificate") -}}
  {{- $secret := lookup "v1" "Secret" .Release.Namespace (include "layergauge.tlsSecretName" .) | default dict -}}
  {{- $data := pick ($secret.data | default dict) "ca.crt" "tls.crt" "tls.key" -}}
  {{- if ne (len (compact (values $data))) 3 -}}
    {{- $data = include "layergauge.newCertificate" . | fromYaml -}}
  {{- end -}}
  {{- $_ := set . "keptCertificate" $data -}}
{{- end -}}
{{- toYaml .keptCertificate -}}
{{- end }}

{{/* A CA and a certificate of it. ECDSA: its handshakes are cheaper than RSA's. The key of the CA is not kept. */}}
{{- define "layergauge.newCertificate" -}}
{{- $days := int .Values.certificates.helm.days -}}
{{- $names := include "layergauge.dnsNames" . | fromYamlArray -}}
{{- $ca := genCAWithKey "layergauge-ca" $days (genPrivateKey "ecdsa") -}}
{{- $leaf := genSignedCertWithKey "layergauge" nil $names $days $ca (genPrivateKey "ecdsa") -}}
ca.crt: {{ $ca.Cert | b64enc }}
tls.crt: {{ $leaf.Cert | b64enc }}
tls.key: {{ $leaf.Key | b64enc }}
{{- end }}

{{/*
The CAs the API server trusts, base64. Beside the certificate's own CA stands whatever it trusted until now, as long as
that is another: pods serve their old certificate until the kubelet brings them the new one. The next upgrade drops it.
*/}}
{{- define "layergauge.caBundle" -}}
{{- if eq .Values.certificates.mode "provided" -}}
  {{- .Values.certificates.provided.caBundle | b64enc -}}
{{- else -}}
  {{- $secret := lookup "v1" "Secret" .Release.Namespace (include "layergauge.tlsSecretName" .) | default dict -}}
  {{- $ca := get (include "layergauge.certificate" . | fromYaml) "ca.crt" | b64dec -}}
  {{- $stored := get ($secret.data | default dict) "ca.crt" | b64dec -}}
  {{- $live := lookup "admissionregistration.k8s.io/v1" "MutatingWebhookConfiguration" "" "00-layergauge" | default dict -}}
  {{- $trusted := "" -}}
  {{- range $live.webhooks }}{{ $trusted = .clientConfig.caBundle | default "" | b64dec }}{{ end -}}
  {{- ternary $ca (print $ca $trusted) (eq $ca $stored) | b64enc -}}
{{- end -}}
{{- end }}
