using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Flight;

namespace OrleansFlow.Silo.Gateway.Explain;

/// <summary>The rows of an EXPLAIN: what each text is, and the text. The columns are those of the engine's own EXPLAIN.</summary>
internal static class ExplainRows
{
    /// <summary>Key of a plan in stages.</summary>
    public const string DistributedPlan = "distributed_plan";

    /// <summary>Key of a plan in stages with what came of it.</summary>
    public const string AnalyzedDistributedPlan = "analyzed_distributed_plan";

    /// <summary>Key of why a statement runs in the gateway's process.</summary>
    public const string NotDistributed = "not_distributed";

    public static ArrowSchema Schema { get; } = new(new ArrowField("explain_key", ArrowType.Utf8), new ArrowField("explain_value", ArrowType.Utf8));

    /// <summary>One text.</summary>
    public static FlightStream Of(string key, string value) => new(Schema, OneAsync(key, value));

    /// <summary>What an engine said, and one text more.</summary>
    /// <param name="explained">The engine's rows; owned from now on.</param>
    /// <param name="key">What the text is.</param>
    /// <param name="value">The text.</param>
    public static FlightStream With(this FlightStream explained, string key, string value) =>
        new(explained.Schema, ThenAsync(explained, key, value)) { Owner = explained };

    /// <summary>Reads a result to its end and ends it.</summary>
    public static async Task DrainAsync(this FlightStream result, CancellationToken cancellationToken)
    {
        await using var ending = result;
        await foreach (var batch in result.Batches.WithCancellation(cancellationToken))
        {
            batch.Batch?.Dispose();
        }
    }

    private static async IAsyncEnumerable<FlightBatch> ThenAsync(
        FlightStream explained, string key, string value, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var batch in explained.Batches.WithCancellation(cancellationToken))
        {
            yield return batch;
        }

        yield return new FlightBatch(Batch(explained.Schema, key, value));
    }

    private static async IAsyncEnumerable<RecordBatch> OneAsync(string key, string value)
    {
        await Task.CompletedTask;
        yield return Batch(Schema, key, value);
    }

    private static RecordBatch Batch(ArrowSchema schema, string key, string value)
    {
        using var builder = new RecordBatchBuilder(schema);
        builder.AppendRow([key, value]);
        return builder.Build();
    }
}
