namespace OrleansFlow.Tests.Cli;

/// <summary>One silo process for the tests that only ask it things.</summary>
public sealed class SiloProcessFixture : IAsyncLifetime
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("flow-cli-");
    private FlowProcess? _silo;

    public string Gateway { get; private set; } = "";

    public string DataFolder => _data.FullName;

    /// <summary>Where statements may read and write files.</summary>
    public string FilesFolder => Path.Combine(DataFolder, "files");

    public async ValueTask InitializeAsync()
    {
        _silo = FlowProcess.Flow(null, "silo", "--data", _data.FullName, "--port", "0", "--http-port", "0", "--writable", FilesFolder);
        Gateway = await _silo.WaitForLineAsync("gateway", CancellationToken.None);
        await _silo.WaitForLineAsync("ready", CancellationToken.None);
    }

    /// <summary>Writes a file into a folder of its own.</summary>
    public string Write(string name, string text)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(_data.FullName, "documents", Guid.NewGuid().ToString("N"))).FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    public async ValueTask DisposeAsync()
    {
        if (_silo is not null)
        {
            await _silo.DisposeAsync();
        }

        _data.Delete(recursive: true);
    }
}
