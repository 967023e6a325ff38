# One image for every worker. Set-up needs a compiler and pip; the running image has neither.
FROM node:22.20.0-bookworm-slim AS setup
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# Debian keeps only the newest build of a stable release's package, so a pinned version would vanish.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates g++ python3 python3-pip \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY scripts/setup.mjs scripts/binaries.lock.json scripts/
COPY scripts/setup scripts/setup
# cpu, or cuda for images that train on a card. The data set of the example is not part of an image.
ARG ACCELERATOR=cpu
ENV XDG_CACHE_HOME=/opt/cache
RUN node scripts/setup.mjs --accelerator "$ACCELERATOR" --only packages,libtensorflow,addon

FROM node:22.20.0-bookworm-slim
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
ENV XDG_CACHE_HOME=/opt/cache NOISY_STUDENT_HOME=/var/lib/noisy-student
COPY --from=setup /opt/cache /opt/cache
COPY --from=setup /app/node_modules node_modules
COPY package.json package-lock.json .npmrc tsconfig.json ./
COPY scripts scripts
COPY schemas schemas
COPY pipelines pipelines
COPY lib lib
COPY activities activities
COPY workflows workflows
COPY api api
COPY workers workers
COPY cli cli
RUN mkdir -p "$NOISY_STUDENT_HOME" && chown node:node "$NOISY_STUDENT_HOME"
# The image's user node.
USER 1000:1000
STOPSIGNAL SIGTERM
# Exec form, and no npm in between: SIGTERM reaches the worker, which checkpoints before it leaves.
ENTRYPOINT ["node", "--import", "tsx", "cli/main.ts"]
CMD ["worker"]
