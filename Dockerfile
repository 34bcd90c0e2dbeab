FROM node:24-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY scripts/build.mjs scripts/
COPY src src
RUN node scripts/build.mjs

# Node and nothing else: no shell, no package manager, no node_modules.
FROM gcr.io/distroless/nodejs24-debian13:nonroot
COPY LICENSE /app/
COPY --from=build /src/dist/server.mjs /app/
# `nonroot`, by number: only of a number can the kubelet tell that it is not root.
USER 65532:65532
EXPOSE 8443 9090
ENTRYPOINT ["/nodejs/bin/node", "/app/server.mjs"]
