using OrleansFlow.Arrow;
using OrleansFlow.Artifacts;
using OrleansFlow.Catalogs;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Graphs;
using OrleansFlow.Silo.Gateway.Flight;
using OrleansFlow.Silo.Gateway.Sql.Databases;
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

    /// <summary>Gives some of the columns, by their places, batch by batch in place of <see cref="Open"/>; null where that makes no difference.</summary>
    public Func<IReadOnlyList<int>, CancellationToken, IAsyncEnumerable<RecordBatch>>? ReadColumns { get; init; }

    /// <summary>What it is in its database; null for what is in no attached one.</summary>
    public IAttachedTable? Attached { get; init; }

    /// <summary>The query that it stands for; null for what has rows of its own.</summary>
    public string? Definition { get; init; }

    /// <summary>The batches that it is made of; null for what is no output of a run.</summary>
    public IReadOnlyList<ArtifactRef>? Batches { get; init; }

    /// <summary>Where its rows lie; null for what is no live stream.</summary>
    public KeptRows? Kept { get; init; }

    /// <summary>What a registered table is made of.</summary>
    public CatalogTableKind Kind { get; init; }
}

/// <summary>All that can be named in a statement: registered tables and the outputs of runs.</summary>
internal sealed class SqlCatalog(IGrainFactory grains, DatasetStore store, RunFlights runs, StreamLogs streams, IArtifactStore artifacts, AttachedDatabases attached)
{
    // A statement with more names reads something else than tables.
    private const int CandidatesMax = 5_000;

    private const int ViewDepthMax = 32;

    /// <summary>The tables that a statement names, and those that views among them name; each is the version of now, and comes after those that it reads.</summary>
    /// <param name="sql">The statement.</param>
    /// <param name="except">A registered table that is not looked for; null for none.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    /// <returns>The tables, and why an output of a run that looks like one is none; null when there is no such.</returns>
    public async Task<(IReadOnlyList<SqlTable> Tables, FlowException? Missing)> ResolveAsync(string sql, string? except, CancellationToken cancellationToken)
    {
        var tables = new Dictionary<SqlTableName, (SqlTable Table, IReadOnlyCollection<SqlTableName> Reads)>();
        var seen = new HashSet<SqlTableName>();
        if (except is not null)
        {
            seen.Add(new SqlTableName(SqlTableName.Registered, ICatalogGrain.DefaultNamespace, except.ToLowerInvariant()));
        }

        FlowException? missing = null;
        IReadOnlyCollection<SqlTableName> candidates = Candidates(sql);
        for (var depth = 0; candidates.Count > 0; depth++)
        {
            if (depth > ViewDepthMax || seen.Count + candidates.Count > CandidatesMax)
            {
                throw new FlowException(
                    FlowErrorCode.LimitExceeded,
                    depth > ViewDepthMax
                        ? $"The statement reads views of views more than {ViewDepthMax} deep."
                        : $"The statement, with its views, holds more than {CandidatesMax} different names.");
            }

            seen.UnionWith(candidates);
            var (found, why) = await FindAsync(candidates, cancellationToken);
            missing ??= why;
            var next = new HashSet<SqlTableName>();
            foreach (var table in found)
            {
                IReadOnlyCollection<SqlTableName> reads = table.Definition is { } definition ? Candidates(definition) : [];
                tables[KeyOf(table.Name)] = (table, reads);
                next.UnionWith(reads.Where(name => !seen.Contains(name)));
            }

            candidates = next;
        }

        return (InOrder(tables), missing);
    }

    /// <summary>Names of the attached databases.</summary>
    public IReadOnlyCollection<string> Databases => attached.Names;

    /// <summary>The tables of an attached database; none while it cannot be read.</summary>
    public Task<IReadOnlyList<SqlTable>> ListAttachedAsync(string database, CancellationToken cancellationToken) => attached.ListAsync(database, CandidatesMax, cancellationToken);

    /// <summary>All that a text may mean by a table.</summary>
    public IReadOnlyCollection<SqlTableName> Candidates(string sql) =>
        attached.Candidates(sql) is { Count: > 0 } more ? [.. SqlNames.Candidates(sql), .. more] : SqlNames.Candidates(sql);

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

    /// <summary>Each table after those that it reads. Names that only look like tables may go round in a circle; the engine says what is one.</summary>
    private static List<SqlTable> InOrder(Dictionary<SqlTableName, (SqlTable Table, IReadOnlyCollection<SqlTableName> Reads)> tables)
    {
        var ordered = new List<SqlTable>(tables.Count);
        var begun = new HashSet<SqlTableName>();
        void Visit(SqlTableName name)
        {
            if (tables.TryGetValue(name, out var found) && begun.Add(name))
            {
                foreach (var read in found.Reads)
                {
                    Visit(read);
                }

                ordered.Add(found.Table);
            }
        }

        foreach (var name in tables.Keys)
        {
            Visit(name);
        }

        return ordered;
    }

    /// <summary>A name as a statement gives it.</summary>
    private static SqlTableName KeyOf(SqlTableName name) => name.IsOfRun || name.IsAttached ? name : name with { Table = name.Table.ToLowerInvariant() };

    private async Task<(List<SqlTable> Tables, FlowException? Missing)> FindAsync(IReadOnlyCollection<SqlTableName> candidates, CancellationToken cancellationToken)
    {
        var found = await Catalog.FindAsync([.. candidates.Where(name => name is { IsOfRun: false, IsStream: false, IsAttached: false }).Select(name => name.Table)], cancellationToken);
        var tables = found.Select(ToTable).ToList();
        if (candidates.Where(name => name.IsStream).Select(name => name.Table).ToList() is { Count: > 0 } named)
        {
            tables.AddRange((await streams.FindAsync(named, cancellationToken)).Select(ToStream));
        }

        var (ofDatabases, missing) = await attached.FindAsync(candidates, cancellationToken);
        tables.AddRange(ofDatabases);
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
        Manifest = table.Definition is null ? table.Manifest : null,
        Definition = table.Definition,
        Kind = table.Kind,
    };

    /// <summary>A stream as it is now: what is kept of it, read one batch at a time.</summary>
    private SqlTable ToStream(CatalogTable stream)
    {
        var log = streams.Open(stream);
        var (oldest, next) = (log.Oldest, log.End.Next);
        return new SqlTable(new SqlTableName(SqlTableName.Registered, StreamLogs.Namespace, stream.Name), log.Schema, next - oldest, () => [])
        {
            Read = cancellationToken => log.ReadAsync(oldest, next, cancellationToken).Select(read => read.Batch),
            Kept = log.Kept(oldest, next, stream.Manifest),
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
        }))
        {
            Batches = batches,
        };
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
