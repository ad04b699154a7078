package dev.pando.runtime.node;

import dev.pando.actors.owner.JobLed;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.ddata.Key;
import org.apache.pekko.cluster.ddata.ORSet;
import org.apache.pekko.cluster.ddata.ORSetKey;
import org.apache.pekko.cluster.ddata.SelfUniqueAddress;
import org.apache.pekko.cluster.ddata.typed.javadsl.DistributedData;
import org.apache.pekko.cluster.ddata.typed.javadsl.Replicator;

/// The names of the grove's jobs, running and ended, as far as any of its nodes has led them: every node knows them.
final class JobNames {
    sealed interface Command permits Led, Changed {}

    private record Led(String job) implements Command {}

    private record Changed(Set<String> jobs) implements Command {}

    private final Set<String> known = new ConcurrentSkipListSet<>();

    /// In the order of the alphabet.
    List<String> all() {
        return List.copyOf(known);
    }

    /// The actor that keeps them.
    Behavior<Command> keeping() {
        return Behaviors.setup(context -> {
            DistributedData data = DistributedData.get(context.getSystem());
            SelfUniqueAddress self = data.selfUniqueAddress();
            Key<ORSet<String>> key = ORSetKey.create("pando-jobs");
            ActorRef<JobLed> led = context.messageAdapter(JobLed.class, news -> new Led(news.job().id()));
            context.getSystem().eventStream().tell(new EventStream.Subscribe<>(JobLed.class, led));
            ActorRef<Replicator.SubscribeResponse<ORSet<String>>> changes =
                    context.messageAdapter(
                            replicatorAnswer(),
                            answer ->
                                    new Changed(
                                            answer instanceof Replicator.Changed<ORSet<String>> changed
                                                    ? changed.get(key).getElements()
                                                    : Set.of()));
            data.replicator().tell(new Replicator.Subscribe<>(key, changes));
            return Behaviors.receiveMessage(command -> {
                switch (command) {
                    case Led(String job) -> {
                        known.add(job);
                        data.replicator()
                                .tell(
                                        new Replicator.Update<>(
                                                key,
                                                ORSet.create(),
                                                Replicator.writeLocal(),
                                                context.getSystem().ignoreRef(),
                                                jobs -> jobs.add(self, job)));
                    }
                    case Changed(Set<String> jobs) -> known.addAll(jobs);
                }
                return Behaviors.same();
            });
        });
    }

    @SuppressWarnings("unchecked")
    private static Class<Replicator.SubscribeResponse<ORSet<String>>> replicatorAnswer() {
        return (Class<Replicator.SubscribeResponse<ORSet<String>>>) (Class<?>) Replicator.SubscribeResponse.class;
    }
}
