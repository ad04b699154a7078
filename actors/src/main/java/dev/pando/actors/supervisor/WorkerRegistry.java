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

/// The workers of a job: those that hold its weights, and the newcomers that do not yet.
final class WorkerRegistry {
    /// @param device of the worker, to be told when it is given up
    record Entry(
            String worker, String address, ActorRef<PipelineStage.Command> stage, ActorRef<GpuWorker.Command> device) {}

    private final SortedMap<String, Entry> entries = new TreeMap<>();
    private final SortedSet<String> holders = new TreeSet<>();

    void arrive(Entry entry) {
        entries.put(entry.worker(), entry);
    }

    /// The worker holds the job's state as it is now.
    void holds(String worker) {
        holders.add(worker);
    }

    /// No worker holds the job's state any more: it is to be that of a checkpoint.
    void nobodyHolds() {
        holders.clear();
    }

    Optional<Entry> leave(String worker) {
        holders.remove(worker);
        return Optional.ofNullable(entries.remove(worker));
    }

    boolean has(String worker) {
        return entries.containsKey(worker);
    }

    Entry entry(String worker) {
        return entries.get(worker);
    }

    Collection<Entry> entries() {
        return List.copyOf(entries.values());
    }

    List<String> holders() {
        return List.copyOf(holders);
    }

    List<String> newcomers() {
        return entries.keySet().stream().filter(worker -> !holders.contains(worker)).toList();
    }

    Optional<Entry> onDevice(ActorRef<?> device) {
        return entries.values().stream().filter(entry -> entry.device().equals(device)).findFirst();
    }

    List<String> workers() {
        return List.copyOf(entries.keySet());
    }

    /// These workers, in the one order that all of them use.
    Membership membership(String group, long epoch, Collection<String> workers) {
        List<Member> members =
                workers.stream().sorted().map(worker -> new Member(worker, entries.get(worker).address())).toList();
        return new Membership(group, epoch, members);
    }
}
