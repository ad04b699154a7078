package dev.pando.runtime.cluster;

import dev.pando.actors.job.Stopwatch;
import java.io.FilterInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;

/// What a connection says until its time is up, however slowly it goes on saying it.
final class HurriedInput extends FilterInputStream {
    private final Socket line;
    private final Stopwatch stopwatch;
    private final long begin;
    private final int patienceMs;

    /// @param patienceMs from now on, for all that is read
    HurriedInput(Socket line, int patienceMs, Stopwatch stopwatch) throws IOException {
        super(line.getInputStream());
        this.line = line;
        this.patienceMs = patienceMs;
        this.stopwatch = stopwatch;
        this.begin = stopwatch.nanos();
    }

    @Override
    public int read() throws IOException {
        try {
            hurry();
            return super.read();
        } catch (SocketTimeoutException late) {
            throw tooLate(late);
        }
    }

    @Override
    public int read(byte[] into, int at, int length) throws IOException {
        try {
            hurry();
            return super.read(into, at, length);
        } catch (SocketTimeoutException late) {
            throw tooLate(late);
        }
    }

    private void hurry() throws IOException {
        long leftMs = patienceMs - (long) (stopwatch.secondsSince(begin) * 1000);
        if (leftMs <= 0) {
            throw new SocketTimeoutException();
        }
        line.setSoTimeout((int) leftMs);
    }

    private IOException tooLate(SocketTimeoutException late) {
        SocketTimeoutException sentence =
                new SocketTimeoutException("it was not all said within " + patienceMs + " ms");
        sentence.initCause(late);
        return sentence;
    }
}
