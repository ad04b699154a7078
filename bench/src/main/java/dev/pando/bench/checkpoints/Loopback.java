package dev.pando.bench.checkpoints;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/// What a network between two processes of this host allows: one TCP connection that carries nothing of worth.
final class Loopback {
    private static final int WINDOW = 4 << 20;

    private Loopback() {}

    static ServerSocketChannel listen() throws IOException {
        return ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    static void send(ServerSocketChannel listening, long bytes) throws IOException {
        ByteBuffer window = ByteBuffer.allocateDirect(WINDOW);
        try (SocketChannel channel = listening.accept()) {
            for (long left = bytes; left > 0; ) {
                window.clear().limit((int) Math.min(WINDOW, left));
                left -= channel.write(window);
            }
        }
    }

    /// @return bytes a second
    static double receive(int port, long bytes) throws IOException {
        ByteBuffer window = ByteBuffer.allocateDirect(WINDOW);
        try (SocketChannel channel =
                SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
            long begin = System.nanoTime();
            for (long left = bytes; left > 0; ) {
                int count = channel.read(window.clear());
                if (count < 0) {
                    throw new EOFException("the other process has ended");
                }
                left -= count;
            }
            return bytes / Rig.seconds(begin);
        }
    }
}
