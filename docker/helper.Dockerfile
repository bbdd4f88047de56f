# Stormglass itself, for users who may speak to the engine and are not root: this container does as
# root what the target `docker` takes root for. Stormglass lays out `root/`: its own program and,
# where it is not static, its loader and the shared libraries that it loads.
FROM scratch
COPY root/ /
ENV LD_LIBRARY_PATH=/usr/local/lib
ENTRYPOINT ["/usr/local/bin/stormglass"]
