using OrleansFlow.Arrow;
using OrleansFlow.Artifacts;
using OrleansFlow.Catalogs;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Graphs;
using OrleansFlow.Silo.Gateway.Flight;
using OrleansFlow.Silo.Gateway.Streams;
using OrleansFlow.Tasks;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>A table that a statement may read, as it is at one moment.</summary>
/// <param name="Name">Its full name.</param>
/// <param name="Schema">Its columns.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="Open">Gives its batches, which refer to mapped files; the caller disposes them.</param>
internal sealed record SqlTable(SqlTableName Name, ArrowSchema Schema, long Rows, Func<IReadOnlyList<RecordBatch>> Open)
{
    /// <summary>Gives the batches one by one in place of <see cref="Open"/>, once for each reading; null where they are mapped.</summary>
    public Func<CancellationToken, IAsyncEnumerable<RecordBatch>>? Read { get; init; }

    /// <summary>The files that it is made of; null for what is no registered table.</summary>
    public string? Manifest { get; init; }
}

/// <summary>All that can be named in a statement: registered tables and the outputs of runs.</summary>
internal sealed class SqlCatalog(IGrainFactory grains, DatasetStore store, RunFlights runs, StreamLogs streams, IArtifactStore artifacts)
{
    // A statement with more names reads something else than tables.
    private const int CandidatesMax = 5_000;

    /// <summary>The tables that a statement names; each is the version of now.</summary>
    /// <returns>The tables, and why an output of a run that looks like one is none; null when there is no such.</returns>
    public async Task<(IReadOnlyList<SqlTable> Tables, FlowException? Missing)> ResolveAsync(string sql, CancellationToken cancellationToken)
    {
        var candidates = SqlNames.Candidates(sql);
        if (candidates.Count > CandidatesMax)
        {
            throw new FlowException(FlowErrorCode.LimitExceeded, $"The statement holds {candidates.Count} different names; the most is {CandidatesMax}.");
        }

        var found = await Catalog.FindAsync([.. candidates.Where(name => name is { IsOfRun: false, IsStream: false }).Select(name => name.Table)], cancellationToken);
        var tables = found.Select(ToTable).ToList();
        if (candidates.Where(name => name.IsStream).Select(name => name.Table).ToList() is { Count: > 0 } named)
        {
            tables.AddRange((await streams.FindAsync(named, cancellationToken)).Select(ToStream));
        }

        FlowException? missing = null;
        foreach (var name in candidates.Where(name => name.IsOfRun))
        {
            try
            {
                tables.Add(ToTable(name, await runs.ReadCompleteAsync(FlightPath.OfNode(new RunId(name.Schema), name.Table), cancellationToken)));
            }
            catch (FlowException exception) when (exception.Code == FlowErrorCode.NotFound)
            {
                missing = exception;
            }
        }

        return (tables, missing);
    }

    /// <summary>All registered tables by name.</summary>
    public async Task<IReadOnlyList<SqlTable>> ListRegisteredAsync(CancellationToken cancellationToken) =>
        [.. (await Catalog.ListAsync(cancellationToken)).Select(ToTable)];

    /// <summary>All live streams by name.</summary>
    public async Task<IReadOnlyList<SqlTable>> ListStreamsAsync(CancellationToken cancellationToken) =>
        [.. (await streams.ListAsync(cancellationToken)).Select(ToStream)];

    /// <summary>The complete outputs of the newest runs.</summary>
    public async Task<IReadOnlyList<SqlTable>> ListRunsAsync(CancellationToken cancellationToken)
    {
        var tables = new List<SqlTable>();
        await foreach (var info in runs.ListAsync(default, "", cancellationToken))
        {
            if (info is { Schema: { } schema, Descriptor.Path: [var run, var node] })
            {
                tables.Add(new SqlTable(new SqlTableName(SqlTableName.Runs, run, node), schema, info.TotalRecords, () => []));
            }
        }

        return tables;
    }

    private ICatalogGrain Catalog => grains.GetGrain<ICatalogGrain>(ICatalogGrain.DefaultNamespace);

    private SqlTable ToTable(CatalogTable table) => new(
        new SqlTableName(SqlTableName.Registered, ICatalogGrain.DefaultNamespace, table.Name),
        FlightWire.ReadSchema(table.Schema),
        table.Rows,
        () => Read(store.ReadManifest(table.Manifest), file =>
        {
            using var reader = store.Open(file);
            return [.. Enumerable.Range(0, reader.BatchCount).Select(reader.ReadBatch)];
        }))
    {
        Manifest = table.Manifest,
    };

    /// <summary>A stream as it is now: what is kept of it, read one batch at a time.</summary>
    private SqlTable ToStream(CatalogTable stream)
    {
        var log = streams.Open(stream);
        var (oldest, next) = (log.Oldest, log.End.Next);
        return new SqlTable(new SqlTableName(SqlTableName.Registered, StreamLogs.Namespace, stream.Name), log.Schema, next - oldest, () => [])
        {
            Read = cancellationToken => log.ReadAsync(oldest, next, cancellationToken).Select(read => read.Batch),
        };
    }

    private SqlTable ToTable(SqlTableName name, IReadOnlyList<ArtifactRef> batches)
    {
        if (batches.Count == 0)
        {
            throw new FlowException(FlowErrorCode.NotFound, $"Node '{name.Table}' of run '{name.Schema}' completed without any batch, so its columns are not known.");
        }

        using var first = artifacts.OpenRead(batches[0].Path);
        return new SqlTable(name, first.Schema, batches.Sum(batch => batch.Rows), () => Read(batches, batch =>
        {
            using var reader = artifacts.OpenRead(batch.Path);
            return [.. Enumerable.Range(0, reader.BatchCount).Select(reader.ReadBatch)];
        }));
    }

    private static List<RecordBatch> Read<TFile>(IReadOnlyList<TFile> files, Func<TFile, IReadOnlyList<RecordBatch>> read)
    {
        var batches = new List<RecordBatch>();
        try
        {
            foreach (var file in files)
            {
                batches.AddRange(read(file));
            }

            return batches;
        }
        catch
        {
            batches.ForEach(batch => batch.Dispose());
            throw;
        }
    }
}
