# Stormglass from its sources, for machines with a registry of images. UNTESTED: no registry can be
# reached where Stormglass is developed; `make image` and stormglass.Dockerfile are what is tested.
#   docker build -f docker/stormglass.public.Dockerfile -t stormglass .
ARG RUST=rust:1-bookworm
FROM ${RUST} AS build
WORKDIR /src
COPY . .
RUN make static && cp target/static/stormglass /stormglass

FROM scratch
COPY --from=build /stormglass /usr/local/bin/stormglass
WORKDIR /stormglass
ENV PATH=/usr/local/bin HOME=/stormglass TMPDIR=/stormglass STORMGLASS_CACHE=/stormglass/cache
ENTRYPOINT ["/usr/local/bin/stormglass"]
CMD ["--help"]
