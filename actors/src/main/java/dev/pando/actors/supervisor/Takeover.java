package dev.pando.actors.supervisor;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.ReplicaInventory;
import dev.pando.actors.stage.StageReport.Arrived;
import dev.pando.actors.stage.StageReport.Building;
import dev.pando.actors.stage.StageReport.Refused;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// Finds out what the workers hold of a job whose supervisor was lost, and continues from there.
final class Takeover {
    private final JobContext job;
    private final StatePolicy policy;

    Takeover(JobContext job, StatePolicy policy) {
        this.job = job;
        this.policy = policy;
    }

    Next begin() {
        return surveying(new HoldingsSurvey(job.leadership, job.quorum::isGone), new ArrayList<>());
    }

    /// @param here workers that have arrived
    private Next surveying(HoldingsSurvey survey, List<Arrived> here) {
        SortedMap<String, String> nodes = new TreeMap<>();
        job.devices.all().forEach(device -> nodes.put(device.path().toString(), job.group.node(device)));
        if (survey.isOver(nodes)) {
            return survey.step() == ReplicaInventory.NOTHING ? new Next.Open(here) : takingOver(survey);
        }
        return new Next.Enter(
                new Phase("surveying", job, PendingReplies.none()) {
                    @Override
                    Next lost(String worker) {
                        survey.lost(worker);
                        return surveying(survey, here);
                    }

                    @Override
                    Next listed() {
                        survey.listed();
                        return surveying(survey, here);
                    }

                    @Override
                    Next building(Building building) {
                        survey.building(building.worker(), building.device().path().toString());
                        return surveying(survey, here);
                    }

                    @Override
                    Next refused(Refused refused) {
                        survey.building(refused.worker(), refused.device().path().toString());
                        return surveying(survey, here);
                    }

                    @Override
                    Next arrived(Arrived arrived, boolean isSeated) {
                        if (!isSeated) {
                            return stay();
                        }
                        here.add(arrived);
                        survey.arrived(arrived.worker(), arrived.device().path().toString(), arrived.holding());
                        return surveying(survey, here);
                    }

                    @Override
                    Next tick() {
                        survey.tick();
                        return surveying(survey, here);
                    }
                });
    }

    private Next takingOver(HoldingsSurvey survey) {
        job.progress.goOnFrom(survey.step(), survey.history());
        job.reports.countFromNow();
        job.checkpoints.schedule().wentBackTo(job.leadership.durable());
        // They may have been committed after the last report of the previous supervisor.
        survey.latest().forEach(step -> job.reports.tell(step, job.group.epoch(), 0));
        job.audience.tell(new JobEvent.Started(job.progress.position(), true));
        survey.absent()
                .forEach((worker, evidence) -> {
                    job.quorum.silent(job.leadership.workers().get(worker));
                    job.failures.lose(worker, evidence);
                });
        job.registry
                .entries()
                .forEach(entry -> job.quorum.heard(job.group.node(entry.device()))); // also where others are absent
        survey.holders().forEach(worker -> job.group.joined(worker, job.progress.position()));
        job.inherited.found(survey.shards());
        return policy.takeOver(survey);
    }
}
