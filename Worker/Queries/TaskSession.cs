using System.Globalization;
using System.Runtime.CompilerServices;
using Google.Protobuf.Collections;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Worker.Queries.Inputs;

namespace OrleansFlow.Worker.Queries;

/// <summary>Prepares the engine's session of one task: what the user adds, the scans and the inputs as views; then the task's text is started.</summary>
internal sealed class TaskSession(EngineSession session, TaskPlan plan, QueryTaskHost host, TaskMeasure measure)
{
    private const string RowsSuffix = "_rows";

    /// <summary>Makes everything that the text names.</summary>
    public async Task PrepareAsync(IReadOnlyList<TaskInputRows> inputs, CancellationToken cancellationToken)
    {
        var declared = new HashSet<string>(host.Options.ConfigOptions, StringComparer.OrdinalIgnoreCase);
        var context = new WorkerQueryContext(session, plan, host.Services);
        foreach (var (name, value) in plan.Config.Where(option => !declared.Contains(option.Key)))
        {
            await context.SetAsync(name, value, cancellationToken);
        }

        if (host.SessionBuilder is { } builder)
        {
            await builder.BuildAsync(context, cancellationToken);
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
        var text = plan.Sql.Length > 0 ? plan.Sql : $"SELECT * FROM {EngineText.Quote(plan.Inputs[0].Name)}";
        await using (var statement = await session.PrepareAsync(text, cancellationToken))
        {
            var shape = await statement.DescribeAsync(cancellationToken);
            if (shape.Kind != StatementKind.Select || shape.Parameters.Fields.Count > 0)
            {
                throw new FlowException(FlowErrorCode.BadInput, $"The text of task {QueryErrors.Format(plan.Key)} is no SELECT without parameters.");
            }

            if (plan.ColumnTypes.Count > 0 && (shape.Result is null || !HasTypes(shape.Result, await DescribeAsync(plan.ColumnTypes, cancellationToken))))
            {
                text = Cast(text, plan.ColumnTypes);
            }
        }

        return await session.QueryAsync(text, null, cancellationToken);
    }

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
        var columns = string.Join(", ", types.Select((type, index) => $"CAST(NULL AS {type}) AS {Column(index)}"));
        await using var statement = await session.PrepareAsync($"SELECT {columns}", cancellationToken);
        var shape = await statement.DescribeAsync(cancellationToken);
        return shape.Result ?? throw new FlowException(FlowErrorCode.BadInput, $"The engine does not know the column types {string.Join(", ", types)}.");
    }

    private async Task AddScanAsync(TaskScan scan, WorkerQueryContext context, CancellationToken cancellationToken)
    {
        switch (scan.SourceCase)
        {
            case TaskScan.SourceOneofCase.Sql:
                await context.AddViewAsync(scan.Name, scan.Sql, cancellationToken);
                break;
            case TaskScan.SourceOneofCase.Flight:
                await session.RegisterStreamAsync(scan.Name, await SchemaOfAsync(scan.Flight, cancellationToken), _ => ReadPartsAsync(scan.Flight, cancellationToken), cancellationToken);
                break;
            default:
                var rows = await DecodeAsync(scan.Node, context, cancellationToken);
                await session.RegisterStreamAsync(scan.Name, rows.Schema, rows.Open, cancellationToken);
                break;
        }
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

        var known = string.Join(", ", host.Codecs.Concat(context.Codecs).Select(codec => codec.Name));
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
        await session.RegisterStreamAsync(rows, named, _ => input.ReadAllAsync(), cancellationToken);

        // The casts give back what Arrow has no type for; the engine drops the others.
        var columns = types.Count > 0 ? string.Join(", ", types.Select((type, index) => $"CAST({Column(index)} AS {type}) AS {Column(index)}")) : "*";
        var order = input.IsMerged ? "" : " ORDER BY " + string.Join(", ", inputPlan.Order.Select(key =>
            $"{Column(key.Column)} {(key.Descending ? "DESC" : "ASC")} NULLS {(key.NullsFirst ? "FIRST" : "LAST")}"));
        await session.ExecuteAsync(
            $"CREATE OR REPLACE TEMP VIEW {EngineText.Quote(inputPlan.Name)} AS SELECT {columns} FROM temp.{EngineText.Quote(rows)}{order}", null, cancellationToken);
    }
}
