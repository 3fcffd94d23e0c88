using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansFlow.Catalogs;
using OrleansFlow.Errors;
using OrleansFlow.Silo.Gateway.Flight;
using OrleansFlow.Silo.Gateway.Streams;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>
/// Removes the files of replaced and dropped tables, of dropped streams and of uploads that broke off, some time after nothing refers to them any more. Nothing
/// else deletes a file that once counted, so a crash between the catalog's write and the deletion leaves the file to a later sweep.
/// </summary>
internal sealed partial class DatasetSweeper(
    IGrainFactory grains, DatasetStore store, UploadStore uploads, StreamLogs streams, CopyTargets copies, IOptions<SqlGatewayOptions> options, TimeProvider clock, ILogger<DatasetSweeper> logger)
    : BackgroundService
{
    private const int DeletionsMax = 1_000;

    private readonly TimeSpan _interval = options.Value.SweepInterval;

    // A statement that has not opened its files within its time has failed.
    private readonly TimeSpan _keepFor = options.Value.FileGrace > options.Value.TimeLimit ? options.Value.FileGrace : options.Value.TimeLimit;

    /// <summary>One sweep at a time: each goes on from what the one before it saw.</summary>
    private readonly SemaphoreSlim _turn = new(1, 1);

    private IReadOnlyDictionary<string, DateTimeOffset> _unreferenced = new Dictionary<string, DateTimeOffset>();

    /// <summary>One sweep, after one that is under way.</summary>
    /// <returns>Files removed.</returns>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await SweepInTurnAsync(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _turn.Dispose();
    }

    private async Task<int> SweepInTurnAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var files = store.List();
        var tables = await grains.GetGrain<ICatalogGrain>(ICatalogGrain.DefaultNamespace).ListAsync(cancellationToken);
        var referenced = new HashSet<string>(StringComparer.Ordinal);
        foreach (var table in tables.Where(table => table.Definition is null))
        {
            referenced.Add(table.Manifest);
            referenced.UnionWith(FilesOf(table, files));
        }

        var step = SweepDecision.Decide(files, referenced, _unreferenced, now, _keepFor, DeletionsMax);
        _unreferenced = step.Unreferenced;
        var removed = step.Delete.Count(store.TryDeleteUnused);
        store.DeleteEmptyFolders(now - _keepFor);
        return removed + copies.DeleteAbandoned(now - _keepFor, DeletionsMax) + uploads.DeleteAbandoned(now - _keepFor, DeletionsMax) + await streams.SweepAsync(_keepFor, DeletionsMax, cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (await SweepAsync(stoppingToken) is > 0 and var removed)
                {
                    LogSwept(removed);
                }
            }
            catch (Exception exception) when (exception is FlowException or IOException or UnauthorizedAccessException or OrleansException or TimeoutException)
            {
                // What is in doubt stays; the next sweep looks again.
                LogSweepFailed(exception);
            }
        }
    }

    private IEnumerable<string> FilesOf(CatalogTable table, IReadOnlyList<SweptFile> files)
    {
        try
        {
            return store.ReadManifest(table.Manifest).Select(file => file.Name);
        }
        catch (FlowException exception) when (exception.Code == FlowErrorCode.ArtifactLost)
        {
            // Whoever brings the manifest back must find the files that it names.
            var folder = table.Manifest[..(table.Manifest.IndexOf('/', StringComparison.Ordinal) + 1)];
            return files.Select(file => file.Name).Where(name => name.StartsWith(folder, StringComparison.Ordinal));
        }
    }

    [LoggerMessage(EventId = 4010, Level = LogLevel.Information, Message = "Removed {FileCount} files that no table refers to any more")]
    private partial void LogSwept(int fileCount);

    [LoggerMessage(EventId = 4011, Level = LogLevel.Warning, Message = "Sweep of table files failed; files that nothing refers to stay until the next one")]
    private partial void LogSweepFailed(Exception exception);
}
