package dev.pando.actors.supervisor;

import dev.pando.actors.stage.GpuWorker;
import dev.pando.actors.stage.PipelineStage;
import dev.pando.training.step.Collective.Member;
import dev.pando.training.step.Collective.Membership;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.pekko.actor.typed.ActorRef;

/// Who works on a job: those that hold its state, and the newcomers that do not yet.
final class WorkerRegistry {
    /// @param device of the worker, to be told when it is given up
    record Seat(
            String worker, String address, ActorRef<PipelineStage.Command> stage, ActorRef<GpuWorker.Command> device) {}

    private final SortedMap<String, Seat> seats = new TreeMap<>();
    private final SortedSet<String> holders = new TreeSet<>();

    void arrive(Seat seat) {
        seats.put(seat.worker(), seat);
    }

    /// The worker holds the job's state as it is now.
    void holds(String worker) {
        holders.add(worker);
    }

    /// Nobody holds the job's state: it is to be that of a checkpoint.
    void nobodyHolds() {
        holders.clear();
    }

    Optional<Seat> leave(String worker) {
        holders.remove(worker);
        return Optional.ofNullable(seats.remove(worker));
    }

    boolean has(String worker) {
        return seats.containsKey(worker);
    }

    Seat seat(String worker) {
        return seats.get(worker);
    }

    Collection<Seat> seats() {
        return List.copyOf(seats.values());
    }

    List<String> holders() {
        return List.copyOf(holders);
    }

    List<String> newcomers() {
        return seats.keySet().stream().filter(worker -> !holders.contains(worker)).toList();
    }

    Optional<Seat> sittingOn(ActorRef<?> device) {
        return seats.values().stream().filter(seat -> seat.device().equals(device)).findFirst();
    }

    List<String> workers() {
        return List.copyOf(seats.keySet());
    }

    /// These workers, in the one order that everybody agrees on.
    Membership membership(String group, long epoch, Collection<String> workers) {
        List<Member> members =
                workers.stream().sorted().map(worker -> new Member(worker, seats.get(worker).address())).toList();
        return new Membership(group, epoch, members);
    }
}
