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

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
