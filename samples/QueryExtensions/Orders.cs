using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Engine.Functions;
using OrleansFlow.Sql.Planning;

namespace OrleansFlow.Samples.QueryExtensions;

/// <summary>The rows of <c>FROM orders(1000, step := 1)</c>. They could come from any system; here they are made.</summary>
internal static class Orders
{
    private const int BatchRowCount = 4_096;

    /// <summary>Columns of the node.</summary>
    public static readonly ArrowSchema Schema = new(
        new ArrowField("id", ArrowType.Int64), new ArrowField("cents", ArrowType.Int64), new ArrowField("made_by", ArrowType.Int64), new ArrowField("team", ArrowType.Utf8),
        new ArrowField("headers", ArrowType.Utf8));

    /// <summary>What a query may call, and what the planner knows of a call.</summary>
    public static CallFunction Node { get; } = new(
        "orders",
        [EngineParameter.At<long>("count"), EngineParameter.Named<long>("step")],
        arguments => new CallShape(Schema) { EstimatedRowCount = arguments.Get<long>("count"), PartCountMax = 64 });

    /// <summary>Every <paramref name="step"/>-th order from one number to another.</summary>
    public static async IAsyncEnumerable<RecordBatch> ReadAsync(
        long first, long end, long step, string team, string headers, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (first < end)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            using var builder = new RecordBatchBuilder(Schema);
            for (var row = 0; row < BatchRowCount && first < end; row++, first++)
            {
                builder.AppendRow(first * step, first * step * 25, (long)Environment.ProcessId, team, headers);
            }

            yield return builder.Build();
        }
    }
}
