package dev.pando.chaos.simulation.world;

import dev.pando.chaos.simulation.engine.Node;
import dev.pando.chaos.simulation.engine.Wait;
import dev.pando.training.step.Collective;
import dev.pando.training.step.ShardTree;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// One member of the simulated data plane: keeps every promise of [Collective], on virtual time.
///
/// Unlike the meeting in one JVM, members of one all-reduce may end differently: one has the sum, another has waited in
/// vain, as on a network.
final class SimulatedCollective implements Collective {
    private static final int SUM = 21;
    private static final int STATE = 22;
    private static final int EVIDENCE = 23;
    private static final long SUM_NS = 20_000_000;
    private static final long STATE_NS = 400_000_000;
    private static final long EVIDENCE_NS = 50_000_000;
    private static final Outcome DONE = new Outcome.Done();

    /// A blocked operation.
    static final class Call {
        private final Wait wait;
        private final Supplier<Optional<Outcome>> look;
        private Outcome outcome;

        private Call(Wait wait, Supplier<Optional<Outcome>> look) {
            this.wait = wait;
            this.look = look;
        }

        private void end(Outcome given) {
            if (outcome == null) {
                outcome = given;
                wait.end();
            }
        }
    }

    private final Hub hub;
    private final Node node;
    private final String address;
    private Membership membership = new Membership("", Long.MIN_VALUE, List.of());
    private boolean left;
    private Call blocked;
    private long calls;

    SimulatedCollective(Hub hub, Node node, String address) {
        this.hub = hub;
        this.node = node;
        this.address = address;
    }

    Node node() {
        return node;
    }

    @Override
    public String address() {
        return address;
    }

    @Override
    public Memory memory() {
        return (name, bytes) -> hub.arena().allocate(bytes, Float.BYTES);
    }

    @Override
    public void enter(Membership next) {
        if (next.epoch() > membership.epoch()) {
            membership = next;
            look();
        }
    }

    @Override
    public Outcome allReduce(
            Deadline deadline, Operation operation, ShardTree tree, List<Partial> mine, MemorySegment result) {
        if (isOver(operation)) {
            return new Outcome.EpochOver(membership.epoch());
        }
        Membership during = membership;
        Hub.Place place = new Hub.Place(during.group(), operation, "");
        Hub.Reduction reduction = hub.reduction(place);
        hub.contribute(reduction, this, mine);
        Outcome outcome =
                await(deadline, during, () -> missing(during, reduction), reduction, () -> after(SUM, SUM_NS));
        if (outcome instanceof Outcome.Done) {
            result.copyFrom(hub.sum(reduction, tree));
        }
        return outcome;
    }

    /// Members whose part has not come, or cannot come.
    private List<Member> missing(Membership during, Hub.Reduction reduction) {
        if (reduction.senders().size() == during.members().size() && hub.network().isWhole()) {
            return List.of();
        }
        List<Member> missing = new ArrayList<>();
        for (Member member : during.members()) {
            SimulatedCollective sender = reduction.senders().get(member.address());
            if (sender == null || hub.network().parts(node, sender.node)) {
                missing.add(member);
            }
        }
        return missing;
    }

    @Override
    public Outcome send(Deadline deadline, Operation operation, String to, List<MemorySegment> spans) {
        if (isOver(operation)) {
            return new Outcome.EpochOver(membership.epoch());
        }
        Membership during = only(to);
        Hub.Place place = new Hub.Place(membership.group(), operation, to);
        List<MemorySegment> copies = spans.stream().map(hub::copy).toList();
        Hub.Parcel[] parcel = new Hub.Parcel[1];
        return await(
                deadline,
                during,
                call -> {
                    parcel[0] = new Hub.Parcel(copies, call);
                    hub.parcels().put(place, parcel[0]);
                    wake(hub.receivers().get(place));
                },
                () -> false,
                () -> parcel[0].taken ? List.of() : during.members(),
                () -> 0L);
    }

    @Override
    public Outcome receive(Deadline deadline, Operation operation, String from, List<MemorySegment> spans) {
        if (isOver(operation)) {
            return new Outcome.EpochOver(membership.epoch());
        }
        Membership during = only(from);
        Hub.Place place = new Hub.Place(membership.group(), operation, name());
        SimulatedCollective sender = hub.member(during.members().getFirst().address());
        Outcome outcome =
                await(
                        deadline,
                        during,
                        call -> hub.receivers().put(place, call),
                        () -> false,
                        () ->
                                hub.parcels().containsKey(place)
                                                && (sender == null || !hub.network().parts(node, sender.node))
                                        ? List.of()
                                        : during.members(),
                        () -> after(STATE, STATE_NS));
        hub.receivers().remove(place);
        if (outcome instanceof Outcome.Done) {
            Hub.Parcel parcel = hub.parcels().remove(place);
            for (int i = 0; i < spans.size(); i++) {
                spans.get(i).copyFrom(parcel.spans.get(i));
            }
            parcel.taken = true;
            wake(parcel.sender);
        }
        return outcome;
    }

