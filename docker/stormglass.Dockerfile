# Stormglass: one static binary, with nothing around it. `make image` builds both.
#   docker run --rm --network host -v "$PWD/runs:/stormglass/runs" stormglass:local \
#     run shared --target external --endpoints 127.0.0.1:2379
FROM scratch
COPY stormglass /usr/local/bin/stormglass
# Runs go to /stormglass/runs: mount a folder of yours there. Scratch has no /tmp and no home either.
WORKDIR /stormglass
ENV PATH=/usr/local/bin HOME=/stormglass TMPDIR=/stormglass STORMGLASS_CACHE=/stormglass/cache
ENTRYPOINT ["/usr/local/bin/stormglass"]
CMD ["--help"]
