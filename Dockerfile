# Lamplighter in a slim image: Node 26 runs the TypeScript as it is, so there is nothing to compile.
#
#   docker build -t lamplighter .                                  (behind a mirror: --build-arg IMAGE_PREFIX=mirror.example/library/
#                                                                   --build-arg NPM_REGISTRY=https://npm.example)
#   docker run --init --read-only --tmpfs /tmp -v lamplighter-data:/data -v "$PWD/lamplighter.yaml:/etc/lamplighter/lamplighter.yaml:ro" \
#     -v "$PWD/policies:/etc/lamplighter/policies:ro" -p 127.0.0.1:8080:8080 lamplighter
#
# --init, because a daemon that runs as process 1 does not reap what its probes leave behind.

ARG IMAGE_PREFIX=
ARG BASE=node:26-bookworm-slim

FROM ${IMAGE_PREFIX}${BASE} AS packages
ARG NPM_REGISTRY=
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts ${NPM_REGISTRY:+--registry="$NPM_REGISTRY"}

FROM ${IMAGE_PREFIX}${BASE}
ARG IMAGE_PREFIX
ARG BASE
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="lamplighter" \
      org.opencontainers.image.description="Watches rented GPUs on huixingyun and chenyu, and acts on YAML policies" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${IMAGE_PREFIX}${BASE}"
ENV NODE_ENV=production

# /data is the only place that is written to; a new named volume takes its owner from here.
RUN mkdir -p /data /etc/lamplighter/policies && chown node:node /data \
 && printf '%s\n' '#!/bin/sh' '# In the folder of the configuration, so that `docker exec CONTAINER lamplighter instances` finds it.' \
      'cd /etc/lamplighter && exec node --disable-warning=ExperimentalWarning --disable-sigusr1 --max-semi-space-size=8 /app/src/cli/main.ts "$@"' > /usr/local/bin/lamplighter \
 && chmod 755 /usr/local/bin/lamplighter

WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY scripts/healthcheck.mjs ./scripts/
COPY src ./src

USER node
VOLUME ["/data"]
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 CMD ["node", "scripts/healthcheck.mjs"]
# A signal must not open the debugger, which can read every token.
CMD ["node", "--disable-warning=ExperimentalWarning", "--disable-sigusr1", "--max-semi-space-size=4", "src/cli/main.ts", "run", "--config", "/etc/lamplighter/lamplighter.yaml"]
