namespace OrleansFlow.Arrow.Ipc;

/// <summary>Which compressions work on this machine.</summary>
public static class IpcCodecs
{
    /// <summary>Whether bodies can be written and read with a compression: all but <see cref="IpcCompression.Zstd"/> always.</summary>
    public static bool IsAvailable(IpcCompression compression) => compression != IpcCompression.Zstd || ZstdLibrary.IsAvailable;
}
