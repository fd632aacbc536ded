# One image, four roles: node dist/main.js web | worker | simulator | all (docker-compose.yml starts the first three).

FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build

FROM node:22-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM node:22-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
COPY config ./config
# Made here so that a volume mounted over it belongs to the user that writes to it.
RUN mkdir data && chown node:node data
USER node
EXPOSE 8080 8081
# The role's own port: web and worker answer on PORT. docker-compose.yml has the simulator's check.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8080}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# No shell and no npm in between: signals reach the process that drains.
ENTRYPOINT ["node", "--enable-source-maps", "dist/main.js"]
CMD ["web"]