    /// Blocks until no member is missing, or something else ends it.
    private Outcome await(
            Deadline deadline,
            Membership during,
            Supplier<List<Member>> missing,
            Hub.Reduction reduction,
            Supplier<Long> transferNs) {
        Outcome outcome =
                await(
                        deadline,
                        during,
                        call -> {
                            reduction.waiting().add(call);
                            if (reduction.senders().size() == during.members().size()) {
                                List.copyOf(reduction.waiting()).forEach(this::wake);
                            }
                        },
                        // If no member has left, the last one to come wakes all; none needs to check before.
                        () ->
                                hub.network().isWhole()
                                        && reduction.senders().size() < during.members().size()
                                        && hub.lost(reduction, during).isEmpty(),
                        missing,
                        transferNs);
        return outcome;
    }

    /// @param futile whether there is no need to look who is missing
    private Outcome await(
            Deadline deadline,
            Membership during,
            Consumer<Call> begun,
            BooleanSupplier futile,
            Supplier<List<Member>> missing,
            Supplier<Long> transferNs) {
        Wait wait = Wait.here(hub.engine());
        boolean[] arriving = new boolean[1];
        Call[] self = new Call[1];
        Call call =
                new Call(
                        wait,
                        () -> {
                            if (left || membership.epoch() > during.epoch()) {
                                return Optional.of(new Outcome.EpochOver(membership.epoch()));
                            }
                            if (futile.getAsBoolean()) {
                                return Optional.empty();
                            }
                            List<Member> away = missing.get();
                            if (away.isEmpty()) {
                                if (!arriving[0]) {
                                    arriving[0] = true;
                                    hub.engine()
                                            .after(
                                                    transferNs.get(),
                                                    node,
                                                    address.hashCode() + calls,
                                                    () -> self[0].end(DONE));
                                }
                                return Optional.empty();
                            }
                            return away.stream()
                                    .filter(member -> hub.member(member.address()) == null)
                                    .map(member -> (Outcome) new Outcome.MemberLost(member.name(), "it has left"))
                                    .findFirst();
                        });
        self[0] = call;
        blocked = call;
        calls++;
        begun.accept(call);
        wake(call);
        hub.engine()
                .after(
                        Math.min(deadline.patienceNs(), Long.MAX_VALUE / 4),
                        node,
                        address.hashCode() + calls,
                        () -> {
                            List<String> away = missing.get().stream().map(Member::name).toList();
                            if (!away.isEmpty()) {
                                call.end(new Outcome.TimedOut(away));
                            }
                        });
        wait.await();
        blocked = null;
        return call.outcome == null ? new Outcome.EpochOver(membership.epoch()) : call.outcome;
    }

    private void wake(Call call) {
        if (call != null && call.outcome == null) {
            call.look.get().ifPresent(call::end);
        }
    }

    /// Something has changed: does a blocked operation end?
    void look() {
        wake(blocked);
    }

    private long after(int what, long mostNs) {
        return mostNs / 4 + Long.remainderUnsigned(hub.engine().dice(what, address.hashCode(), calls), mostNs);
    }

    private boolean isOver(Operation operation) {
        if (operation.epoch() > membership.epoch()) {
            throw new IllegalStateException(
                    "epoch " + operation.epoch() + " was not entered, " + membership.epoch() + " was");
        }
        return left || operation.epoch() < membership.epoch();
    }

    private Membership only(String name) {
        List<Member> wanted = membership.members().stream().filter(member -> member.name().equals(name)).toList();
        if (wanted.isEmpty()) {
            throw new IllegalArgumentException("epoch " + membership.epoch() + " has no member " + name);
        }
        return new Membership(membership.group(), membership.epoch(), wanted);
    }

    private String name() {
        return membership.members().stream()
                .filter(member -> member.address().equals(address))
                .map(Member::name)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(address + " has entered no epoch"));
    }

    @Override
    public void leave() {
        if (!left) {
            left = true;
            look();
            vanish();
        }
    }

    /// The others find out after a while.
    void vanish() {
        long afterNs = after(EVIDENCE, EVIDENCE_NS);
        hub.engine()
                .after(
                        afterNs,
                        null,
                        address.hashCode(),
                        () -> {
                            hub.remove(this);
                            hub.stir();
                        });
    }

    @Override
    public void close() {
        leave();
    }
}
