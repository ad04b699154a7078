package dev.pando.collectives.wire;

import io.aeron.Aeron;
import io.aeron.ChannelUri;
import io.aeron.CommonContext;
import io.aeron.Image;
import io.aeron.Subscription;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/// All that arrives for one member: drops what is stale, holds back what is early, and sorts the rest by rank.
///
/// Used by the member's device thread alone.
public final class Inbox implements AutoCloseable {
    private final List<Subscription> subscriptions = new ArrayList<>();
    private final Traffic traffic;
    private final AtomicInteger arrivals = new AtomicInteger();
    private int seen;
    private Inbound[] inbounds = {};
    private StreamStripes[] byRank = {};
    private Epoch epoch;
    private long newest = Long.MIN_VALUE;

    /// @param channels at all of which the member listens, each as Aeron writes it
    public Inbox(Aeron aeron, List<String> channels, int stream, Traffic traffic) {
        this.traffic = traffic;
        for (String channel : channels) {
            subscriptions.add(
                    aeron.addSubscription(
                            channel, stream, _ -> arrivals.incrementAndGet(), _ -> arrivals.incrementAndGet()));
        }
    }

    /// From here on, frames of this epoch are what an operation sees.
    public void adopt(Epoch now) {
        if (epoch != now) {
            epoch = now;
            byRank = new StreamStripes[now.size()];
        }
    }

    /// Looks at every stream's head.
    public void pump() {
        int changes = arrivals.get();
        if (changes != seen) {
            seen = changes;
            refresh();
        }
        for (Inbound inbound : inbounds) {
            while (inbound.hasHead()) {
                if (isStale(inbound)) {
                    traffic.stale();
                    inbound.drop();
                    continue;
                }
                if (inbound.epoch() > epoch.number()) {
                    newest = Math.max(newest, inbound.epoch());
                } else {
                    lanes(inbound.rank(), inbound.lanes()).put(inbound.lane(), inbound);
                }
                break;
            }
        }
    }

    /// The stream of a member of this epoch, its head a frame of this operation, or null.
    public Inbound head(int rank, long operation) {
        StreamStripes lanes = byRank[rank];
        if (lanes == null) {
            return null;
        }
        Inbound inbound = lanes.head();
        while (inbound != null && inbound.hasHead() && inbound.epoch() == epoch.number()) {
            if (inbound.kind() != Frame.NUDGE) {
                return inbound.operation() == operation ? inbound : null;
            }
            inbound.consume();
            inbound = lanes.head();
        }
        return null;
    }

    /// Whether that member's stream was here in this epoch, and has ended.
    public boolean hasEnded(int rank) {
        return byRank[rank] != null && byRank[rank].hasEnded();
    }

    /// The newest epoch that any frame spoke of.
    public long newest() {
        return newest;
    }

    /// Where it listens for other hosts, once the kernel has given it a port; null until then.
    public String udpEndpoint() {
        String channel = subscriptions.getLast().tryResolveChannelEndpointPort();
        return channel == null ? null : ChannelUri.parse(channel).get(CommonContext.ENDPOINT_PARAM_NAME);
    }

    @Override
    public void close() {
        subscriptions.forEach(Subscription::close);
    }

    private boolean isStale(Inbound inbound) {
        return !inbound.isKnown()
                || inbound.group() != epoch.group()
                || inbound.epoch() < epoch.number()
                || inbound.epoch() == epoch.number() && !isPossible(inbound);
    }

    private boolean isPossible(Inbound inbound) {
        return inbound.rank() < byRank.length
                && inbound.lane() >= 0
                && inbound.lane() < inbound.lanes()
                && (byRank[inbound.rank()] == null || byRank[inbound.rank()].size() == inbound.lanes());
    }

    private StreamStripes lanes(int rank, int count) {
        if (byRank[rank] == null) {
            byRank[rank] = new StreamStripes(count);
        }
        return byRank[rank];
    }

    private void refresh() {
        inbounds =
                subscriptions.stream()
                        .flatMap(subscription -> subscription.images().stream())
                        .map(this::inbound)
                        .toArray(Inbound[]::new);
    }

    private Inbound inbound(Image image) {
        return Arrays.stream(inbounds)
                .filter(inbound -> inbound.image() == image)
                .findFirst()
                .orElseGet(() -> new Inbound(image));
    }
}
