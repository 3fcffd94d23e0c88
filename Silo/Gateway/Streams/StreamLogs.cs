using Microsoft.Extensions.Options;
using OrleansFlow.Arrow;
using OrleansFlow.Catalogs;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Silo.Gateway.Streams;

/// <summary>
/// The live streams: the catalog's namespace <see cref="Namespace"/> says which there are, what their columns are and in which folder the log
/// of each is. A stream that is dropped and made again gets another folder.
/// </summary>
internal sealed class StreamLogs(IGrainFactory grains, GatewayIdentity identity, IIdSource ids, IOptions<StreamGatewayOptions> options, TimeProvider clock) : IAsyncDisposable
{
    /// <summary>The namespace of live streams, and their schema in SQL: <c>streams.NAME</c>.</summary>
    public const string Namespace = "streams";

    // No run's folder begins with an underscore.
    private readonly string _folder = Path.Combine(identity.ArtifactFolder, StreamRows.Folder);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, StreamLog> _open = new(StringComparer.Ordinal);
    private IReadOnlyDictionary<string, DateTimeOffset> _unreferenced = new Dictionary<string, DateTimeOffset>();

    private ICatalogGrain Catalog => grains.GetGrain<ICatalogGrain>(Namespace);

    /// <summary>All streams by name.</summary>
    public Task<IReadOnlyList<CatalogTable>> ListAsync(CancellationToken cancellationToken) => Catalog.ListAsync(cancellationToken);

    /// <summary>Those of the names that are streams.</summary>
    public Task<IReadOnlyList<CatalogTable>> FindAsync(IReadOnlyList<string> names, CancellationToken cancellationToken) => Catalog.FindAsync(names, cancellationToken);

    /// <summary>A stream's log.</summary>
    /// <exception cref="FlowException"><c>not_found</c>.</exception>
    public async Task<StreamLog> GetAsync(string name, CancellationToken cancellationToken) => await Catalog.FindAsync([name], cancellationToken) is [var known]
        ? Open(known)
        : throw new FlowException(FlowErrorCode.NotFound, $"There is no stream '{name}'. DoPut to the path [\"{Namespace}\", NAME] makes one.");

    /// <summary>A stream's log; the stream is made when there is none.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: it has other columns, or there would be none; <c>limit_exceeded</c>: too many streams.</exception>
    public async Task<StreamLog> GetOrMakeAsync(string name, ArrowSchema schema, CancellationToken cancellationToken)
    {
        if (schema.Fields.Count == 0)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Stream '{name}' would have no columns; send a schema with at least one.");
        }

        var known = await Catalog.FindAsync([name], cancellationToken) is [var found] ? found : null;
        if (known is null)
        {
            var made = new CatalogTable
            {
                Name = name, Schema = FlightWire.WriteSchema(schema).ToArray(), Manifest = $"{name.ToLowerInvariant()}/{ids.NewId()}", Rows = 0, Bytes = 0,
            };

            // Whoever made it in between made the one that counts.
            known = (await Catalog.PublishAsync(made, 0, cancellationToken)).Current;
        }

        var log = Open(known!);
        return log.Schema.Equals(schema)
            ? log
            : throw new FlowException(FlowErrorCode.BadInput, $"Stream '{name}' has the columns ({log.Schema}), these rows have ({schema}). Send the stream's columns.");
    }

    /// <summary>Ends a stream: its readers and writers fail, its rows go after a while.</summary>
    /// <exception cref="FlowException"><c>not_found</c>.</exception>
    public async Task DropAsync(string name, CancellationToken cancellationToken)
    {
        if (await Catalog.FindAsync([name], cancellationToken) is not [var known] || !await Catalog.DropAsync(known.Name, known.Version, cancellationToken))
        {
            throw new FlowException(FlowErrorCode.NotFound, $"There is no stream '{name}'.");
        }

        await ForgetAsync(known.Manifest);
    }

    /// <summary>The log of a stream that the catalog named.</summary>
    public StreamLog Open(CatalogTable stream)
    {
        lock (_gate)
        {
            if (!_open.TryGetValue(stream.Manifest, out var log))
            {
                log = new StreamLog(Path.Combine(_folder, stream.Manifest), stream.Name, FlightWire.ReadSchema(stream.Schema), options.Value, clock);
                _open.Add(stream.Manifest, log);
            }

            return log;
        }
    }

    /// <summary>Deletes what is kept for long enough, lets go of logs that nobody writes, and deletes the logs of dropped streams some time later.</summary>
    /// <returns>Files and logs deleted.</returns>
    public async Task<int> SweepAsync(TimeSpan keepFor, int deletionsMax, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var folders = Folders();
        var streams = await ListAsync(cancellationToken);
        var referenced = streams.Select(stream => stream.Manifest).ToHashSet(StringComparer.Ordinal);
        var deleted = 0;
        foreach (var stream in streams)
        {
            deleted += await Open(stream).TidyAsync(now - keepFor, cancellationToken);
        }

        string[] open;
        lock (_gate)
        {
            open = [.. _open.Keys];
        }

        foreach (var gone in open.Except(referenced))
        {
            await ForgetAsync(gone);
        }

        var step = SweepDecision.Decide(folders, referenced, _unreferenced, now, keepFor, deletionsMax);
        _unreferenced = step.Unreferenced;
        foreach (var folder in step.Delete)
        {
            Directory.Delete(Path.Combine(_folder, folder), recursive: true);
        }

        return deleted + step.Delete.Count;
    }

    public async ValueTask DisposeAsync()
    {
        StreamLog[] logs;
        lock (_gate)
        {
            logs = [.. _open.Values];
            _open.Clear();
        }

        foreach (var log in logs)
        {
            await log.DisposeAsync();
        }
    }

    private async Task ForgetAsync(string manifest)
    {
        StreamLog? log;
        lock (_gate)
        {
            _open.Remove(manifest, out log);
        }

        if (log is not null)
        {
            await log.DropAsync();
        }
    }

    /// <summary>The folders of logs, NAME/ID, by the time of their newest change.</summary>
    private List<SweptFile> Folders() => Directory.Exists(_folder)
        ? [.. new DirectoryInfo(_folder).EnumerateDirectories().SelectMany(name => name.EnumerateDirectories().Select(log => new SweptFile(
            $"{name.Name}/{log.Name}", new DateTimeOffset(log.LastWriteTimeUtc, TimeSpan.Zero))))]
        : [];
}
