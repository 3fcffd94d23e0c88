namespace OrleansFlow.Benchmarks.Macro;

/// <summary>A folder on the disk that is measured, deleted at the end.</summary>
internal sealed class ScratchFolder : IDisposable
{
    private static int _last;

    public ScratchFolder()
    {
        // Beside the benchmark, not in the system's temporary folder: that one is often in memory, where an fsync costs nothing.
        Path = System.IO.Path.Combine(AppContext.BaseDirectory, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"bench-{Environment.ProcessId}-{Interlocked.Increment(ref _last)}"));
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
