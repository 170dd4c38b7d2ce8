{{- define "probegate.labels" -}}
app.kubernetes.io/name: probegate
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "probegate.selector" -}}
app.kubernetes.io/name: probegate
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "probegate.secret" -}}
{{- if and .Values.metrics.existingSecret .Values.metrics.token -}}
{{- fail "metrics: existingSecret or token, not both" -}}
{{- end -}}
{{- .Values.metrics.existingSecret | default (printf "%s-metrics" .Release.Name) -}}
{{- end }}

{{- /* A file of the monitoring with the namespace, the job and the runbooks of the values. */ -}}
{{- define "probegate.renamed" -}}
{{- $prefix := empty .values.metrics.namespace | ternary "" (printf "%s_" .values.metrics.namespace) -}}
{{- $text := regexReplaceAll "probegate_(gateway|circuit_breaker|probe|readiness)_" .text (printf "%s${1}_" $prefix) -}}
{{- $text = $text | replace "job=\"probegate\"" (printf "job=\"%s\"" .values.metrics.job) -}}
{{- $text | replace "https://git.example/probegate/blob/main/docs/runbooks.md" .values.monitoring.runbooks -}}
{{- end }}
