package dev.pando.bench.collectives;

import dev.pando.collectives.wire.TransportSettings;
import dev.pando.collectives.wire.TransportSettings.Udp;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;

/// What to measure; as options of the command, which hands them on to every rank's process.
///
/// @param world number of ranks
/// @param transport `shared memory`, `shared result`, `log buffers`, `udp loopback`, `udp namespaces`, `overlap` of
///   computation and communication, or `memory alone`: no all-reduce, but what memory would allow one
/// @param namespaces network namespaces in which ranks run, one each, as `NAME=ADDRESS`; none: all in this one
record AllReduceOptions(
        int world,
        String transport,
        TransportSettings settings,
        long minBytes,
        long maxBytes,
        int samples,
        double sampleSeconds,
        double warmUpSeconds,
        List<String> namespaces) {
    private static final String MEMORY = "memory alone";
    private static final String SHARED_RESULT = "shared result";
    private static final String OVERLAP = "overlap";

    static AllReduceOptions parse(String[] args) {
        AllReduceOptions options =
                new AllReduceOptions(
                        2, "shared memory", TransportSettings.defaults(), 4 << 10, 64 << 20, 15, 0.04, 3, List.of());
        for (Iterator<String> words = Arrays.asList(args).iterator(); words.hasNext(); ) {
            options = options.with(words.next(), words.next());
        }
        return options;
    }

    boolean isMemoryAlone() {
        return transport.equals(MEMORY);
    }

    boolean isOverlap() {
        return transport.equals(OVERLAP);
    }

    boolean sharesResult() {
        return transport.equals(SHARED_RESULT);
    }

    private AllReduceOptions with(String option, String value) {
        int world = this.world;
        String transport = this.transport;
        TransportSettings settings = this.settings;
        long minBytes = this.minBytes;
        long maxBytes = this.maxBytes;
        int samples = this.samples;
        double sampleSeconds = this.sampleSeconds;
        double warmUpSeconds = this.warmUpSeconds;
        List<String> namespaces = this.namespaces;
        switch (option) {
            case "--world" -> world = Integer.parseInt(value);
            case "--transport" -> {
                transport = value;
                settings =
                        switch (value) {
                            case "shared memory", SHARED_RESULT, OVERLAP, MEMORY -> settings.withSharing(true);
                            case "log buffers" -> settings.withSharing(false);
                            case "udp loopback" ->
                                    settings.withHost("rank " + ProcessHandle.current().pid())
                                            .withUdp(Udp.at("127.0.0.1"));
                            case "udp namespaces" -> settings; // see --address
                            default -> throw new IllegalArgumentException("no transport " + value);
                        };
            }
            case "--min-kb" -> minBytes = Long.parseLong(value) << 10;
            case "--max-mb" -> maxBytes = Long.parseLong(value) << 20;
            case "--samples" -> samples = Integer.parseInt(value);
            case "--sample-ms" -> sampleSeconds = Double.parseDouble(value) / 1e3;
            case "--warm-up-s" -> warmUpSeconds = Double.parseDouble(value);
            case "--namespaces" -> namespaces = List.of(value.split(" "));
            case "--address" -> settings = settings.withHost(value).withUdp(Udp.at(value));
            case "--udp" -> {
                int[] sizes = Arrays.stream(value.split(" ")).mapToInt(Integer::parseInt).toArray();
                String address = settings.udp().map(Udp::address).orElse("127.0.0.1");
                settings = settings.withUdp(new Udp(address, sizes[0], sizes[1] << 10, sizes[2] << 10, sizes[3]));
            }
            case "--slice-kb" -> settings = settings.withSliceBytes(Integer.parseInt(value) << 10);
            case "--eager-kb" -> settings = settings.withEagerBytes(Integer.parseInt(value) << 10);
            case "--chunk-kb" -> settings = settings.withChunkBytes(Integer.parseInt(value) << 10);
            case "--term-kb" -> settings = settings.withTermBytes(Integer.parseInt(value) << 10);
            default -> throw new IllegalArgumentException("no option " + option);
        }
        return new AllReduceOptions(
                world, transport, settings, minBytes, maxBytes, samples, sampleSeconds, warmUpSeconds, namespaces);
    }
}
