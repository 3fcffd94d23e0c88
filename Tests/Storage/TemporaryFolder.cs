namespace OrleansFlow.Tests.Storage;

/// <summary>A folder for one test, deleted at its end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("flow-store-").FullName;

    public string Database => System.IO.Path.Combine(Path, "flow.db");

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
