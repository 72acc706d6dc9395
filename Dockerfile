# syntax=docker/dockerfile:1
# The image holds a virtual environment and nothing else: no compiler, no uv, no checkout.

FROM python:3.11.13-slim-bookworm AS build
# Faust ships no wheel for Linux on ARM, so there its C parts are compiled here.
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/* \
    && pip install --no-cache-dir uv==0.13.8
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PROJECT_ENVIRONMENT=/opt/penstock \
    UV_PYTHON_DOWNLOADS=never
WORKDIR /build
# Dependencies first: they change less often than we do.
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --no-install-project
COPY . .
RUN uv sync --frozen --no-dev --no-editable

FROM python:3.11.13-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/penstock --create-home penstock
COPY --from=build /opt/penstock /opt/penstock
# A container's loopback is of no use to who asks for health and metrics from outside.
ENV PATH=/opt/penstock/bin:$PATH \
    PENSTOCK_LOG_FORMAT=json \
    PENSTOCK_STATE_DIR=/var/lib/penstock \
    PENSTOCK_WEB_HOST=0.0.0.0 \
    PYTHONUNBUFFERED=1
USER penstock
# The one folder that it may write to.
WORKDIR /var/lib/penstock
EXPOSE 6066
# A worker that is told finishes its slice and leaves the group.
STOPSIGNAL SIGTERM
ENTRYPOINT ["penstock"]
CMD ["worker"]
