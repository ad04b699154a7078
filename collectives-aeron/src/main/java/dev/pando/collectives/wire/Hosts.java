package dev.pando.collectives.wire;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Which members of an epoch are on which host. The first of each host, by rank, speaks for it.
public final class Hosts {
    private final int[] speakers;
    private final int[] neighbours;

    /// @param own identity of the host of the member at this rank, which has no peer
    public Hosts(Peer[] peers, int rank, String own) {
        Map<String, List<Integer>> byHost = new LinkedHashMap<>();
        for (int at = 0; at < peers.length; at++) {
            String host = at == rank ? own : peers[at].host();
            byHost.computeIfAbsent(host, _ -> new ArrayList<>()).add(at);
        }
        speakers = byHost.values().stream().mapToInt(List::getFirst).toArray();
        neighbours = byHost.get(own).stream().mapToInt(Integer::intValue).toArray();
    }

    /// Ranks of those who speak for a host, ascending.
    public int[] speakers() {
        return speakers;
    }

    /// Ranks of the members of this host, ascending, this one among them.
    public int[] neighbours() {
        return neighbours;
    }

    public int speaker() {
        return neighbours[0];
    }
}
