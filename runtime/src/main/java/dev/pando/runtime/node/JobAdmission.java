package dev.pando.runtime.node;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.JobStatus;
import dev.pando.actors.owner.JobOwner;
import dev.pando.runtime.build.Devices;
import dev.pando.runtime.build.ProductionWorkbench;
import dev.pando.runtime.cluster.ResponseStream;
import dev.pando.runtime.folder.RunFolder;
import dev.pando.runtime.job.Preparation;
import dev.pando.runtime.settings.Settings;
import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import java.util.Map;

/// Admits a job that is submitted at this node: its folder, its data, and then its owner's promise that it continues
/// whatever dies. Until that promise nothing has begun, and a submission that is cut off can be made again.
final class JobAdmission {
    private static final int TOLD_EVERY = 50; // documents

    private final Owners owners;

    JobAdmission(Owners owners) {
        this.owners = owners;
    }

    /// @param question `config` as HOCON; `resume`: whether to go on with the run that is in the job's folder
    void take(JsonNode question, ResponseStream answers) throws IOException {
        Settings settings = Settings.parse(question.path("config").asText());
        boolean resume = question.path("resume").asBoolean();
        refuseWhatRuns(owners.status(settings.name()));
        boolean newJournal = owners.history(settings.name(), 0).entries().isEmpty();
        JobSpec job;
        try (RunFolder folder = RunFolder.claim(settings, resume);
                ProductionWorkbench workbench = new ProductionWorkbench(settings)) {
            workbench.prepareData(resume, telling(answers));
            answers.tell("prepared", workbench.data().statistics());
            folder.begin(settings);
            if (newJournal) {
                folder.forgetEntries();
            }
            workbench.data().tokenizer().save(folder.path());
            job = spec(settings, workbench.data().digest(), Devices.kind(settings));
        }
        switch (owners.submit(job)) {
            case JobOwner.Accepted accepted -> answers.tell("submitted", accepted.job());
            case JobOwner.Refused refused -> throw UserError.failed(refused.sentence());
        }
    }

    private static void refuseWhatRuns(JobStatus job) {
        switch (job.phase()) {
            case RUNNING, STOPPING ->
                    throw new UserError(
                            "job "
                                    + job.job()
                                    + " runs in this grove already, at step "
                                    + job.step()
                                    + " of "
                                    + job.steps()
                                    + ": end it first with `pando cancel "
                                    + job.job()
                                    + "`, or give this one another pando.job.name and pando.job.out");
            case UNKNOWN, FINISHED, STOPPED, FAILED -> {}
        }
    }

    static JobSpec spec(Settings settings, String data, String device) {
        return new JobSpec(
                settings.name(),
                settings.steps(),
                settings.batch().shards(),
                settings.workers(),
                settings.checkpoint().everySteps(),
                settings.checkpoint().secondsBetweenFailures(),
                settings.render(),
                data,
                settings.sameBits() ? device : "",
                settings.skip(),
                settings.optimizerCopies());
    }

    private static Preparation telling(ResponseStream answers) {
        return new Preparation() {
            @Override
            public void advanced(Phase phase, long documents, long bytes, long totalBytes) {
                if (documents % TOLD_EVERY == 0) {
                    tell(
                            "advanced",
                            Map.of("phase", phase.name(), "documents", documents, "bytes", bytes, "total", totalBytes));
                }
            }

            @Override
            public void waiting(String sentence) {
                tell("waiting", sentence);
            }

            private void tell(String key, Object value) {
                try {
                    answers.tell(key, value);
                } catch (IOException gone) {
                    throw UserError.failed("the caller that submitted the job is gone", gone);
                }
            }
        };
    }
}
