# One image for every process; what it runs is its command. Built once: with the tools to build, then without them.
FROM node:24.21.0-bookworm-slim AS built
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY . .
# What builds is not needed any more, nor the Node that npm brings for machines without: the image has its own.
RUN node ops/build.mjs && rm -rf node_modules/@swc node_modules/node-* node_modules/.bin

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATA_DIR=/data
WORKDIR /app
COPY --from=built /app/package.json ./
COPY --from=built /app/node_modules ./node_modules
COPY --from=built /app/dist ./dist
COPY --from=built /app/ops/healthy.mjs ./ops/
RUN mkdir /data /files && chown node:node /data /files
USER node
EXPOSE 3000
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 CMD ["node", "ops/healthy.mjs"]
# Everything in one process, on /data.
CMD ["node", "--enable-source-maps", "dist/main.js"]
