using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using Google.Protobuf.Collections;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Sql.Tables;
using OrleansFlow.Worker.Queries.Databases;
using OrleansFlow.Worker.Queries.Inputs;

namespace OrleansFlow.Worker.Queries;

/// <summary>
/// Prepares the engine's session of one task: what the user adds, the scans and the inputs as views; then the task's text is started. Dispose it when the rows are
/// read: it holds copies of parts of files.
/// </summary>
internal sealed class TaskSession(EngineLease lease, TaskPlan plan, QueryTaskHost host, TaskMeasure measure) : IAsyncDisposable
{
    private const string RowsSuffix = "_rows";
    private const string SliceFolder = "slices";

    // So many combinations of plain column types are remembered, for all tasks of the process.
    private const int KnownMax = 10_000;

    private static readonly ConcurrentDictionary<string, ArrowSchema> Known = new(StringComparer.Ordinal);

    private readonly EngineSession _session = lease.Session;
    private readonly List<string> _databases = [];

    private readonly List<string> _slices = [];

    /// <summary>Closes the files that the task read, and removes what was copied of them.</summary>
    public async ValueTask DisposeAsync()
    {
        await lease.Databases.ReleaseAsync(_session, _databases);
        foreach (var slice in _slices)
        {
            try
            {
                File.Delete(slice);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // It goes with the worker's spill folder.
            }
        }
    }

    /// <summary>Makes everything that the text names.</summary>
    public async Task PrepareAsync(IReadOnlyList<TaskInputRows> inputs, CancellationToken cancellationToken)
    {
        var context = new WorkerQueryContext(_session, plan, host.Services);
        foreach (var (name, value) in plan.Config.Where(option => !host.ConfigOptions.Contains(option.Key)))
        {
            await context.SetAsync(name, value, cancellationToken);
        }

        if (host.SessionBuilder is { } builder)
        {
            await builder.BuildAsync(context, cancellationToken);
            TaskPlanCheck.ThrowIfMissing(plan, host, context.FunctionNames);
        }

        foreach (var scan in plan.Scans)
        {
            await AddScanAsync(scan, context, cancellationToken);
        }

        foreach (var input in inputs)
        {
            await AddInputAsync(input, cancellationToken);
        }
    }

    /// <summary>Starts the task's text, with columns of the types that the plan says.</summary>
    public async Task<EngineResult> StartAsync(CancellationToken cancellationToken)
    {
        var (text, statement) = await BindAsync(cancellationToken);
        if (statement is null)
        {
            return await _session.QueryAsync(text, null, cancellationToken);
        }

        await using (statement)
        {
            return await statement.QueryOnceAsync(cancellationToken);
        }
    }

    /// <summary>The task's text, with columns of the types that the plan says.</summary>
    public async Task<string> ReadTextAsync(CancellationToken cancellationToken)
    {
        var (text, statement) = await BindAsync(cancellationToken);
        if (statement is not null)
        {
            await statement.DisposeAsync();
        }

        return text;
    }

    /// <summary>The text, and the statement that it was prepared as; null where the text was changed.</summary>
    private async Task<(string Text, PreparedStatement? Statement)> BindAsync(CancellationToken cancellationToken)
    {
        var text = plan.Sql.Length > 0 ? plan.Sql : $"SELECT * FROM {EngineText.Quote(plan.Inputs[0].Name)}";
        var statement = await _session.PrepareAsync(text, cancellationToken);
        try
        {
            var shape = await statement.DescribeAsync(cancellationToken);
            if (shape.Kind != StatementKind.Select || shape.Parameters.Fields.Count > 0)
            {
                throw new FlowException(FlowErrorCode.BadInput, $"The text of task {QueryErrors.Format(plan.Key)} is no SELECT without parameters.");
            }

            if (plan.ColumnTypes.Count == 0 || (shape.Result is not null && HasTypes(shape.Result, await DescribeAsync(plan.ColumnTypes, cancellationToken))))
            {
                return (text, statement);
            }
        }
        catch
        {
            await statement.DisposeAsync();
            throw;
        }

        await statement.DisposeAsync();
        return (Cast(text, plan.ColumnTypes), null);
    }

    private static bool IsPlain(string type) => type.StartsWith("DECIMAL(", StringComparison.Ordinal) || type is "BOOLEAN" or "TINYINT" or "SMALLINT" or "INTEGER" or "BIGINT"
        or "UTINYINT" or "USMALLINT" or "UINTEGER" or "UBIGINT" or "HUGEINT" or "FLOAT" or "DOUBLE" or "VARCHAR" or "BLOB" or "DATE" or "TIME" or "TIMESTAMP";

    private static bool HasTypes(ArrowSchema schema, ArrowSchema wanted) =>
        schema.Fields.Count == wanted.Fields.Count && schema.Fields.Zip(wanted.Fields).All(pair => pair.First.Type.Equals(pair.Second.Type));

    private static string Column(int index) => string.Create(CultureInfo.InvariantCulture, $"c{index}");

    private static string Cast(string text, RepeatedField<string> types)
    {
        var columns = string.Join(", ", types.Select((type, index) => $"CAST({Column(index)} AS {type}) AS {Column(index)}"));
        return $"SELECT {columns} FROM ({text}) AS t({string.Join(", ", Enumerable.Range(0, types.Count).Select(Column))})";
    }

