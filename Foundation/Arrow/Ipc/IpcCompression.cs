namespace OrleansFlow.Arrow.Ipc;

/// <summary>How buffers of message bodies are compressed.</summary>
public enum IpcCompression
{
    /// <summary>Not at all: batches are read without copies.</summary>
    None,

    /// <summary>LZ4 frames: fast. Uses the system's liblz4 where it is installed, otherwise code of this library.</summary>
    Lz4Frame,

    /// <summary>Zstandard: smaller. Needs the system's libzstd.</summary>
    Zstd,
}
