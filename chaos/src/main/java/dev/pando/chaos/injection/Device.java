package dev.pando.chaos.injection;

import dev.pando.chaos.faults.Effect;
import dev.pando.chaos.faults.Moment;
import dev.pando.training.step.Collective;
import dev.pando.training.step.Trainer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// One incarnation of a worker's device: what trainer and collective share of its fate.
final class Device {
    private final String worker;
    private final Armory armory;
    private final Pause pause;
    private final Patience patience;
    private final Trainer trainer;
    private final Collective collective;
    private volatile String end = "";
    private double slowness = 1;
    private long slowUntil;

    Device(String worker, Armory armory, Pause pause, Patience patience, Trainer trainer, Collective collective) {
        this.worker = worker;
        this.armory = armory;
        this.pause = pause;
        this.patience = patience;
        this.trainer = trainer;
        this.collective = collective;
    }

    /// Lets faults strike that do something to the device itself.
    ///
    /// @param step that the call in hand belongs to
    /// @param inTheMiddle what the call in hand leaves behind if it ends here
    /// @return the strikes that do something to numbers and messages, for the caller to carry out
    List<Armory.Strike> at(long step, Moment moment, Runnable inTheMiddle) {
        requireAlive();
        pause.sitOut();
        List<Armory.Strike> left = new ArrayList<>();
        for (Armory.Strike strike : armory.strikes(worker, step, moment)) {
            if (!suffer(strike.effect(), step, moment, inTheMiddle)) {
                left.add(strike);
            }
        }
        return left;
    }

    /// Sleeps for as long as a slow device would have taken longer.
    void dawdle(long step, long beganNs) {
        if (step < slowUntil) {
            patience.deaf(Duration.ofNanos((long) ((patience.nanos() - beganNs) * (slowness - 1))));
        }
    }

    private boolean suffer(Effect effect, long step, Moment moment, Runnable inTheMiddle) {
        String where = worker + " " + moment + " of step " + step;
        switch (effect) {
            case Effect.Kill() -> {
                inTheMiddle.run();
                end = worker + " was killed";
                collective.leave(); // torn away without a reason
                throw new DeviceLost(where + ": the device is gone");
            }
            case Effect.Throw() -> {
                inTheMiddle.run();
                throw new InjectedFailure(where + ": an exception");
            }
            case Effect.DeviceError(String code) -> {
                inTheMiddle.run();
                end = worker + " has a device error" + (code.isEmpty() ? "" : ": " + code);
                throw new InjectedFailure(end);
            }
            case Effect.OutOfMemory() -> {
                inTheMiddle.run();
                throw new OutOfMemoryError(where + ": no device memory is left");
            }
            case Effect.Hang() -> {
                inTheMiddle.run();
                end = worker + " hung";
                patience.untilInterrupted();
                throw new DeviceLost(where + ": hung until interrupted");
            }
            case Effect.Stop(Duration duration) -> patience.deaf(duration);
            case Effect.GcPause(Duration duration) -> {
                pause.begin(duration);
                pause.sitOut();
            }
            case Effect.Slow(double factor, _) -> {
                slowness = factor;
                slowUntil = step + 1; // armed again in each of its steps
            }
            case Effect.BitFlip _,
                    Effect.NanLoss _,
                    Effect.LossSpike _,
                    Effect.PoisonedBatch _,
                    Effect.Delay _,
                    Effect.Drop _,
                    Effect.Duplicate _,
                    Effect.Reorder _,
                    Effect.CorruptFrame _,
                    Effect.Partition _,
                    Effect.ClockJump _,
                    Effect.Leave _,
                    Effect.DiskFull _,
                    Effect.TornWrite _,
                    Effect.SlowDisk _,
                    Effect.StoreDown _,
                    Effect.JournalDown _ -> {
                return false;
            }
        }
        return true;
    }

    private void requireAlive() {
        if (!end.isEmpty()) {
            throw new DeviceLost(end);
        }
    }

    Patience patience() {
        return patience;
    }

    /// The step in flight.
    long step() {
        return trainer.step();
    }

    /// The step that a newcomer is rebuilt for, who does not know it yet.
    long stepOfOthers() {
        return Math.max(trainer.step(), armory.latestStep());
    }
}
