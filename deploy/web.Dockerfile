# The image of the web services: nginx before the applications, one configuration a service.
#
#   docker build -f deploy/web.Dockerfile -t ecp-web .
#   --build-arg BASE=…   another nginx 1.19 or newer, with curl
ARG BASE=nginx:1.28

FROM ${BASE}
COPY deploy/nginx /etc/nginx/ecp
RUN install -d -o 101 -g 101 /run/nginx
# nginx needs no right of root's: it listens on 8080 and writes below /run/nginx only.
USER 101:101
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=5s --start-period=20s --retries=12 \
  CMD ["curl", "-fsS", "-o", "/dev/null", "http://localhost:8080/nginx-health"]
ENTRYPOINT []
CMD ["nginx", "-e", "stderr", "-c", "/etc/nginx/ecp/nginx.conf"]
