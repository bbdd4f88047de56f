# A release of etcd, with nothing around it. Stormglass lays out `root/`: the release's programs,
# and, where they are not static, their loader and the shared libraries that they load.
FROM scratch
COPY root/ /
ENV LD_LIBRARY_PATH=/usr/local/lib PATH=/usr/local/bin
ENTRYPOINT ["/usr/local/bin/etcd"]
