using OrleansFlow.Arrow;
using OrleansFlow.Catalogs;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Queries;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Sql.Stages;
using OrleansFlow.Worker.Queries.Sinks;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>
/// Statements whose rows are written by the workers that make them: COPY, CREATE TABLE AS and INSERT ... SELECT. Each task writes files under names of its own attempt;
/// they count only when the gateway has heard of all of them, by one renaming or one write of the catalog.
/// </summary>
internal sealed class DistributedWrites(LocalSqlExecutor local, QueryPlanner planner, QueryRunner runner, TableWrites writes, DatasetStore store, CopyTargets targets)
{
    /// <summary>Writes the rows of a COPY.</summary>
    /// <returns>Rows; null: the query is none for workers.</returns>
    public async Task<long?> TryCopyAsync(string sql, SqlCopy copy, Func<string, CancellationToken, Task<DistributedQuery?>> planAsync, CancellationToken cancellationToken)
    {
        // Before anything is planned: where it may not write is to be heard at once.
        using var staging = targets.Begin(copy);
        if (await planAsync(copy.Query, cancellationToken) is not { } query)
        {
            return null;
        }

        copy.ThrowIfNotPartitionable(query.Columns!);
        var written = await RunAsync(sql, query, copy.ToSink(staging.Folder, query.Plan.Names), copy.IsOneFile, cancellationToken);
        staging.Publish([.. written.Select(part => part.Name)]);
        return written.Sum(part => part.Rows);
    }

    /// <summary>Writes the rows of a CREATE TABLE AS or an INSERT ... SELECT.</summary>
    /// <returns>Rows; null: the statement is none for workers; whoever runs it as it is hears what is wrong with it.</returns>
    public async Task<long?> TryChangeAsync(string sql, SqlChange change, Func<string, CancellationToken, Task<DistributedQuery?>> planAsync, CancellationToken cancellationToken)
    {
        if (change.Kind is not (SqlChangeKind.Create or SqlChangeKind.Insert) || SqlWriteQuery.Find(sql, change) is not { } write)
        {
            return null;
        }

        var known = await writes.FindAsync(change.Target, cancellationToken);
        if (change.Kind == SqlChangeKind.Create ? known is not null && (!change.Replaces || known.Definition is not null) : known is null or { Definition: not null })
        {
            return null;
        }

        if (change.Kind == SqlChangeKind.Create)
        {
            return await TryAsync(() => planAsync(write.Query, cancellationToken)) is { } query ? await CreateAsync(sql, change, query, cancellationToken) : null;
        }

        return await InsertAsync(sql, known!, write, planAsync, cancellationToken);
    }

    private static async Task<T?> TryAsync<T>(Func<Task<T?>> bindAsync)
        where T : class
    {
        try
        {
            return await bindAsync();
        }
        catch (FlowException exception) when (exception.Code is FlowErrorCode.EngineError or FlowErrorCode.BadInput)
        {
            // Said of the whole statement, and with its places, when it runs as it is.
            return null;
        }
    }

    private async Task<long?> CreateAsync(string sql, SqlChange change, DistributedQuery query, CancellationToken cancellationToken)
    {
        var names = query.Plan.Names;
        if (names.Distinct(StringComparer.OrdinalIgnoreCase).Count() != names.Count)
        {
            return null;
        }

        return await WriteAsync(sql, change.Target, null, query, names, create: true, change.Replaces ? IfExists.Replace : IfExists.Fail, cancellationToken);
    }

    private async Task<long?> InsertAsync(
        string sql, CatalogTable known, SqlWriteQuery write, Func<string, CancellationToken, Task<DistributedQuery?>> planAsync, CancellationToken cancellationToken)
    {
        var schema = FlightWire.ReadSchema(known.Schema);
        var types = await planner.ColumnTypesAsync(schema, cancellationToken);
        if (await TryAsync<StatementShape>(async () => await local.DescribeAsync(write.Query, cancellationToken)) is not { Result: { } asked }
            || write.ToColumnsOf(schema, types, asked.Fields.Count) is not { } cast
            || await TryAsync(() => planAsync(cast, cancellationToken)) is not { } query)
        {
            return null;
        }

        // A table that was uploaded may have columns of forms that the engine does not write.
        return query.Columns!.Fields.Select(field => field.Type).SequenceEqual(schema.Fields.Select(field => field.Type))
            ? await WriteAsync(sql, known.Name, schema, query, [.. schema.Fields.Select(field => field.Name)], create: false, IfExists.Append, cancellationToken)
            : null;
    }

    private async Task<long> WriteAsync(
        string sql, string table, ArrowSchema? schema, DistributedQuery query, IReadOnlyList<string> names, bool create, IfExists ifExists, CancellationToken cancellationToken)
    {
        TableWrites.Check(table, query.Columns!);
        var files = store.NewFiles(table.ToLowerInvariant());
        var isPublished = false;
        try
        {
            var sink = new StageSink { Folder = files.Folder, Prefix = files.Prefix, Format = SinkWriter.Arrow, Names = names };
            var written = (await RunAsync(sql, query, sink, inOneTask: false, cancellationToken)).Select(part => new DatasetFile(files.NameOf(part.Name), part.Rows, part.Bytes)).ToList();
            schema ??= SchemaOf(written[0]);
            isPublished = true;
            return await writes.PublishAsync(table, schema, [.. written.Where(file => file.Rows > 0)], create, ifExists, cancellationToken);
        }
        finally
        {
            if (!isPublished)
            {
                store.Delete(files);
            }
        }
    }

    private ArrowSchema SchemaOf(DatasetFile file)
    {
        using var reader = store.Open(file);
        return reader.Schema;
    }

    private async Task<List<(string Name, long Rows, long Bytes)>> RunAsync(string sql, DistributedQuery query, StageSink sink, bool inOneTask, CancellationToken cancellationToken)
    {
        var written = new List<(string Name, long Rows, long Bytes)>();
        await using var rows = await runner.RunAsync(
            query.Plan.WritingTo(sink, inOneTask), query.Tables, query.Peers, sql, new SqlCaller(IQueryTenantGrain.DefaultTenant, ""), query.Mode, new QueryMeter(isProfile: false), cancellationToken);
        await foreach (var element in rows.Batches.WithCancellation(cancellationToken))
        {
            using var batch = element.Batch;
            for (var row = 0; row < (batch?.RowCount ?? 0); row++)
            {
                written.Add(((string)batch!.Column(0).GetValue(row)!, (long)batch.Column(1).GetValue(row)!, (long)batch.Column(2).GetValue(row)!));
            }
        }

        // By their tasks, so that the same rows come in the same order as often as they are read.
        written.Sort(static (left, right) => string.CompareOrdinal(left.Name, right.Name));
        return written;
    }
}
