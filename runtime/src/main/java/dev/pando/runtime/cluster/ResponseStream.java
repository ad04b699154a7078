package dev.pando.runtime.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/// Where the answers to one question go. Fails when nobody reads them any more.
public final class ResponseStream {
    static final String REFUSED = "refused";
    static final String UNAVAILABLE = "unavailable";

    private final OutputStream output;
    private final Consumer<Boolean> writing;
    private final ReentrantLock lock = new ReentrantLock();

    /// @param writing hears when a line begins to be written, and when it has been
    ResponseStream(OutputStream output, Consumer<Boolean> writing) {
        this.output = output;
        this.writing = writing;
    }

    /// @param what of several things that this tells
    public void tell(String what, Object value) throws IOException {
        tell(Map.of(what, value));
    }

    /// Several things at once.
    public void tell(Object record) throws IOException {
        byte[] line = ControlProtocol.line(record);
        lock.lock();
        try {
            writing.accept(true);
            output.write(line);
            output.flush();
        } finally {
            writing.accept(false);
            lock.unlock();
        }
    }

    /// The last word: a sentence for the user.
    public void refuse(String sentence) throws IOException {
        tell(REFUSED, sentence == null ? "no reason is known" : sentence);
    }

    /// A record as it travels.
    public static JsonNode tree(Object value) {
        return ControlProtocol.JSON.valueToTree(value);
    }
}
