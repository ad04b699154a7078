package dev.pando.diagnosis.agent;

import java.util.Optional;

/// A language model that answers one prompt.
public interface ChatModel {
    /// Its name, which stands beside each verdict and rule of its own.
    String name();

    /// The answer's text; empty where none came.
    ///
    /// @param sample number of the answer, from 0, to the same prompt
    Optional<String> answer(String prompt, int sample);
}
