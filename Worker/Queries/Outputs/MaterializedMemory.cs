namespace OrleansFlow.Worker.Queries.Outputs;

/// <summary>Counts the bytes of materialised rows that all tasks of a worker hold in memory. Thread-safe.</summary>
/// <param name="bytesMax">Beyond it, whoever adds moves its rows to disk.</param>
internal sealed class MaterializedMemory(long bytesMax)
{
    private long _bytes;

    /// <summary>Bytes that are held.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Counts bytes.</summary>
    /// <returns>Whether that is too much, so that the caller moves what it has to disk.</returns>
    public bool Add(long bytes) => Interlocked.Add(ref _bytes, bytes) > bytesMax;

    public void Remove(long bytes) => Interlocked.Add(ref _bytes, -bytes);
}
