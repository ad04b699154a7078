package dev.pando.chaos.simulation.engine;

import com.typesafe.config.Config;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.dispatch.MailboxType;
import org.apache.pekko.dispatch.MessageQueue;
import org.apache.pekko.dispatch.ProducesMessageQueue;
import scala.Option;

/// The kind of mailbox that every actor of a simulated system has. Named in the system's config.
public final class EngineMailbox implements MailboxType, ProducesMessageQueue<MailboxQueue> {
    private final Engine engine;

    public EngineMailbox(ActorSystem.Settings settings, Config config) {
        this.engine = SimulatedSystem.engineOf(settings.config());
    }

    @Override
    public MessageQueue create(Option<ActorRef> owner, Option<ActorSystem> system) {
        return new MailboxQueue(engine, owner.isDefined() ? owner.get() : null);
    }
}
