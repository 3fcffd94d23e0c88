using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Client;
using OrleansFlow.Client.Queries;
using OrleansFlow.Errors;

namespace OrleansFlow.Cli.Rendering;

/// <summary>Rows on their way to the user.</summary>
/// <param name="Schema">Their columns.</param>
/// <param name="TotalRows">How many in all; -1: not known.</param>
/// <param name="Read">Reads them, once.</param>
internal sealed record ResultRows(ArrowSchema Schema, long TotalRows, Func<CancellationToken, IAsyncEnumerable<RecordBatch>> Read)
{
    /// <summary>Those of a run's result.</summary>
    public static ResultRows Of(FlowResult result) => new(result.Schema, result.TotalRows, result.ReadBatchesAsync);

    /// <summary>Those of a query.</summary>
    public static async Task<ResultRows> OfAsync(FlowQuery query, CancellationToken cancellationToken) => new(
        await query.GetSchemaAsync(cancellationToken) ?? throw new FlowException(FlowErrorCode.BadInput, "The statement gives no rows, or its columns depend on parameters."),
        -1,
        token => ReadAsync(query, token));

    /// <summary>The same rows; what stands for them is ended with the first of them, or when there is none.</summary>
    public ResultRows Ending(IAsyncDisposable standsFor) => this with { Read = token => EndingAsync(Read(token), standsFor, token) };

    private static async IAsyncEnumerable<RecordBatch> EndingAsync(
        IAsyncEnumerable<RecordBatch> batches, IAsyncDisposable standsFor, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var isFirst = true;
        await foreach (var batch in batches.WithCancellation(cancellationToken))
        {
            if (isFirst)
            {
                isFirst = false;
                await standsFor.DisposeAsync();
            }

            yield return batch;
        }

        await standsFor.DisposeAsync();
    }

    private static async IAsyncEnumerable<RecordBatch> ReadAsync(FlowQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var batch in query.WithCancellation(cancellationToken))
        {
            yield return batch;
        }
    }
}
