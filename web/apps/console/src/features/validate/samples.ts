/** Manifests to try: one that would run, and the same with two mistakes. */

export const GOOD = `apiVersion: v1
kind: Service
metadata:
  name: chatbot-service
  labels: {app: chatbot}
spec:
  selector: {app: chatbot}
  ports:
    - {name: http, port: 8081, targetPort: http}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: chatbot
  labels: {app: chatbot, tier: main}
spec:
  replicas: 2
  selector:
    matchLabels: {app: chatbot}
  template:
    metadata:
      labels: {app: chatbot}
    spec:
      securityContext: {runAsNonRoot: true, runAsUser: 10001, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: chatbot
          image: harbor.ecp-ai.com/ecp-ai/chatbot:1.4.2
          ports:
            - {name: http, containerPort: 8081}
          securityContext:
            allowPrivilegeEscalation: false
            capabilities: {drop: [ALL]}
          resources:
            requests: {cpu: 500m, memory: 512Mi}
            limits: {cpu: "1", memory: 1Gi}
          readinessProbe:
            httpGet: {path: /ready, port: http}
            periodSeconds: 5
`;

export const BAD = GOOD.replace(
  "      labels: {app: chatbot}\n    spec:",
  "      labels: {app: chat-bot}\n    spec:",
).replace("memory: 512Mi}", "memory: 2Gi}");
