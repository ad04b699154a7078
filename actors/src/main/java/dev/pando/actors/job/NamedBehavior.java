package dev.pando.actors.job;

import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.ExtensibleBehavior;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.TypedActorContext;

/// A behaviour with a name, so that an observer of an actor sees which state it is in.
public final class NamedBehavior<T> extends ExtensibleBehavior<T> {
    private final String name;
    private final Behavior<T> hearing;

    private NamedBehavior(String name, Behavior<T> hearing) {
        this.name = name;
        this.hearing = hearing;
    }

    /// @param name as the method that makes the state is called
    /// @param hearing what the actor does in it
    public static <T> Behavior<T> named(String name, Behavior<T> hearing) {
        return new NamedBehavior<>(name, hearing);
    }

    @Override
    public Behavior<T> receive(TypedActorContext<T> context, T message) {
        return Behavior.interpretMessage(hearing, context, message);
    }

    @Override
    public Behavior<T> receiveSignal(TypedActorContext<T> context, Signal signal) {
        return Behavior.interpretSignal(hearing, context, signal);
    }

    @Override
    public String toString() {
        return name;
    }
}
