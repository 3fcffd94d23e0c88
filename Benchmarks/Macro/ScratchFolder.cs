namespace OrleansFlow.Benchmarks.Macro;

/// <summary>A folder on the disk that is measured, deleted at the end.</summary>
internal sealed class ScratchFolder : IDisposable
{
    public ScratchFolder()
    {
        // Beside the benchmark, not in the system's temporary folder: that one is often in memory, where an fsync costs nothing.
        Path = System.IO.Path.Combine(AppContext.BaseDirectory, "bench-" + Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    public void Dispose()
    {
        // All of a process's are one folder; the first to go takes it away.
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
