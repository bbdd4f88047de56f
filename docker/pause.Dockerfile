# Holds a member's network namespace, whatever becomes of the member. The program is some hundred
# bytes that Stormglass writes itself (harness/src/target/docker/pause.rs).
FROM scratch
COPY pause /pause
ENTRYPOINT ["/pause"]
