namespace OrleansFlow.Benchmarks.Macro.Baselines;

/// <summary>How often the disk can make one appended block durable: what bounds every store that acknowledges after the write.</summary>
internal static class RawFsync
{
    private const int BlockBytes = 4096;
    private const int Count = 400;

    /// <returns>fsyncs per second, one after another.</returns>
    public static double PerSecond(string folder, TimeProvider clock)
    {
        var path = Path.Combine(folder, "fsync.probe");
        var block = new byte[BlockBytes];
        try
        {
            using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
            var began = clock.GetTimestamp();
            for (var index = 0; index < Count; index++)
            {
                RandomAccess.Write(file, block, (long)index * BlockBytes);
                RandomAccess.FlushToDisk(file);
            }

            return Count / clock.GetElapsedTime(began).TotalSeconds;
        }
        finally
        {
            File.Delete(path);
        }
    }
}