    /// <summary>The Arrow form of the engine's types.</summary>
    private async Task<ArrowSchema> DescribeAsync(RepeatedField<string> types, CancellationToken cancellationToken)
    {
        // Most tasks have the same few; a type with a name may be another one in another session.
        var key = string.Join('\n', types);
        if (Known.TryGetValue(key, out var known))
        {
            return known;
        }

        var columns = string.Join(", ", types.Select((type, index) => $"CAST(NULL AS {type}) AS {Column(index)}"));
        await using var statement = await _session.PrepareAsync($"SELECT {columns}", cancellationToken);
        var shape = await statement.DescribeAsync(cancellationToken);
        var schema = shape.Result ?? throw new FlowException(FlowErrorCode.BadInput, $"The engine does not know the column types {string.Join(", ", types)}.");
        if (Known.Count < KnownMax && types.All(IsPlain))
        {
            Known.TryAdd(key, schema);
        }

        return schema;
    }

    private async Task AddScanAsync(TaskScan scan, WorkerQueryContext context, CancellationToken cancellationToken)
    {
        switch (scan.SourceCase)
        {
            case TaskScan.SourceOneofCase.Sql:
                var text = FileSlices.AreIn(scan.Sql) ? await FileSlices.CopyAsync(scan.Sql, NewSlice, cancellationToken) : scan.Sql;
                await context.AddViewAsync(scan.Name, await lease.Databases.UseAsync(_session, text, _databases, cancellationToken), cancellationToken);
                break;
            case TaskScan.SourceOneofCase.Flight:
                await _session.RegisterStreamAsync(scan.Name, await SchemaOfAsync(scan.Flight, cancellationToken), _ => ReadPartsAsync(scan.Flight, cancellationToken), cancellationToken);
                break;
            default:
                var rows = await DecodeAsync(scan.Node, context, cancellationToken);
                await _session.RegisterStreamAsync(scan.Name, rows.Schema, rows.Open, cancellationToken);
                break;
        }
    }

    private string NewSlice(string name)
    {
        // The spill folder is this worker's alone, and no other task has this key.
        var folder = Directory.CreateDirectory(host.Outputs.Folder.SubFolder(SliceFolder)).FullName;
        var key = plan.Key;
        _slices.Add(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{key.QueryId}-{key.Stage}-{key.Task}-{key.Attempt}-{_slices.Count} {name}")));
        return _slices[^1];
    }

    private async Task<PlanNodeRows> DecodeAsync(CustomNode node, WorkerQueryContext context, CancellationToken cancellationToken)
    {
        foreach (var codec in host.Codecs.Concat(context.Codecs))
        {
            if (await codec.TryDecodeAsync(node.Codec, node.Body.Memory, context, cancellationToken) is { } rows)
            {
                return rows;
            }
        }

        var known = string.Join(", ", host.Codecs.Concat(context.Codecs).Where(codec => codec is not PostgresCodec).Select(codec => codec.Name));
        throw new FlowException(FlowErrorCode.Unsupported, $"Worker '{host.WorkerId}' has no codec for the node '{node.Codec}'; it has: {(known.Length == 0 ? "none" : known)}.");
    }

    private async Task<ArrowSchema> SchemaOfAsync(FlightSource source, CancellationToken cancellationToken)
    {
        if (!source.Schema.IsEmpty)
        {
            return FlightWire.ReadSchema(source.Schema.Memory);
        }

        if (source.Parts.Count == 0)
        {
            throw new FlowException(FlowErrorCode.BadInput, "A Flight source has neither parts nor a schema.");
        }

        await using var stream = await host.Peers.OpenAsync(source.Parts[0], cancellationToken);
        return stream.Schema;
    }

    private async IAsyncEnumerable<RecordBatch> ReadPartsAsync(FlightSource source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var part in source.Parts)
        {
            await using var stream = await host.Peers.OpenAsync(part, cancellationToken);
            await foreach (var element in stream.Batches.WithCancellation(cancellationToken))
            {
                if (element.Batch is { } batch)
                {
                    measure.AddIn(batch.RowCount, batch.ByteCount);
                    yield return batch;
                }
            }
        }
    }

    private async Task AddInputAsync(TaskInputRows input, CancellationToken cancellationToken)
    {
        var inputPlan = input.Plan;
        var types = inputPlan.ColumnTypes;
        var schema = types.Count > 0 ? await DescribeAsync(types, cancellationToken) : await input.GetSchemaAsync(cancellationToken);
        var named = new ArrowSchema([.. schema.Fields.Select((field, index) => new ArrowField(Column(index), field.Type, field.IsNullable, field.Metadata))]);
        var rows = inputPlan.Name + RowsSuffix;
        long? rowCount = inputPlan.EstimatedRowCount > 0 ? inputPlan.EstimatedRowCount : null;
        await _session.RegisterStreamAsync(rows, named, rowCount, _ => input.ReadAllAsync(), cancellationToken);

        // The casts give back what Arrow has no type for; the engine drops the others.
        var columns = types.Count > 0 ? string.Join(", ", types.Select((type, index) => $"CAST({Column(index)} AS {type}) AS {Column(index)}")) : "*";
        var order = input.IsMerged ? "" : " ORDER BY " + string.Join(", ", inputPlan.Order.Select(key =>
            $"{Column(key.Column)} {(key.Descending ? "DESC" : "ASC")} NULLS {(key.NullsFirst ? "FIRST" : "LAST")}"));
        await _session.ExecuteAsync(
            $"CREATE OR REPLACE TEMP VIEW {EngineText.Quote(inputPlan.Name)} AS SELECT {columns} FROM temp.{EngineText.Quote(rows)}{order}", null, cancellationToken);
    }
}
